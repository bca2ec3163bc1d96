import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { readConfig } from "../../edge/config.ts";
import { acme, posOrigin, publicOrigin, randomKey, sha256, variables, wechat } from "./access/support.ts";

const { MERCHANT_BROKEN: _broken, ...sound } = variables;
const read = (changed: Record<string, unknown> = {}) => readConfig({ ...sound, ...changed });
const faults = (changed: Record<string, unknown>) =>
  read(changed).faults.map(({ variable, sentence }) => `${variable} ${sentence}`);
const tmall = { appKey: "12345678", appSecret: "s".repeat(32), session: "t".repeat(40) };
const merchant = (value: unknown) => faults({ MERCHANT_DEMO: JSON.stringify(value) });
const partner = (changed: Record<string, unknown>) => faults({ PARTNER_ACME: JSON.stringify({ ...acme, ...changed }) });

describe("a sound configuration", () => {
  const config = read();
  test("has no faults and holds everything by its lower-case name", () => {
    assert.deepEqual(config.faults, []);
    assert.equal(config.environment, "production");
    assert.equal(config.publicOrigin, publicOrigin);
    assert.deepEqual([...config.partners.keys()], ["acme", "other"]);
    assert.deepEqual([...config.merchants.keys()], ["demo", "any", "direct", "stores", "reader", "foreign"]);
    assert.deepEqual([...config.brokenMerchants], []);
    assert.deepEqual([...config.origins], [posOrigin, publicOrigin, "https://other.example"]);
  });
  test("fills in the documented defaults", () => {
    const demo = config.merchants.get("demo");
    assert.equal(demo?.shards, 1);
    assert.equal(demo?.retentionDays, 400);
    assert.deepEqual(demo?.wechat?.hosts, ["https://api.mch.weixin.qq.com", "https://api2.mch.weixin.qq.com"]);
    assert.deepEqual(config.partners.get("acme")?.limits, {
      sessionPerSecond: 50,
      sessionBurst: 200,
      partnerPerSecond: 500,
      merchantPerSecond: 1000,
    });
    assert.deepEqual(config.partners.get("acme")?.sessionVerificationKeys, []);
  });
  test("takes single limits over, and leaves the others", () => {
    const limits = { partnerPerSecond: 5 };
    const changed = read({ PARTNER_ACME: JSON.stringify({ ...acme, limits }) });
    assert.deepEqual(changed.partners.get("acme")?.limits, {
      sessionPerSecond: 50,
      sessionBurst: 200,
      partnerPerSecond: 5,
      merchantPerSecond: 1000,
    });
  });
  test("ignores what is not of its business, bindings included", () => {
    assert.deepEqual(faults({ LEDGER: {}, ASSETS: { fetch() {} }, PARTNER: "x", MY_PARTNER_X: "x", PATH: "/bin" }), []);
  });
});

describe("one broken variable is named in one line and leaves the others working", () => {
  test("a merchant", () => {
    const config = read({ MERCHANT_DEMO: "{" });
    assert.deepEqual(config.faults, [{ variable: "MERCHANT_DEMO", sentence: "must be JSON" }]);
    assert.deepEqual([...config.brokenMerchants], ["demo"]);
    assert.equal(config.merchants.has("demo"), false);
    assert.equal(config.merchants.has("direct"), true);
    assert.equal(config.partners.size, 2);
  });
  test("a partner, whose origins then count no more", () => {
    const config = read({ PARTNER_ACME: "[]" });
    assert.deepEqual(config.faults, [{ variable: "PARTNER_ACME", sentence: "must be a JSON object" }]);
    assert.deepEqual([...config.partners.keys()], ["other"]);
    assert.deepEqual([...config.origins], ["https://other.example"]);
    assert.equal(config.merchants.size, 6);
  });
  test("an empty one", () => {
    assert.deepEqual(faults({ MERCHANT_DEMO: "", PARTNER_ACME: " " }), [
      "PARTNER_ACME must be JSON",
      "MERCHANT_DEMO must be JSON",
    ]);
  });
  test("one with a name that no wire name follows from", () => {
    for (const name of ["MERCHANT_", "MERCHANT_demo", "MERCHANT_A_B", "PARTNER_Ä", `PARTNER_${"A".repeat(33)}`]) {
      assert.deepEqual(faults({ [name]: "{}" }), [`${name} has a name that is not 1 to 32 of A-Z and 0-9`]);
    }
  });
});

