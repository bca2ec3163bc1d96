/** All four WeChat Pay operations, for each way in which a merchant can be set up, and while WeChat Pay changes its keys. */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { assign, call, newOrder, subMchid, wechat } from "../../support/calls.ts";
import { assertAssignedOnce, type Pair, startPair } from "./pair.ts";

const guide = "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic";
const mobile = "13912345678";

let pair: Pair;
before(async () => {
  pair = await startPair({
    // Merchants since autumn 2024 have no certificate: the operator forgot the public key.
    keyless: { of: "direct", make: ({ wechat }) => ({ wechat: { ...wechat, publicKeys: undefined } }) },
    // As operators paste them: the serial in lower case, the key as openssl's older form.
    pasted: {
      of: "direct",
      make: ({ wechat }) => ({
        wechat: {
          ...wechat,
          serialNo: String(wechat?.serialNo).toLowerCase(),
          privateKey: createPrivateKey(String(wechat?.privateKey)).export({ type: "pkcs1", format: "pem" }),
        },
      }),
    },
    // Nothing is stored yet when it is first called.
    cold: { of: "cert", make: (settings) => settings },
    // Step 2 of the move to the public key: configured, not in force yet.
    waiting: { of: "both", make: ({ wechat }) => ({ wechat: { ...wechat, encryptWith: "certificate" } }) },
  });
});
after(() => pair.close());

const registration = (userId: string) => ({
  corpId: "wwsandbox0000000001",
  storeId: "5678",
  userId,
  name: "钱多多",
  mobile,
  qrCode: "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vc1",
  avatar: "https://wework.qpic.cn/avatar/1",
});

const register = (merchant: string, userId: string) =>
  call(pair.edge, "POST", "/v1/guides", pair.as(merchant), registration(userId));
const list = (merchant: string, query: string) => call(pair.edge, "GET", `/v1/guides?${query}`, pair.as(merchant));
const search = (merchant: string, body: object) =>
  call(pair.edge, "POST", "/v1/guides/search", pair.as(merchant), body);

async function allFour(merchant: string, userId: string): Promise<void> {
  const registered = await register(merchant, userId);
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const { id } = registered.body;
  const found = await list(merchant, `storeId=5678&userId=${userId}`);
  assert.deepEqual(found.body.data, [{ id, storeId: "5678", name: "钱多多", userId }]);
  const byMobile = await search(merchant, { storeId: "5678", mobile });
  assert.ok(
    byMobile.body.data?.some((row) => row.id === id),
    "found by mobile",
  );

  const update = { name: "钱少少", mobile: "+8613912345679" };
  const updated = await call(pair.edge, "PATCH", `/v1/guides/${id}`, pair.as(merchant), update);
  assert.equal(updated.status, 204, JSON.stringify(updated.body));
  const again = await list(merchant, `storeId=5678&userId=${userId}`);
  assert.equal(again.body.data?.[0]?.name, "钱少少", "a change through this edge is seen at once");

  const order = newOrder();
  const assigned = await assign(pair.edge, pair.as(merchant), wechat(order, id ?? ""));
  assert.deepEqual([assigned.status, assigned.body.status, assigned.body.attempts], [200, "assigned", 1]);
  assertAssignedOnce(await pair.bookOf(order), id ?? "");
  for (const answer of [registered, found, byMobile, again, assigned]) {
    assert.doesNotMatch(JSON.stringify(answer.body), /1391234567/, "no answer holds a mobile");
  }
}

