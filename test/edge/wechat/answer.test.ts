/** What an answer is worth, over the whole table of status, signature and body. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Answer, classify, type Outcome } from "../../../edge/channels/wechat/answer.ts";
import type { Operation } from "../../../edge/channels/wechat/refusals.ts";

const operations: readonly Operation[] = ["assign", "register", "query", "update", "certificates", "echo"];
const faults = ["malformed", "algorithm", "stale", "unknown-key", "mismatch", "probe", "replayed"] as const;

const bytes = (text: string) => new TextEncoder().encode(text);
const problem = (code: string, message = "x") => JSON.stringify({ code, message });

function answer(status: number, signature: Answer["signature"], body = "", more: Partial<Answer> = {}): Answer {
  return { status, signature, body: bytes(body), ...more };
}
const worth = (operation: Operation, given: Answer) => {
  const outcome = classify(operation, given);
  return "failure" in outcome
    ? [outcome.kind, outcome.failure.code, outcome.failure.reason].filter((part) => part !== undefined).join(" ")
    : outcome.kind;
};

describe("success", () => {
  const documented: Record<Operation, number> = {
    assign: 204,
    register: 200,
    query: 200,
    update: 204,
    certificates: 200,
    echo: 200,
  };
  for (const operation of operations) {
    for (const [status, body] of [
      [200, "{}"],
      [201, "{}"],
      [204, ""],
      [206, "{}"],
      [299, "{}"],
    ] as const) {
      const expected = status === documented[operation] ? "ok" : "unknown upstream_unverified";
      test(`of ${operation} under HTTP ${status} is ${expected} when signed, and never without a signature`, () => {
        assert.equal(worth(operation, answer(status, "verified", body)), expected);
        assert.equal(worth(operation, answer(status, "unsigned", body)), "unknown upstream_unverified");
        for (const fault of faults) {
          assert.equal(worth(operation, answer(status, fault, body)), "unknown upstream_unverified");
        }
      });
    }
  }
  test("hands on the very bytes and the request id, where there is one", () => {
    const given = answer(200, "verified", '{"guides":[]}', { requestId: "08E6" });
    assert.deepEqual(classify("query", given), { kind: "ok", body: given.body, requestId: "08E6" });
    assert.deepEqual(classify("assign", answer(204, "verified")), { kind: "ok", body: bytes("") });
  });
  test("is not what has a body where none is documented, or none where one is", () => {
    assert.equal(worth("assign", answer(204, "verified", "{}")), "unknown upstream_unverified");
    for (const body of ["", "[]", "null", "1", "<html></html>", "{"]) {
      assert.equal(worth("query", answer(200, "verified", body)), "unknown upstream_unverified", body);
    }
  });
  test("is not what the platform has only accepted, whatever code tells of its progress", () => {
    for (const body of ["", "{}", problem("PROCESSING"), problem("PARAM_ERROR")]) {
      for (const operation of operations) {
        assert.equal(worth(operation, answer(202, "verified", body)), "unknown upstream_unavailable", body);
      }
    }
  });
  test("with an error inside is that error", () => {
    assert.equal(
      worth("query", answer(200, "verified", problem("NO_AUTH"))),
      "rejected upstream_unauthorized product_not_opened",
    );
    assert.equal(
      worth("query", answer(200, "verified", problem("FREQUENCY_LIMITED"))),
      "unsent rate_limited flow_control",
    );
    assert.equal(
      worth("query", answer(200, "verified", problem("SYSTEM_ERROR"))),
      "unknown upstream_unavailable platform_busy",
    );
  });
});

describe("an error that is signed", () => {
  const rows: [status: number, code: string, expected: string][] = [
    [400, "PARAM_ERROR", "rejected upstream_rejected parameter_invalid"],
    [400, "ANYTHING", "rejected upstream_rejected"],
    [401, "SIGN_ERROR", "rejected upstream_unauthorized signature_refused"],
    [403, "NO_AUTH", "rejected upstream_unauthorized product_not_opened"],
    [499, "ANYTHING", "rejected upstream_rejected"],
    [408, "ANYTHING", "unknown upstream_unavailable"],
    [429, "ANYTHING", "unsent rate_limited flow_control"],
    [500, "ANYTHING", "unknown upstream_unavailable"],
    [500, "SYSTEM_ERROR", "unknown upstream_unavailable platform_busy"],
    [503, "SERVICE_UNAVAILABLE", "unknown upstream_unavailable"],
    [400, "SYSTEM_ERROR", "unknown upstream_unavailable platform_busy"],
    [403, "SERVICE_UNAVAILABLE", "unknown upstream_unavailable"],
    [500, "RATELIMIT_EXCEEDED", "unsent rate_limited flow_control"],
    ...["RATELIMIT_EXCEEDED", "RATE_LIMITED", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "FREQUENCY_LIMIT"].map(
      (code): [number, string, string] => [403, code, "unsent rate_limited flow_control"],
    ),
    [300, "ANYTHING", "unknown upstream_unverified"],
    [302, "ANYTHING", "unknown upstream_unverified"],
    [399, "ANYTHING", "unknown upstream_unverified"],
    [199, "ANYTHING", "rejected upstream_rejected"],
  ];
  for (const [status, code, expected] of rows) {
    test(`HTTP ${status} ${code} is ${expected}`, () => {
      for (const operation of ["assign", "query", "update"] as const) {
        assert.equal(worth(operation, answer(status, "verified", problem(code))), expected);
      }
    });
  }
  test("tells code, words and request id of the platform, and nothing where there is nothing", () => {
    const upstream = (outcome: Outcome) => ("failure" in outcome ? outcome.failure.upstream : "none");
    for (const status of [400, 429, 500]) {
      const told = answer(status, "verified", problem("PARAM_ERROR", "参数错误"), { requestId: "08E6" });
      assert.deepEqual(upstream(classify("assign", told)), {
        code: "PARAM_ERROR",
        message: "参数错误",
        requestId: "08E6",
      });
      assert.deepEqual(upstream(classify("assign", answer(status, "verified"))), {});
    }
  });
});

describe("an error that is not signed", () => {
  const rows: [status: number, expected: string][] = [
    [300, "unknown upstream_unverified"],
    [302, "unknown upstream_unverified"],
    [399, "unknown upstream_unverified"],
    [400, "rejected upstream_unverified"],
    [403, "rejected upstream_unverified"],
    [404, "rejected upstream_unverified"],
    [199, "rejected upstream_unverified"],
    [408, "unknown upstream_unavailable"],
    [429, "unknown rate_limited flow_control"],
    [499, "rejected upstream_unverified"],
    [500, "unknown upstream_unavailable"],
    [502, "unknown upstream_unavailable"],
  ];
  for (const [status, expected] of rows) {
    test(`HTTP ${status} is ${expected}`, () => {
      assert.equal(worth("assign", answer(status, "unsigned", problem("PARAM_ERROR"))), expected);
    });
    test(`HTTP ${status} in no form of the platform's ends nothing`, () => {
      assert.equal(worth("assign", answer(status, "unsigned")), expected.replace("rejected", "unknown"));
    });
  }
  test("is never a fact by its code: a rate limit, a fault or a refusal in a stranger's words decides nothing", () => {
    for (const code of ["FREQUENCY_LIMITED", "SYSTEM_ERROR", "NO_AUTH", "ORDER_NOT_EXIST"]) {
      const outcome = classify("assign", answer(403, "unsigned", problem(code, "words")));
      assert.ok(outcome.kind === "rejected");
      assert.equal(outcome.failure.code, "upstream_unverified");
      assert.deepEqual(outcome.failure.upstream, { code, message: "words" });
    }
  });
  test("but 401 is, since the platform never signs the refusal of a signature", () => {
    const body = problem("SIGN_ERROR");
    assert.equal(worth("assign", answer(401, "unsigned", body)), "rejected upstream_unauthorized signature_refused");
    for (const fault of faults) {
      assert.equal(worth("assign", answer(401, fault, body)), "unknown upstream_unverified");
    }
  });
  test("with a signature that does not hold is unknown under every status", () => {
    for (const fault of faults) {
      for (const status of [200, 204, 302, 400, 404, 429, 500]) {
        assert.equal(worth("assign", answer(status, fault, problem("PARAM_ERROR"))), "unknown upstream_unverified");
      }
    }
  });
});

describe("no certificates", () => {
  test("is what 404 means for their list, whoever signed it, and for nothing else", () => {
    for (const signature of ["verified", "unsigned", ...faults] as const) {
      assert.equal(
        worth("certificates", answer(404, signature, problem("RESOURCE_NOT_EXISTS"))),
        "rejected upstream_unauthorized platform_key_missing",
      );
    }
    assert.equal(worth("certificates", answer(400, "verified")), "rejected upstream_rejected");
    assert.equal(worth("certificates", answer(405, "mismatch")), "unknown upstream_unverified");
    assert.equal(worth("query", answer(404, "mismatch")), "unknown upstream_unverified");
  });
});

describe("a wait that the platform asks for", () => {
  test("is handed on to the millisecond, and told in whole seconds that do not come too early", () => {
    for (const [status, signature] of [
      [429, "verified"],
      [429, "unsigned"],
    ] as const) {
      const outcome = classify("assign", answer(status, signature, "", { retryAfterMs: 1001 }));
      assert.ok("failure" in outcome && "retryAfterMs" in outcome);
      assert.equal(outcome.retryAfterMs, 1001);
      assert.equal(outcome.failure.retryAfterSeconds, 2);
    }
    const fault = classify("assign", answer(503, "unsigned", "", { retryAfterMs: 0 }));
    assert.ok(fault.kind === "unknown");
    assert.equal(fault.retryAfterMs, 0);
  });
  test("is absent where none was asked for", () => {
    for (const [status, signature] of [
      [429, "verified"],
      [429, "unsigned"],
      [503, "verified"],
    ] as const) {
      const outcome = classify("assign", answer(status, signature));
      assert.ok("failure" in outcome);
      assert.equal("retryAfterMs" in outcome, false);
      assert.equal("retryAfterSeconds" in outcome.failure, false);
    }
  });
});
