/** What an error_response means, by its numbers and the beginning of its sub_code alone. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TopError } from "../../../edge/channels/tmall/answer.ts";
import { classify, failureOf, type TopFault } from "../../../edge/channels/tmall/errors.ts";
import { assignApi, noon } from "./gateway.ts";

const fault = (code: number | undefined, subCode?: string, message = "", requestId?: string): TopFault => {
  const error: TopError = { code, subCode, message, requestId };
  return classify(error, assignApi, noon);
};
const meaning = (found: TopFault) => {
  if (found.kind === "banned") return `banned ${found.ban.reason}`;
  const { code, reason, field } = found.failure;
  return [found.kind, code, reason, field].filter((part) => part !== undefined).join(" ");
};

const unauthorized = "refused upstream_unauthorized";
const rejected = "refused upstream_rejected";

describe("a number decides by itself, whatever sub_code and message say beside it", () => {
  const rows: [codes: number[], expected: string][] = [
    [[4, 5, 6, 7, 8], "banned flow_control"],
    [[3, 9, 21, 22, 23, 32, 33, 34, 47], unauthorized],
    [[11, 12, 13], `${unauthorized} permission_missing`],
    [[24, 25], `${unauthorized} signature_refused`],
    [[26, 27, 42, 44, 53], "session upstream_unauthorized reauthorise"],
    [[28, 29], `${unauthorized} merchant_unknown`],
    [[30, 31], "clock upstream_unauthorized clock_skew"],
    [[40, 41, 43], `${rejected} parameter_invalid`],
  ];
  for (const [codes, expected] of rows) {
    for (const code of codes) {
      test(`${code} is ${expected}`, () => {
        for (const subCode of [undefined, "isp.remote-service-timeout", "nobody.knows"]) {
          assert.equal(meaning(fault(code, subCode, "Invalid session")), expected);
        }
      });
    }
  }
  test("a session key that is dead is told from one whose grant does not suffice", () => {
    for (const [code, dead] of [
      [26, true],
      [27, true],
      [44, true],
      [42, false],
      [53, false],
    ] as const) {
      const found = fault(code);
      assert.ok(found.kind === "session");
      assert.equal(found.dead, dead);
    }
  });
  test("an address outside of the app's list is told from a permission that is missing", () => {
    assert.equal(meaning(fault(11, "isv.permission-ip-whitelist-limit")), `${unauthorized} ip_not_allowed`);
    for (const subCode of ["isv.permission-api-package-limit", "x.isv.permission-ip-whitelist", "isv.permission-ip"]) {
      assert.equal(meaning(fault(11, subCode)), `${unauthorized} permission_missing`);
    }
  });
});

describe("where the number tells nothing, the beginning of sub_code does", () => {
  const rows: [subCode: string | undefined, expected: string][] = [
    ["isp.call-limited", "banned flow_control"],
    ["accesscontrol.limited-by-api-access-count", "banned flow_control"],
    ["isv.invalid-permission", `${unauthorized} permission_missing`],
    ["isv.permission-api-package-limit", `${unauthorized} permission_missing`],
    ["isv.trade-service-error:WORKER_BUSY", "doubtful upstream_rejected"],
    ["isv.-service-error", "doubtful upstream_rejected"],
    ["isp.remote-service-timeout", "unknown upstream_unavailable platform_busy"],
    ["isp.timeout", "unknown upstream_unavailable platform_busy"],
    ["isp.trade-service-unavailable", "unexecuted upstream_unavailable platform_busy"],
    ["isp.service-unavailable", "unexecuted upstream_unavailable platform_busy"],
    ["isp.system-busy", "unexecuted upstream_unavailable platform_busy"],
    ["isp.remote-service-error", "unknown upstream_unavailable platform_busy"],
    ["isp.top-remote-service-error", "unknown upstream_unavailable platform_busy"],
    ["isp.remote-connection-error", "unknown upstream_unavailable platform_busy"],
    ["isp.top-remote-connection-error", "unknown upstream_unavailable platform_busy"],
    ["isp.unknown-error", "unknown upstream_unavailable platform_busy"],
    ["isp.invalid-parameters", rejected],
    ["isp.top-parse-error", rejected],
    ["isv.no-one-documents-this", rejected],
    ["isp.no-one-documents-this", "doubtful upstream_rejected"],
    [undefined, "doubtful upstream_rejected"],
    ["", "doubtful upstream_rejected"],
  ];
  for (const code of [15, 50, 520, undefined]) {
    for (const [subCode, expected] of rows) {
      test(`${code} ${subCode} is ${expected}`, () => assert.equal(meaning(fault(code, subCode)), expected));
    }
  }

  test("10 without a sub_code may have run; with one, that decides", () => {
    for (const subCode of [undefined, ""]) {
      assert.equal(meaning(fault(10, subCode)), "unknown upstream_unavailable platform_busy");
    }
    assert.equal(meaning(fault(10, "isp.brand-new")), "doubtful upstream_rejected");
    assert.equal(meaning(fault(10, "isv.brand-new")), rejected);
  });

  const elsewhere: [subCode: string, expected: string][] = [
    ["x.isp.call-limited", "doubtful upstream_rejected"],
    ["x.accesscontrol.limited", "doubtful upstream_rejected"],
    ["accesscontrolled", "doubtful upstream_rejected"],
    ["x.isv.invalid-permission", "doubtful upstream_rejected"],
    ["isvx", "doubtful upstream_rejected"],
    ["x.isv.trade-service-error", "doubtful upstream_rejected"],
    ["x.isp.remote-service-timeout", "doubtful upstream_rejected"],
    ["x.isp.system-busy", "doubtful upstream_rejected"],
    ["x.isp.unknown-error", "doubtful upstream_rejected"],
    ["x.isp.invalid-parameters", "doubtful upstream_rejected"],
    ["isp.brand-new:timeout", "doubtful upstream_rejected"],
    ["isp.brand-new:service-unavailable", "doubtful upstream_rejected"],
    ["isv.brand-new:trade-service-error", rejected],
    ["isv.brand-new:invalid-permission", rejected],
    ["isp.system-busy.isv.trade-service-error", "unexecuted upstream_unavailable platform_busy"],
  ];
  for (const [subCode, expected] of elsewhere) {
    test(`and what stands elsewhere in it decides nothing: ${subCode} is ${expected}`, () =>
      assert.equal(meaning(fault(15, subCode)), expected));
  }
});

describe("a parameter that is refused", () => {
  const names: [parameter: string, reason: string, field: string][] = [
    ["outer_id", "order_invalid", "order"],
    ["fulfil_task_id", "order_invalid", "order"],
    ["fulfil_task_id_list", "order_invalid", "order"],
    ["workcard_id", "order_invalid", "order"],
    ["id", "order_invalid", "order"],
    ["target_worker_id", "guide_invalid", "guide.id"],
    ["target_worker_mobile", "mobile_invalid", "guide.mobile"],
    ["target_worker_name", "name_invalid", "guide.name"],
    ["type", "parameter_invalid", "operator"],
    ["service_store_id", "store_invalid", "storeId"],
    ["ext_json", "parameter_invalid", "extension"],
    ["stop_order_type_check_reason", "parameter_invalid", "checkReason"],
  ];
  for (const [parameter, reason, field] of names) {
    test(`${parameter} is ${field} to the caller`, () => {
      for (const kind of ["missing-parameter", "invalid-parameter"]) {
        assert.equal(meaning(fault(40, `isv.${kind}:${parameter}`)), `${rejected} ${reason} ${field}`);
        assert.equal(meaning(fault(15, `isv.${kind}:${parameter}`)), `${rejected} ${reason} ${field}`);
      }
    });
  }
  test("under a name that is none of ours is told without one", () => {
    for (const subCode of [
      "isv.invalid-parameter",
      "isv.invalid-parameter:",
      "isv.invalid-parameter:constructor",
      "isv.invalid-parameter:__proto__",
      "isv.missing-parameter:session",
      "isv.parameters-mismatch:outer_id-and-workcard_id",
    ]) {
      assert.equal(meaning(fault(41, subCode)), `${rejected} parameter_invalid`);
      assert.equal(meaning(fault(15, subCode)), `${rejected} parameter_invalid`);
    }
    assert.equal(meaning(fault(15, "x.isv.invalid-parameter:workcard_id")), "doubtful upstream_rejected");
    assert.equal(meaning(fault(41, "x.isv.invalid-parameter:workcard_id")), `${rejected} parameter_invalid`);
  });
  const missing: [subCode: string, expected: string][] = [
    ["isv.workcard-not-exist:1898", "order_not_found order"],
    ["isv.order-not-exist", "order_not_found order"],
    ["isv.fulfil_task-not-exist", "order_not_found order"],
    ["isv.worker-not-exist:1", "guide_not_found guide"],
    ["isv.target-worker-not-exist", "guide_not_found guide"],
    ["isv.service-store-not-exist:9", "store_invalid storeId"],
    ["isv.worker-store-not-exist", "guide_not_found guide"],
  ];
  for (const [subCode, expected] of missing) {
    test(`${subCode} is ${expected}`, () => assert.equal(meaning(fault(50, subCode)), `${rejected} ${expected}`));
  }
  test("is not there only where the sub_code says so before its colon", () => {
    assert.equal(meaning(fault(41, "x.isv.worker-not-exist")), `${rejected} parameter_invalid`);
    assert.equal(meaning(fault(15, "isv.brand-new:worker-not-exist")), rejected);
    assert.equal(meaning(fault(15, "isv.-not-exist")), rejected);
  });
});

describe("a ban", () => {
  const ban = (subCode: string | undefined, message: string) => {
    const found = fault(7, subCode, message);
    assert.ok(found.kind === "banned");
    return found.ban;
  };
  const lasts = (seconds: number | string) => `This ban will last for ${seconds} more seconds`;
  const app = "accesscontrol.limited-by-app-access-count";

  test("holds for as long as the platform says, for the API that was called", () => {
    assert.deepEqual(ban(undefined, lasts(30)), { api: assignApi, untilMs: noon + 30_000, reason: "flow_control" });
    assert.equal(ban(undefined, "this BAN will LAST FOR 1 more second").untilMs, noon + 1000);
    assert.equal(ban(undefined, lasts(0)).untilMs, noon);
  });
  test("that names no time it can be read from holds for two seconds", () => {
    for (const message of [
      "",
      "This ban will last for long",
      lasts("x1"),
      lasts("-1"),
      lasts("1e3"),
      "last for 5 more minutes",
    ]) {
      assert.deepEqual(
        ban(undefined, message),
        { api: assignApi, untilMs: noon + 2000, reason: "flow_control" },
        message,
      );
    }
  });
  test("beyond three minutes is the quota of the day, and holds no longer than a day", () => {
    assert.equal(ban(undefined, lasts(180)).reason, "flow_control");
    assert.equal(ban(undefined, lasts(181)).reason, "daily_quota");
    assert.equal(ban(undefined, lasts(86_400)).untilMs, noon + 86_400_000);
    assert.equal(ban(undefined, lasts(86_401)).untilMs, noon + 86_400_000);
    assert.equal(ban(undefined, lasts(999_999_999)).untilMs, noon + 86_400_000);
  });
  test("of the app's own count holds for every API: as told, else until midnight in GMT+8", () => {
    assert.deepEqual(ban(app, lasts(5)), { api: "*", untilMs: noon + 5000, reason: "daily_quota" });
    assert.deepEqual(ban(app, ""), { api: "*", untilMs: Date.UTC(2026, 10, 22, 16), reason: "daily_quota" });
    assert.equal(ban(`x.${app}`, "").api, assignApi);
    assert.equal(ban("accesscontrol.limited-by-api-access-count", "").api, assignApi);
  });
  test("says when it ends: in words, and in whole seconds of at least one", () => {
    const told = (subCode: string | undefined, message: string, at = noon) =>
      failureOf(fault(7, subCode, message, "req1"), at);
    const flow = told(undefined, lasts(30), noon + 500);
    assert.deepEqual([flow.code, flow.reason, flow.retryAfterSeconds], ["rate_limited", "flow_control", 30]);
    assert.match(flow.detail, /until 2026-11-22 12:00:30 \(GMT\+8\)$/);
    assert.deepEqual(flow.upstream, { code: "7", message: lasts(30), requestId: "req1" });
    assert.equal(told(undefined, lasts(30), noon + 60_000).retryAfterSeconds, 1);
    const daily = told(app, "");
    assert.deepEqual([daily.code, daily.reason, daily.retryAfterSeconds], ["rate_limited", "daily_quota", 12 * 3600]);
    assert.match(daily.detail, /until 2026-11-23 00:00:00 \(GMT\+8\)$/);
    assert.match(daily.detail, /calls of the day/);
    assert.doesNotMatch(flow.detail, /of the day/);
  });
});

test("a failure tells operators both codes, the words and the request id, and nothing for what is absent", () => {
  const upstream = (...error: Parameters<typeof fault>) => failureOf(fault(...error), noon).upstream;
  assert.deepEqual(upstream(40, "isv.x", "words", "req1"), { code: "40 isv.x", message: "words", requestId: "req1" });
  assert.deepEqual(upstream(40), { code: "40" });
  assert.deepEqual(upstream(undefined, "isv.x"), { code: "isv.x" });
  assert.deepEqual(upstream(undefined), {});
  const refused = fault(40, "isv.x");
  assert.ok(refused.kind === "refused");
  assert.equal(failureOf(refused, noon), refused.failure);
  assert.deepEqual(Object.keys(fault(15).kind === "doubtful" ? failureOf(fault(15), noon) : {}), [
    "code",
    "detail",
    "upstream",
  ]);
});
