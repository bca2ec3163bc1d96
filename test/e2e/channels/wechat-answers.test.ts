/** What WeChat Pay may answer, row by row, and what a cashier, a partner and an operator are told of it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assign, call, newOrder, wechat } from "../../support/calls.ts";
import { assertAssignedOnce, backupHost, ended, type Pair, primaryHost, startPair, type Told, told } from "./pair.ts";

const guide = "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic";

let pair: Pair;
before(async () => {
  pair = await startPair();
});
after(() => pair.close());

const assignTo = (order: string, merchant = "direct") => assign(pair.edge, pair.as(merchant), wechat(order, guide));

const rejected = (reason: string | undefined, field?: string): Told => [422, "upstream_rejected", reason, field, false];
const operator = (reason: string): Told => [502, "upstream_unauthorized", reason, undefined, false];
/** Without a signature a refusal proves nothing; it is shown as that, and a person may try again. */
const untrusted: Told = [502, "upstream_unverified", undefined, undefined, true];

/** Fault of the sandbox → what the edge tells. */
const refusals: Record<string, Told> = {
  REQUIRED_EMPTY: rejected("parameter_invalid"),
  GUIDE_ID_EMPTY: rejected("guide_invalid", "guide.id"),
  GUIDE_ID_FORMAT: rejected("guide_invalid", "guide.id"),
  ORDER_EMPTY: rejected("order_invalid", "order"),
  ORDER_FORMAT: rejected("order_invalid", "order"),
  ORDER_TOO_LONG: rejected("order_invalid", "order"),
  INVALID_REQUEST: rejected("parameter_invalid"),
  RULE_LIMIT: rejected(undefined),
  NOT_FOUND: rejected("guide_not_found", "guide.id"),
  KEY_SERIAL_WRONG: operator("platform_key_mismatch"),
  KEY_SERIAL_MISSING: operator("platform_key_missing"),
  NOT_ENCRYPTED: operator("platform_key_mismatch"),
  DECRYPT_FAILED: operator("platform_key_mismatch"),
  MCH_NOT_EXISTS: operator("merchant_unknown"),
  SUB_MCH_FORMAT: operator("sub_merchant_invalid"),
  NO_AUTH: operator("product_not_opened"),
  SIGN_ERROR: operator("signature_refused"),
  NO_APIV3_KEY: operator("signature_refused"),
  NO_CERTIFICATE: operator("signature_refused"),
  SERIAL_WRONG: operator("signature_refused"),
  CERT_EXPIRED: operator("signature_refused"),
  CERT_REVOKED: operator("signature_refused"),
  CERT_REPLACED: operator("signature_refused"),
  AUTH_FORMAT: operator("signature_refused"),
  AUTH_SCHEME: operator("signature_refused"),
  AUTH_CLOCK: operator("clock_skew"),
  PUNISHED: untrusted,
  FORGED_404: untrusted,
};

const updates: Record<string, Told> = {
  GUIDE_ID_FORMAT: rejected("guide_invalid", "id"),
  NAME_FORMAT: rejected("name_invalid", "name"),
  NAME_TOO_LONG: rejected("name_too_long", "name"),
  MOBILE_FORMAT: rejected("mobile_invalid", "mobile"),
  QR_CODE_FORMAT: rejected("qr_code_invalid", "qrCode"),
  QR_CODE_PERSONAL: rejected("qr_code_not_allowed", "qrCode"),
  AVATAR_NOT_URL: rejected("avatar_invalid", "avatar"),
  AVATAR_NOT_WECOM: rejected("avatar_not_wecom", "avatar"),
  GROUP_QR_FORMAT: rejected("group_qr_code_invalid", "groupQrCode"),
  NOTHING_TO_UPDATE: rejected("nothing_to_update"),
  NOT_FOUND: rejected("guide_not_found", "id"),
};

describe("a definite no ends the assignment at once", () => {
  for (const [fault, expected] of Object.entries(refusals)) {
    test(`${fault}: ${expected.slice(1, 4).filter(Boolean).join(", ")}`, async () => {
      const order = `SBX-${fault}-1`;
      const answer = await assignTo(order);
      assert.deepEqual(told(answer), expected);
      assert.ok(answer.body.upstream?.code, "support can name the platform's own code");
      assert.doesNotMatch(JSON.stringify(answer.body), /sign_information|truncated_sign_message|PRIVATE KEY/);
      const [record] = (await pair.bookOf(order)).orders;
      assert.deepEqual([record?.sends, record?.executions], [1, 0], "sent once, not repeated");
    });
  }

  test("and the order is free for the next try", async () => {
    const order = "SBX1-ORDER_FORMAT-free";
    assert.equal((await assignTo(order)).status, 422);
    assert.equal((await assignTo(order)).body.status, "assigned");
  });

  test("also when the guide is one that WeChat Pay does not know", async () => {
    const answer = await assign(pair.edge, pair.as("direct"), wechat(newOrder(), "nobody-has-this-id"));
    assert.deepEqual(told(answer), rejected("guide_invalid", "guide.id"));
  });
});