describe("a merchant", () => {
  const table: [string, unknown, string][] = [
    ["without channel", {}, "must hold wechat or tmall"],
    ["of an unknown member", { tmall, wechatpay: {} }, "wechatpay is not a known member"],
    ["without merchant number", { wechat: { ...wechat("direct"), mchid: undefined } }, "wechat.mchid is required"],
    [
      "with a merchant number as a number",
      { wechat: { ...wechat("direct"), mchid: 1900000001 } },
      "wechat.mchid must be a string",
    ],
    [
      "with a letter in its number",
      { wechat: { ...wechat("direct"), mchid: "19a" } },
      "wechat.mchid must be the merchant number, digits only",
    ],
    ["of an unknown mode", { wechat: { ...wechat("direct"), mode: "sp" } }, "wechat.mode must be partner or direct"],
    ["with 0 shards", { tmall, shards: 0 }, "shards must be a whole number from 1 to 64"],
    ["with 65 shards", { tmall, shards: 65 }, "shards must be a whole number from 1 to 64"],
    ["with half a shard", { tmall, shards: 1.5 }, "shards must be a whole number from 1 to 64"],
    ["with shards as text", { tmall, shards: "2" }, "shards must be a whole number from 1 to 64"],
    ["kept for ever", { tmall, retentionDays: 1e9 }, "retentionDays must be a whole number from 1 to 3650"],
    [
      "on a host that is not WeChat Pay's",
      { wechat: { ...wechat("direct"), hosts: ["https://api.mch.weixin.qq.com.evil.com"] } },
      "wechat.hosts must name hosts of WeChat Pay",
    ],
    [
      "on a host of this machine",
      { wechat: { ...wechat("direct"), hosts: ["http://127.0.0.1:8788"] } },
      "wechat.hosts must name hosts of WeChat Pay",
    ],
    [
      "on one host twice",
      { wechat: { ...wechat("direct"), hosts: ["https://api.mch.weixin.qq.com", "https://api.mch.weixin.qq.com/"] } },
      "wechat.hosts names a host twice",
    ],
    ["on no host", { wechat: { ...wechat("direct"), hosts: [] } }, "wechat.hosts must name at least one host"],
    [
      "on a gateway that is not TOP's",
      { tmall: { ...tmall, gateway: "https://gw.api.taobao.com.evil.com/router/rest" } },
      "tmall.gateway must be a gateway of TOP",
    ],
    [
      "on a gateway of this machine",
      { tmall: { ...tmall, gateway: "http://localhost:8788/router/rest" } },
      "tmall.gateway must be a gateway of TOP",
    ],
  ];
  for (const [name, value, sentence] of table) {
    test(`${name}: ${sentence}`, () => {
      assert.deepEqual(merchant(value), [`MERCHANT_DEMO ${sentence}`]);
    });
  }
  test("that names a member twice is refused: which one was meant is not for us to say", () => {
    const MERCHANT_DEMO = JSON.stringify({ tmall }).replace("{", '{"shards":1,"shards":2,');
    assert.deepEqual(faults({ MERCHANT_DEMO }), ["MERCHANT_DEMO must not name a member twice"]);
  });
  test("may name every address of WeChat Pay that its SDKs fall back to, and every gateway of TOP", () => {
    const domains = ["mch.weixin.qq.com", "wechatpay.cn"];
    const hosts = domains.flatMap((domain) => [`https://api.${domain}`, `https://api2.${domain}`]);
    for (const gateway of ["gw.api.taobao.com", "eco.taobao.com", "api.taobao.com"]) {
      const address = `https://${gateway}/router/rest`;
      const value = JSON.stringify({ wechat: { ...wechat("direct"), hosts }, tmall: { ...tmall, gateway: address } });
      const demo = read({ MERCHANT_DEMO: value }).merchants.get("demo");
      assert.deepEqual([demo?.wechat?.hosts, demo?.tmall?.gateway], [hosts, address]);
    }
  });

  test("may run against this machine in development", () => {
    const hosts = ["http://127.0.0.1:8788"];
    const gateway = "http://localhost:8788/router/rest";
    const value = JSON.stringify({ wechat: { ...wechat("direct"), hosts }, tmall: { ...tmall, gateway } });
    const config = read({ ENVIRONMENT: "development", MERCHANT_DEMO: value });
    assert.deepEqual(config.faults, []);
    assert.deepEqual(config.merchants.get("demo")?.wechat?.hosts, hosts);
    assert.equal(config.merchants.get("demo")?.tmall?.gateway, gateway);
  });
});