describe("register, query, search, update and assign", () => {
  for (const [merchant, setup] of [
    ["demo", "a service provider, with the public key"],
    ["direct", "a direct merchant, with the public key"],
    ["cert", "a merchant with platform certificates"],
    ["both", "a merchant that has certificates and the public key"],
    ["pasted", "a merchant whose serial is in lower case and whose key is PKCS#1"],
    ["waiting", "a merchant whose public key is configured but not in force"],
  ] as const) {
    test(`work for ${setup}`, () => allFour(merchant, `qian.${merchant}`));
  }

  test("name the sub-merchant on every call of a service provider, and on none of a direct merchant", async () => {
    const { requests } = await pair.sandbox.book();
    const own = requests.filter(({ operation }) => operation !== "certificates" && operation !== "query");
    for (const { account, body } of own) {
      const isPartner = account.includes("/");
      assert.equal(body.sub_mchid, isPartner ? subMchid : undefined);
      assert.equal(Object.hasOwn(body, "sub_mchid"), isPartner);
    }
    assert.ok(own.some(({ account }) => account.includes("/")) && own.some(({ account }) => !account.includes("/")));
  });

  test("name the key in force and the product on every call", async () => {
    const { requests } = await pair.sandbox.book();
    for (const { operation, headers } of requests) {
      assert.match(headers["user-agent"] ?? "", /^staff-assign\/\d/);
      if (operation === "certificates") continue;
      assert.match(headers["wechatpay-serial"] ?? "", /^(PUB_KEY_ID_\d+|[0-9A-F]+)$/);
    }
  });

  test("download the certificates once, however many calls and ledgers need them", async () => {
    const { requests } = await pair.sandbox.book();
    const downloads = requests.filter(
      ({ operation, account }) => operation === "certificates" && account === "1900000300",
    );
    assert.equal(downloads.length, 1);
  });
});

describe("a page of guides", () => {
  test("is paged as WeChat Pay pages, ten at most, without mobiles", async () => {
    const first = await list("demo", "storeId=1234");
    assert.deepEqual([first.body.data?.length, first.body.total, first.body.limit, first.body.offset], [10, 12, 10, 0]);
    const second = await list("demo", "storeId=1234&limit=10&offset=10");
    assert.deepEqual(
      second.body.data?.map(({ name, workId }) => [name, workId]),
      [
        ["古丽娜尔", undefined],
        ["何俊", "1012"],
      ],
    );
    assert.doesNotMatch(JSON.stringify([first.body, second.body]), /1380013/);
    for (const query of [
      "storeId=1234&limit=11",
      "storeId=1234&limit=0",
      "limit=1",
      "storeId=1234&mobile=13800138001",
    ]) {
      assert.equal((await list("demo", query)).status, 400, query);
    }
  });

  test("comes from the cache the second time, and another sub-merchant's never does", async () => {
    await list("demo", "storeId=5678&limit=3");
    const before = await pair.requestsSoFar();
    await list("demo", "storeId=5678&limit=3");
    assert.equal(await pair.requestsSoFar(), before);
    const other = { ...pair.as("demo"), "Staff-Assign-Sub-Mchid": "1900000110" };
    await call(pair.edge, "GET", "/v1/guides?storeId=5678&limit=3", other);
    assert.equal(await pair.requestsSoFar(), before + 1);
  });

  test("is searched by a mobile that travels encrypted", async () => {
    const found = await search("demo", { storeId: "1234", mobile: "13800138012" });
    assert.deepEqual(found.body.data, [{ id: "01008370080000000011", storeId: "1234", name: "何俊", workId: "1012" }]);
  });
});

describe("what cannot be right is refused here and never sent", () => {
  const bytes65 = `${"张".repeat(21)}ab`;
  for (const [what, field, body] of [
    ["a name of 65 bytes", "name", { name: bytes65 }],
    ["a mobile of 33 characters", "mobile", { mobile: "1".repeat(33) }],
    ["an avatar of 1025 characters", "avatar", { avatar: `https://a.example/${"x".repeat(1007)}` }],
    ["an emoji in a URL", "qrCode", { qrCode: "https://a.example/😀" }],
    ["a store as a JSON number", "storeId", { storeId: 5678 }],
    ["an unknown member", "sub_mchid", { sub_mchid: "1900000110" }],
  ] as const) {
    test(what, async () => {
      const before = await pair.requestsSoFar();
      const answer = await call(pair.edge, "POST", "/v1/guides", pair.as("demo"), { ...registration("bad"), ...body });
      assert.deepEqual([answer.status, answer.body.code, answer.body.field], [400, "invalid_request", field]);
      assert.equal(await pair.requestsSoFar(), before);
    });
  }

  test("an update of nothing, and a guide id that would become another path", async () => {
    const before = await pair.requestsSoFar();
    const nothing = await call(pair.edge, "PATCH", `/v1/guides/${guide}`, pair.as("demo"), {});
    assert.deepEqual([nothing.status, nothing.body.code], [400, "invalid_request"]);
    for (const id of ["..%2Fassign", "%2e%2e", "a%2Fb", "x".repeat(65)]) {
      const answer = await call(pair.edge, "PATCH", `/v1/guides/${id}`, pair.as("demo"), { name: "钱" });
      assert.ok(answer.status === 400 || answer.status === 404, `${id}: ${answer.status}`);
    }
    for (const order of ["", "x".repeat(33), "a b", "../x"]) {
      const answer = await assign(pair.edge, pair.as("demo"), wechat(order, guide));
      assert.deepEqual([answer.status, answer.body.field], [400, "order"]);
    }
    assert.equal(await pair.requestsSoFar(), before);
  });
});