describe("a refused update names the member", () => {
  for (const [fault, expected] of Object.entries(updates)) {
    test(`${fault}: ${expected.slice(2, 4).filter(Boolean).join(", ")}`, async () => {
      const answer = await call(pair.edge, "PATCH", `/v1/guides/SBX-${fault}-1`, pair.as("direct"), { name: "钱多多" });
      assert.deepEqual(told(answer), expected);
      assert.doesNotMatch(JSON.stringify(answer.body), /钱多多/);
    });
  }
});

const registration = (userId: string) => ({
  corpId: "wwsandbox0000000001",
  storeId: "5678",
  userId,
  name: "钱多多",
  mobile: "13912345678",
  qrCode: "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vc1",
  avatar: "https://wework.qpic.cn/avatar/1",
});
const register = (userId: string) => call(pair.edge, "POST", "/v1/guides", pair.as("direct"), registration(userId));

describe("a registration in doubt is looked up before it is sent again", () => {
  const registrationsOf = async (userId: string) =>
    (await pair.sandbox.book()).requests.filter(
      ({ operation, body }) => operation === "register" && body.userid === userId,
    );

  for (const [fault, sends] of [
    ["SIGNTEST", 1],
    ["RESET_AFTER", 1],
    ["HTML_502_AFTER", 1],
    ["SYSTEM_BUSY", 2],
  ] as const) {
    test(`${fault}: sent ${sends === 1 ? "once" : "again, since nobody is there"}`, async () => {
      const userId = `SBX1-${fault}-reg`;
      const answer = await register(userId);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      assert.equal((await registrationsOf(userId)).length, sends);
      const found = await call(pair.edge, "GET", "/v1/guides?storeId=5678&limit=10", pair.as("direct"));
      assert.equal(found.body.data?.filter((row) => row.userId === userId).length, 1);
    });
  }

  test("a refusal ends it, and repeats neither name nor mobile", async () => {
    const answer = await register("SBX-MOBILE_FORMAT-reg");
    assert.deepEqual(told(answer), rejected("mobile_invalid", "mobile"));
    assert.doesNotMatch(JSON.stringify(answer.body), /钱多多|13912345678/);
  });
});

/** Every answer that proves nothing, whether or not the work was done behind it. */
const proveNothing = [
  ...["UNSIGNED", "WRONG_SIGNATURE", "SIGNTEST", "STALE", "EARLY", "GARBLED", "OTHER_BODY", "OTHER_NONCE"],
  ...["UNKNOWN_SERIAL", "UNKNOWN_PUBLIC_KEY", "NO_TIMESTAMP", "NO_NONCE", "NO_SERIAL", "NO_SIGNATURE"],
  ...["HANG", "HANG_AFTER", "RESET", "RESET_AFTER", "TRUNCATED", "HUGE", "BAD_GZIP", "BOM", "TRICKLE", "SLOW"],
  ...["HTML_500", "HTML_502", "HTML_502_AFTER", "HTML_503", "HTML_504_AFTER", "HTML_200", "EMPTY_200", "REDIRECT"],
  ...["SYSTEM_ERROR", "SYSTEM_ERROR_AFTER", "SYSTEM_BUSY", "TICKET", "CLOUD_FUNCTION", "UNAVAILABLE", "PROCESSING"],
  ...["ERROR_IN_200", "RATE_LIMIT", "RATE_LIMITED", "FREQUENCY_LIMITED"],
];

describe("an answer that proves nothing", () => {
  test("is followed by the same parameters until there is proof: one logical assignment for each fault", async () => {
    await Promise.all(
      proveNothing.map(async (fault) => {
        const order = `SBX1-${fault}-1`;
        const first = await assignTo(order);
        const answer = first.status === 202 ? await ended(pair, pair.as("direct"), first.body.id) : first;
        assert.equal(answer.body.status, "assigned", `${fault}: ${JSON.stringify(answer.body)}`);
        const book = await pair.bookOf(order);
        assertAssignedOnce(book, guide);
        assert.equal((book.orders[0]?.sends ?? 0) > 1, fault !== "SLOW", `${fault}: late is not wrong`);
      }),
    );
    const nonces = (await pair.sandbox.book()).requests.map(
      ({ headers }) => /nonce_str="([^"]+)"/.exec(headers.authorization ?? "")?.[1],
    );
    assert.equal(new Set(nonces).size, nonces.length, "each attempt has a nonce of its own");
  });

  test("is counted, and a probe as a probe", () => {
    const faults = pair.log.filter(({ counter }) => counter === "wechat_signature_fault").map(({ fault }) => fault);
    for (const fault of ["probe", "mismatch", "stale", "malformed", "unknown-key"]) assert.ok(faults.includes(fault));
  });

  test("gives operators the internal code behind the Request-ID", () => {
    const line = pair.log.find(({ event, code }) => event === "wechat_answer" && code === "NO_AUTH");
    assert.equal(line?.internalCode, "268443701");
  });
});