describe("a partner", () => {
  const table: [string, Record<string, unknown>, string][] = [
    [
      "with its key in place of the digest",
      { apiKeySha256: ["sk_acme_x"] },
      "apiKeySha256.0 must be the SHA-256 of a key in hex",
    ],
    ["with one digest as text", { apiKeySha256: sha256("x") }, "apiKeySha256 must be a list of SHA-256 digests"],
    ["without digests", { apiKeySha256: undefined }, "apiKeySha256 is required"],
    [
      "with any origin",
      { origins: ["*"] },
      "origins.0 must be an origin such as https://pos.example, without path or trailing slash",
    ],
    [
      "with a misspelt grant",
      { merchants: { demo: { subMchid: "*" } } },
      "merchants.demo.subMchid is not a known member",
    ],
    [
      "with every sub-merchant in a list",
      { merchants: { demo: { subMchids: ["*"] } } },
      'merchants.demo.subMchids must be "*" or a list of merchant numbers',
    ],
    [
      "with a store as a number",
      { merchants: { demo: { stores: [1234] } } },
      "merchants.demo.stores.0 must be a string of digits; a JSON number loses digits",
    ],
    [
      "with an unknown scope",
      { merchants: { demo: { scopes: ["admin"] } } },
      "merchants.demo.scopes.0 must be one of assignments:write, assignments:read, guides:read, guides:write",
    ],
    [
      "with a merchant in upper case",
      { merchants: { DEMO: {} } },
      "merchants.DEMO must be a merchant alias in lower case",
    ],
    ["with a limit of nothing", { limits: { sessionPerSecond: 0 } }, "limits.sessionPerSecond must be at least 1"],
    ["with a limit as text", { limits: { sessionPerSecond: "50" } }, "limits.sessionPerSecond must be a number"],
    ["with an unknown limit", { limits: { perMinute: 1 } }, "limits.perMinute is not a known member"],
  ];
  for (const [name, change, sentence] of table) {
    test(`${name}: ${sentence}`, () => {
      assert.deepEqual(partner(change), [`PARTNER_ACME ${sentence}`]);
    });
  }
  for (const origin of [
    "https://pos.example/",
    "https://pos.example/till",
    "https://POS.example",
    "https://pos.example:443",
    "https://user@pos.example",
    "https://*.example",
    "https://收银.example",
    "null",
    "",
    "pos.example",
    "ftp://pos.example",
    "chrome-extension://abc",
    "file://",
  ]) {
    test(`with the origin "${origin}" is refused: no browser sends it so`, () => {
      assert.match(partner({ origins: [origin] })[0] ?? "", /^PARTNER_ACME origins\.0 must be an origin/);
    });
  }
});

describe("keys", () => {
  for (const name of ["SESSION_KEY", "STORAGE_KEY"]) {
    const member = name === "SESSION_KEY" ? "sessionKeys" : "storageKeys";
    const fault = (value: unknown) => {
      const config = read({ [name]: value });
      assert.deepEqual(config[member], [], "a broken variable gives no key at all");
      return config.faults.map(({ variable, sentence }) => `${variable} ${sentence}`);
    };
    test(`${name} is one key or a list of them, in order`, () => {
      const [first, second] = [randomKey(), randomKey()];
      const bytes = (key: string) => new Uint8Array(Buffer.from(key, "base64url"));
      assert.deepEqual(read({ [name]: first })[member], [bytes(first)]);
      assert.deepEqual(read({ [name]: ` ${first}=\n` })[member], [bytes(first)]);
      assert.deepEqual(read({ [name]: JSON.stringify([second, first]) })[member], [bytes(second), bytes(first)]);
    });
    const short = Buffer.from(crypto.getRandomValues(new Uint8Array(31))).toString("base64url");
    const table: [string, unknown, string][] = [
      ["missing", undefined, "is not set"],
      ["empty", "", "is not set"],
      ["blank", "  ", "is not set"],
      ["of 31 bytes", short, "must be at least 32 bytes long"],
      ["of 31 bytes behind a good one", JSON.stringify([randomKey(), short]), "must be at least 32 bytes long"],
      ["in standard base64", `${"A/+z".repeat(11)}`, "must be base64url, or a JSON array of that"],
      ["a list of nothing", "[]", "holds no key"],
      ["a list that is not JSON", "[abc", "must be a JSON array of keys in base64url"],
      ["a list of numbers", "[1]", "must be base64url, or a JSON array of that"],
      ["one byte over and over", "A".repeat(43), "looks like a placeholder; make it of random bytes"],
      ["a few bytes over and over", "abcd".repeat(11), "looks like a placeholder; make it of random bytes"],
      ["a placeholder", `change-me-${randomKey()}`, "looks like a placeholder; make it of random bytes"],
    ];
    for (const [state, value, sentence] of table) {
      test(`${name} ${state}: ${sentence}`, () => {
        assert.deepEqual(fault(value), [`${name} ${sentence}`]);
      });
    }
    test(`${name} with the same key twice is no rotation`, () => {
      const key = randomKey();
      assert.deepEqual(fault(JSON.stringify([key, key])), [`${name} holds the same key twice`]);
    });
  }
  test("digests of operator keys may be several; one that is none leaves none", () => {
    const [a, b] = [sha256("a"), sha256("b")];
    assert.deepEqual(read({ OPERATOR_KEY_SHA256: `${a.toUpperCase()}, ${b}` }).operatorKeySha256, [a, b]);
    assert.deepEqual(read({ OPERATOR_KEY_SHA256: undefined }).operatorKeySha256, []);
    const broken = read({ OPERATOR_KEY_SHA256: `${a},op_x` });
    assert.deepEqual(broken.operatorKeySha256, []);
    assert.deepEqual(broken.faults, [
      { variable: "OPERATOR_KEY_SHA256", sentence: "must be the SHA-256 of a key in hex" },
    ]);
  });
});