describe("WeChat Pay's keys", () => {
  test("missing where there is no certificate: the operator is told to configure the public key, nothing is sent", async () => {
    const order = newOrder();
    const answer = await assign(pair.edge, pair.as("keyless"), wechat(order, guide));
    assert.deepEqual(
      [answer.status, answer.body.code, answer.body.reason],
      [502, "upstream_unauthorized", "platform_key_missing"],
    );
    assert.match(answer.body.detail ?? "", /public key.*wechat\.publicKeys/);
    assert.deepEqual((await pair.bookOf(order)).orders, []);
  });

  test("rotate without a lost assignment: before, during with both, and after", async () => {
    for (const rotation of ["during", "after"] as const) {
      await pair.sandbox.control("/platform", { rotation });
      for (let n = 0; n < 3; n++) {
        const order = newOrder();
        const answer = await assign(pair.edge, pair.as("cert"), wechat(order, guide));
        assert.deepEqual(
          [answer.status, answer.body.attempts],
          [200, 1],
          `${rotation}: ${JSON.stringify(answer.body)}`,
        );
        assertAssignedOnce(await pair.bookOf(order), guide);
      }
      assert.equal((await register("cert", `rotated.${rotation}`)).status, 201);
    }
    const serials = new Set((await pair.sandbox.book()).requests.map(({ headers }) => headers["wechatpay-serial"]));
    assert.ok(serials.size >= 4, "the newest certificate came to encrypt");
  });

  test("that vanished while the edge was away are replaced within the call", async () => {
    // `waiting` still holds the first certificate only, which the platform has dropped.
    const order = newOrder();
    const answer = await assign(pair.edge, pair.as("waiting"), wechat(order, guide));
    assert.deepEqual([answer.status, answer.body.status], [200, "assigned"], JSON.stringify(answer.body));
    assertAssignedOnce(await pair.bookOf(order), guide);
  });

  test("are downloaded within the first call, also when that download meets a probe", async () => {
    await pair.sandbox.control("/faults", { fault: "SIGNTEST", channel: "wechat", operation: "certificates" });
    const answer = await list("cold", "storeId=1234");
    assert.deepEqual([answer.status, answer.body.total], [200, 12], JSON.stringify(answer.body));
    assert.ok(pair.log.some(({ counter, fault }) => counter === "wechat_signature_fault" && fault === "probe"));
  });

  test("migrate to the public key: what it encrypts is refused before the switch, everything else works throughout", async () => {
    await pair.sandbox.control("/platform", { migration: "before" });
    const early = newOrder();
    assert.equal((await assign(pair.edge, pair.as("both"), wechat(early, guide))).status, 200);
    const refused = await register("both", "too.early");
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.reason],
      [502, "upstream_unauthorized", "platform_key_mismatch"],
    );
    assert.equal((await register("waiting", "with.certificate")).status, 201);

    for (const migration of ["during", "after"] as const) {
      await pair.sandbox.control("/platform", { migration });
      const order = newOrder();
      assert.equal((await assign(pair.edge, pair.as("both"), wechat(order, guide))).body.attempts, 1);
      assertAssignedOnce(await pair.bookOf(order), guide);
      assert.equal((await register("both", `switched.${migration}`)).status, 201);
    }
  });
});