// Each of these waits eight seconds, so they wait together; what they queue at the sandbox does not touch the others.
describe("what lasts", { concurrency: true }, () => {
  const listed = (userId: string) =>
    call(pair.edge, "GET", `/v1/guides?storeId=1234&userId=${userId}`, pair.as("direct"));

  test("an answer without proof never becomes an assignment by itself: pending at eight seconds, proved later; hosts fail over and back", async () => {
    const unsigned = { fault: "UNSIGNED", channel: "wechat", operation: "assign", times: null };
    const reset = { fault: "RESET", channel: "wechat", host: primaryHost, times: null };
    const hostsOf = async (order: string) => (await pair.bookOf(order)).requests.map(({ host }) => host).reverse();

    // The primary is down: each call goes to the backup within the same attempt, until the primary is passed over.
    await pair.sandbox.control("/faults", reset);
    const walked: string[][] = [];
    for (const order of Array.from({ length: 6 }, newOrder)) {
      const answer = await assignTo(order, "both");
      assert.deepEqual([answer.status, answer.body.attempts], [200, 1]);
      assertAssignedOnce(await pair.bookOf(order), guide);
      walked.push(await hostsOf(order));
    }
    // One call in a hundred goes to the backup first, by chance, so that no single order proves anything here.
    const asked = walked.filter(([first]) => first === primaryHost);
    assert.deepEqual(asked, Array(3).fill([primaryHost, backupHost]), "an outage is not asked about on every call");
    assert.ok(
      pair.log.some(({ event, host }) => event === "wechat_host_passed_over" && String(host).includes(primaryHost)),
    );
    await pair.sandbox.control("/faults", undefined, "DELETE");

    // Meanwhile, on another merchant, nothing that comes back can be believed.
    await pair.sandbox.control("/faults", unsigned);
    const doubtful = newOrder();
    const pending = await assignTo(doubtful, "demo");
    assert.deepEqual([pending.status, pending.body.status], [202, "pending"]);
    assert.equal(pending.headers.get("location"), `/v1/assignments/${pending.body.id}`);
    assert.ok(Number(pending.headers.get("retry-after")) >= 1);
    const other = await assign(pair.edge, pair.as("demo"), wechat(doubtful, "01008370080000000001"));
    assert.deepEqual([other.status, other.body.current?.status], [409, "pending"], "another guide has to wait");
    await pair.sandbox.control("/faults", undefined, "DELETE");
    const proved = await ended(pair, pair.as("demo"), pending.body.id);
    assert.equal(proved.body.status, "assigned");
    assertAssignedOnce(await pair.bookOf(doubtful), guide);

    // Ten seconds after it was passed over the primary gets one call, and with its answer all of them.
    const back = newOrder();
    for (let at = 0; (await hostsOf(`${back}${at}`))[0] !== primaryHost; at++)
      await assignTo(`${back}${at + 1}`, "both");
    const later = Array.from({ length: 3 }, newOrder);
    for (const order of later) await assignTo(order, "both");
    const hosts = await Promise.all(later.map(hostsOf));
    assert.ok(hosts.map(String).includes(primaryHost), `not to the primary alone: ${JSON.stringify(hosts)}`);
  });

  test("a passing fault of a guide call is repeated within the call", async () => {
    const answer = await listed("SBX1-SYSTEM_ERROR-1");
    assert.deepEqual([answer.status, answer.body.data], [200, []]);
  });

  test("a lasting fault of a guide call, which has no 202, answers its code within eight seconds", async () => {
    const [limited, unsigned, busy] = await Promise.all([
      listed("SBX-RATE_LIMIT-1"),
      listed("SBX-UNSIGNED-1"),
      listed("SBX-SYSTEM_ERROR-2"),
    ]);
    assert.deepEqual(told(limited), [429, "rate_limited", "flow_control", undefined, true]);
    assert.equal(limited.headers.get("retry-after"), "1");
    assert.deepEqual(told(unsigned), untrusted);
    assert.deepEqual(told(busy), [503, "upstream_unavailable", "platform_busy", undefined, true]);
  });
});
