/** The stand-in for TOP refuses what the documents forbid, answers in TOP's forms, and remembers who is on a card. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { type SignMethod, signatureMatches } from "../../sandbox/top/top-sign.ts";
import type { RawAnswer } from "./raw-http.ts";
import { type RunningSandbox, startSandbox } from "./sandbox-harness.ts";
import { beijingTime, type Parameters, TopCaller } from "./top-caller.ts";

interface Vector {
  kind: string;
  secret: string;
  signMethod: SignMethod;
  params: Parameters;
  sign: string;
}

const { vectors } = JSON.parse(readFileSync(new URL("../../vectors/top-sign.json", import.meta.url), "utf8")) as {
  vectors: Vector[];
};

describe("the sandbox's own check of signatures", () => {
  for (const { kind, secret, signMethod, params, sign } of vectors) {
    test(`accepts the ${kind} ${signMethod} vector of ${params.method}, and no other text, case or secret`, () => {
      const signed = (value: string) => new Map(Object.entries({ ...params, sign: value }));
      assert.ok(signatureMatches(signed(sign), secret, signMethod));
      assert.ok(!signatureMatches(signed(sign.toLowerCase()), secret, signMethod));
      assert.ok(!signatureMatches(signed(sign), `${secret} `, signMethod));
      assert.ok(!signatureMatches(signed(sign).set("v", "2.1"), secret, signMethod));
    });
  }
});

let sandbox: RunningSandbox;
let top: TopCaller;
before(async () => {
  sandbox = await startSandbox();
  top = new TopCaller(sandbox.origin, JSON.parse(sandbox.environment.edge.MERCHANT_DEMO ?? "").tmall);
});
after(() => sandbox.close());

const method = "tmall.servicecenter.workcard.assignworker";
const worker = "20210627490142";
const assign = (workcard_id: string, more: Parameters = {}) => ({
  method,
  workcard_id,
  target_worker_id: worker,
  ...more,
});

type Members = Record<string, unknown>;
const errorOf = (answer: RawAnswer) =>
  (JSON.parse(answer.body.toString()) as { error_response?: Members }).error_response;
const resultOf = (answer: RawAnswer, root: string) => {
  const full = JSON.parse(answer.body.toString()) as Record<string, { result: Members }>;
  assert.ok(full[root], answer.body.toString());
  return full[root].result;
};
const assigned = (answer: RawAnswer) => resultOf(answer, "tmall_servicecenter_workcard_assignworker_response");

describe("a request that TOP refuses gets HTTP 200 and the documented code", () => {
  const cases: [string, Parameters, number][] = [
    ["without method", { method: "" }, 21],
    ["with an unknown method", { method: "tmall.servicecenter.workcard.assign" }, 22],
    ["without app key", { app_key: "" }, 28],
    ["with an unknown app key", { app_key: "1" }, 29],
    ["without version", { v: "" }, 32],
    ["with an unreadable version", { v: "two" }, 33],
    ["with another version", { v: "3.0" }, 34],
    ["with an unknown format", { format: "yaml" }, 23],
    ["without timestamp", { timestamp: "" }, 30],
    ["with a timestamp in UTC", { timestamp: new Date().toISOString().slice(0, 19).replace("T", " ") }, 31],
    ["with a timestamp of eleven minutes ago", { timestamp: beijingTime(Date.now() - 660_000) }, 31],
    ["with an ISO timestamp", { timestamp: new Date().toISOString() }, 31],
    ["with an unknown sign method", { sign_method: "sha256" }, 25],
    ["without session", { session: "" }, 26],
    ["with another session", { session: "6100000" }, 27],
    ["with letters for a number", { workcard_id: "12a" }, 41],
    ["with a number beyond 64 bits", { workcard_id: "9223372036854775808" }, 41],
    ["with ext_json that is not JSON", { ext_json: "{" }, 41],
    ["with a parameter that the method does not have", { out_id: "1" }, 41],
  ];
  for (const [name, change, code] of cases) {
    test(`${name}: ${code}`, async () => {
      const answer = await top.call(assign("1001", change.format ? { ...change } : change));
      const text = answer.body.toString();
      assert.equal(answer.status, 200);
      const seen = change.format ? Number(/<code>(\d+)</.exec(text)?.[1]) : errorOf(answer)?.code;
      assert.equal(seen, code, text);
    });
  }

  test("without sign: 24", async () => {
    const answer = await top.call(assign("1001"), { after: ({ sign: _, ...rest }) => rest });
    assert.equal(errorOf(answer)?.code, 24);
  });
  for (const [name, after] of Object.entries<(signed: Parameters) => Parameters>({
    "a parameter added after signing": (signed) => ({ ...signed, type: "2" }),
    "an empty parameter that was not signed": (signed) => ({ ...signed, outer_id: "" }),
    "a sign in small letters": (signed) => ({ ...signed, sign: signed.sign?.toLowerCase() ?? "" }),
    "md5 where hmac-sha256 was announced": (signed) => ({ ...signed, sign_method: "md5" }),
  })) {
    test(`with ${name}: 25 or 41`, async () => {
      const code = errorOf(await top.call(assign("1001"), { after }))?.code;
      assert.ok(code === 25 || code === 41, String(code));
    });
  }

  test("and nobody is on the card after all that", async () => {
    assert.deepEqual((await sandbox.book("1001")).orders, []);
  });
});

describe("an assignment", () => {
  for (const signMethod of ["md5", "hmac", "hmac-sha256"] as const) {
    test(`with Chinese values under ${signMethod} is accepted`, async () => {
      const more = {
        target_worker_id: "",
        target_worker_mobile: "13900139001",
        target_worker_name: "@张师傅",
        ext_json: '{"carNumber":"沪A 12+34"}',
      };
      assert.equal(assigned(await top.call(assign(`20${signMethod.length}`, more), { signMethod })).success, true);
    });
  }

  test("without a card, without a worker, or by a store without its id fails in the result", async () => {
    const code = async (change: Parameters) => assigned(await top.call(assign("1002", change))).msg_code;
    assert.equal(await code({ workcard_id: "" }), "1008");
    assert.equal(await code({ target_worker_id: "" }), "10006");
    assert.equal(await code({ type: "3" }), "10010");
  });

  test("is read back from the card, digit by digit, masked in the desensitised form", async () => {
    const card = "9223372036854775807";
    assert.equal(assigned(await top.call(assign(card, { target_worker_id: "7091800003790954036" }))).success, true);
    const read = await top.call({
      method: "tmall.servicecenter.workcard.query",
      id: card,
      current_page: "1",
      page_size: "10",
    });
    const text = read.body.toString();
    assert.match(text, /"id":9223372036854775807\b/);
    assert.match(text, /"worker_id":7091800003790954036\b/);
    assert.match(text, /"data_list":\{"workcard_d_t_o":\[/);
    const masked = await top.call({ method: "tmall.servicecenter.workcard.desensitization.query", id: card });
    assert.match(masked.body.toString(), /"worker_mobile":"139\*\*\*\*9004"/);
  });

  test("by outer id or fulfil task is found through the task, which names the card but no worker id", async () => {
    const byOuter = { workcard_id: "", outer_id: "T2026-1", target_worker_id: worker };
    assert.equal(assigned(await top.call(assign("", byOuter))).success, true);
    const task = await top.call({
      method: "alibaba.servicecenter.fulfiltask.query",
      outer_id: "T2026-1",
      simplify: "true",
    });
    const text = task.body.toString();
    const card = /"workcard_id_list":\[(\d+)\]/.exec(text)?.[1];
    assert.ok(card, text);
    assert.doesNotMatch(text, /worker_id"/);
    const read = await top.call({ method: "tmall.servicecenter.workcard.query", id: card });
    assert.match(read.body.toString(), new RegExp(`"worker_id":${worker}\\b`));
    const clash = await top.call(assign(card, { outer_id: "T-another" }));
    assert.equal(assigned(clash).msg_code, "1008", "ids that name different cards");
  });

  test("comes as XML unless JSON is asked for, and flat when simplified", async () => {
    const xml = (await top.call(assign("1003", { format: "" }))).body.toString();
    assert.match(
      xml,
      /^<\?xml.+<tmall_servicecenter_workcard_assignworker_response><result>.+<success>true<\/success>/,
    );
    const flat = JSON.parse((await top.call(assign("1003", { simplify: "true" }))).body.toString());
    assert.equal(flat.result.success, true);
  });
});

describe("sessions and clock", () => {
  test("a clock that is ahead refuses our time and tells its own in Date", async () => {
    await sandbox.control("/clock", { aheadSeconds: 1200 });
    const refused = await top.call(assign("1004"));
    assert.equal(errorOf(refused)?.code, 31);
    const serverTime = Date.parse(refused.headers.date ?? "");
    const corrected = await top.call(assign("1004", { timestamp: beijingTime(serverTime) }));
    assert.equal(assigned(corrected).success, true);
    await sandbox.control("/clock", { aheadSeconds: 0 });
  });

  test("an expired session is refused until it is refreshed; the refresh spends its token and the old session", async () => {
    await sandbox.control("/sessions/expire");
    assert.equal(errorOf(await top.call(assign("1005")))?.sub_code, "session-expired");
    const refresh = (token: string) =>
      top.call({ method: "taobao.top.auth.token.refresh", session: "", refresh_token: token });
    const answer = JSON.parse((await refresh(top.account.refreshToken)).body.toString());
    const token = JSON.parse(answer.top_auth_token_refresh_response.token_result) as Record<string, string>;
    assert.equal(assigned(await top.call(assign("1005", { session: token.access_token ?? "" }))).success, true);
    assert.equal(errorOf(await top.call(assign("1005")))?.code, 27);
    assert.equal(errorOf(await refresh(top.account.refreshToken))?.code, 15);
  });
});