describe("environment and public origin", () => {
  test("whatever is not plainly development is production", () => {
    assert.equal(read({ ENVIRONMENT: undefined }).environment, "production");
    for (const ENVIRONMENT of ["dev", "Development", "test", "development,production"]) {
      const config = read({ ENVIRONMENT });
      assert.equal(config.environment, "production");
      assert.deepEqual(
        config.faults.map(({ variable }) => variable),
        ["ENVIRONMENT"],
      );
    }
  });
  test("the public origin is required in production, and in no place guessed when it is wrong", () => {
    assert.deepEqual(faults({ PUBLIC_ORIGIN: undefined }), ["PUBLIC_ORIGIN is not set"]);
    assert.deepEqual(faults({ PUBLIC_ORIGIN: undefined, ENVIRONMENT: "development" }), []);
    for (const PUBLIC_ORIGIN of [
      "edge.example",
      "https://edge.example/",
      "https://edge.example/v1",
      "HTTPS://EDGE.example",
    ]) {
      for (const ENVIRONMENT of ["production", "development"]) {
        const config = read({ PUBLIC_ORIGIN, ENVIRONMENT });
        assert.equal(config.publicOrigin, undefined);
        assert.deepEqual(config.faults, [
          { variable: "PUBLIC_ORIGIN", sentence: "must be an origin such as https://edge.example" },
        ]);
      }
    }
  });
});

test("no sentence repeats a value, wherever a secret was put by mistake", () => {
  const secret = "LEAKED-5f3c 0b1e";
  const everywhere = (value: unknown): unknown[] => {
    if (typeof value !== "object" || value === null) return [secret, [secret], { [secret]: secret }];
    return Object.entries(value).flatMap(([name, member]) =>
      everywhere(member).map((changed) =>
        Array.isArray(value) ? value.with(Number(name), changed) : { ...value, [name]: changed },
      ),
    );
  };
  const full = { wechat: { ...wechat("partner"), publicKeys: { PUB_KEY_ID_1: "x" }, hosts: ["x"] }, tmall, shards: 1 };
  const record = {
    ...acme,
    limits: { sessionBurst: 1 },
    jwks: { keys: [{ kty: "EC", crv: "P-256", x: "x", y: "y" }] },
  };
  const broken = [
    ...everywhere(full).map((value) => ({ MERCHANT_DEMO: JSON.stringify(value) })),
    ...everywhere(record).map((value) => ({ PARTNER_ACME: JSON.stringify(value) })),
    ...["SESSION_KEY", "STORAGE_KEY", "PUBLIC_ORIGIN", "ENVIRONMENT", "OPERATOR_KEY_SHA256"].map((name) => ({
      [name]: secret,
    })),
    { MERCHANT_DEMO: `{"wechat":"${secret}` },
  ];
  let named = 0;
  for (const change of broken) {
    const said = faults(change);
    named += said.length;
    for (const line of said) assert.ok(!line.includes("LEAKED"), line);
  }
  assert.ok(named > 60, `${named} faults were looked at`);
});

test("the example file sets nothing: a deploy button would make secrets of its values", () => {
  const lines = readFileSync(new URL("../../.dev.vars.example", import.meta.url), "utf8").split("\n");
  assert.deepEqual(
    lines.filter((line) => line.trim() !== "" && !line.startsWith("#")),
    [],
  );
});
