/** `npm run doctor` as an operator runs it: against the sandbox, against broken configurations, against wrong clocks. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readConfig } from "../../edge/config.ts";
import { examineHosts } from "../../tools/doctor/hosts.ts";
import { type RunningSandbox, startSandbox } from "../edge/sandbox/sandbox-harness.ts";
import { createDevEnvironment } from "../support/dev-environment.ts";
import { createCertificate, createRsaKey } from "../support/test-keys.ts";

const script = fileURLToPath(new URL("../../tools/doctor.ts", import.meta.url));
type Variables = Record<string, string>;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "staff-assign-doctor-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function doctor(variables: Variables, ...args: string[]): Promise<{ code: number | null; text: string }> {
  const keys = join(folder, "keys.env");
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(keys, lines.join(""), { mode: 0o600 });
  const child = spawn(process.execPath, [script, "--keys", keys, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  assertNoSecret(text, variables);
  return { code, text };
}

/** Every value of a configuration that a stranger must not see. */
function assertNoSecret(text: string, variables: Variables): void {
  const secretMembers = ["privateKey", "apiV3Key", "appSecret", "session", "refreshToken"];
  const secrets = [variables.SESSION_KEY, variables.STORAGE_KEY];
  for (const [name, value] of Object.entries(variables)) {
    if (!name.startsWith("MERCHANT_")) continue;
    for (const [, member = "", secret = ""] of value.matchAll(/"([A-Za-z0-9]+)":"((?:[^"\\]|\\.)*)"/g)) {
      if (secretMembers.includes(member)) secrets.push(secret, secret.slice(60, 100));
    }
  }
  for (const secret of secrets.filter((one) => one !== undefined && one.length > 8)) {
    assert.ok(!text.includes(String(secret)), "a secret was printed");
  }
}

const amend = (variables: Variables, name: string, change: (value: Record<string, unknown>) => void): Variables => {
  const value = JSON.parse(variables[name] ?? "{}") as Record<string, unknown>;
  change(value);
  return { ...variables, [name]: JSON.stringify(value) };
};

describe("with platforms to ask", () => {
  let sandbox: RunningSandbox;
  let variables: Variables;
  before(async () => {
    sandbox = await startSandbox();
    const text = JSON.stringify(sandbox.environment.edge);
    // The names stay two: of a host that is named twice, a call is given up as if another one were left.
    const named = /(http:\/\/(?:127\.0\.0\.1|localhost)):8788/g;
    variables = JSON.parse(text.replaceAll(named, `$1:${sandbox.port}`)) as Variables;
  });
  after(() => sandbox.close());

  test("a configuration that works gets exit code 0, and each platform's word for it", async () => {
    const { code, text } = await doctor(variables);
    assert.equal(code, 0, text);
    assert.match(text, /MERCHANT_CERT: WeChat Pay accepts the signature, and its certificates open and verify/);
    assert.match(text, /MERCHANT_DEMO: taobao\S+ may be called|MERCHANT_DEMO: tmall\S+ may be called/);
    assert.match(text, /^0 errors/m);
  });

  test("a serial number that WeChat Pay does not know is found", async () => {
    const { code, text } = await doctor(
      amend(variables, "MERCHANT_CERT", ({ wechat }) =>
        Object.assign(wechat as object, { serialNo: "ABCDEF0123456789" }),
      ),
    );
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_CERT: WeChat Pay refuses/);
  });

  test("an APIv3 key of another merchant is found", async () => {
    const { code, text } = await doctor(
      amend(variables, "MERCHANT_CERT", ({ wechat }) => Object.assign(wechat as object, { apiV3Key: "k".repeat(32) })),
    );
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_CERT: .*wechat\.apiV3Key/);
  });

  test("each public key is proved by what WeChat Pay answers under it", async () => {
    const { text } = await doctor(variables);
    assert.match(
      text,
      /ok +MERCHANT_DEMO: WeChat Pay accepts the signature, and its answer under PUB_KEY_ID_\d+ opens/,
    );
  });

  test("a public key that is not WeChat Pay's is found, and so is an id that it does not know", async () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const withKeys = (change: (keys: Record<string, string>) => Record<string, string>) =>
      amend(variables, "MERCHANT_DEMO", (merchant) => {
        const wechat = merchant.wechat as { publicKeys: Record<string, string> };
        wechat.publicKeys = change(wechat.publicKeys);
      });
    const foreign = await doctor(withKeys((keys) => Object.fromEntries(Object.keys(keys).map((id) => [id, pem]))));
    assert.equal(foreign.code, 1);
    assert.match(foreign.text, /ERROR +MERCHANT_DEMO, PUB_KEY_ID_\d+: WeChat Pay/);
    const unknown = await doctor(
      withKeys((keys) =>
        Object.fromEntries(Object.values(keys).map((key) => ["PUB_KEY_ID_0000000000000000000000000099", key])),
      ),
    );
    assert.equal(unknown.code, 1);
    assert.match(unknown.text, /ERROR +MERCHANT_DEMO, PUB_KEY_ID_0000000000000000000000000099: WeChat Pay/);
  });

  test("a public key that waits for the switch is no error; one that is in force before it is", async () => {
    const inForce = (encryptWith: string | undefined) =>
      amend(variables, "MERCHANT_BOTH", ({ wechat }) => Object.assign(wechat as object, { encryptWith }));
    await sandbox.control("/platform", { migration: "before" });
    const waiting = await doctor(inForce("certificate"));
    const early = await doctor(inForce(undefined));
    await sandbox.control("/platform", { migration: "during" });
    assert.equal(waiting.code, 0, waiting.text);
    assert.match(waiting.text, /WARNING MERCHANT_BOTH, PUB_KEY_ID_\d+: WeChat Pay does not use this key/);
    assert.equal(early.code, 1);
    assert.match(early.text, /ERROR +MERCHANT_BOTH, PUB_KEY_ID_\d+: WeChat Pay/);
  });

  test("an answer whose signature is a probe is asked for again, one that never verifies is an error", async () => {
    const fail = (times: number | null) =>
      sandbox.control("/faults", { fault: "SIGNTEST", channel: "wechat", operation: "echo", times });
    await fail(1);
    assert.equal((await doctor(variables)).code, 0);
    await fail(null);
    const { code, text } = await doctor(variables);
    await sandbox.control("/faults", undefined, "DELETE");
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_DEMO, \S+: WeChat Pay's answer cannot be verified or opened/);
  });

  test("a 404 proves nothing, whoever wrote it", async () => {
    const server = createServer((_, response) => {
      response.writeHead(404, { "Content-Type": "application/json" }).end('{"code":"RESOURCE_NOT_EXISTS"}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, text } = await doctor(
      amend(variables, "MERCHANT_DEMO", ({ wechat }) => Object.assign(wechat as object, { hosts: [host] })),
    );
    server.closeAllConnections();
    server.close();
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_DEMO, \S+: WeChat Pay/);
    assert.doesNotMatch(text, /MERCHANT_DEMO: WeChat Pay accepts/);
  });

  test("a platform that is not reached is no word about the keys", async () => {
    const { text } = await doctor(
      amend(variables, "MERCHANT_CERT", ({ wechat }) =>
        Object.assign(wechat as object, { hosts: ["http://127.0.0.1:9"] }),
      ),
    );
    assert.match(text, /WARNING MERCHANT_CERT: WeChat Pay gave no answer to judge the keys by/);
  });

  test("what a partner can do nothing with, and one key in two places, is told", async () => {
    const grant = (merchants: unknown) =>
      amend(variables, "PARTNER_POS", (partner) => Object.assign(partner, { merchants }));
    const textOf = async (changed: Variables) => (await doctor(changed, "--offline")).text;
    assert.match(await textOf(grant({})), /ERROR +PARTNER_POS names no merchant/);
    assert.match(await textOf(grant({ demo: { subMchids: [] } })), /ERROR +PARTNER_POS lists no subMchids for demo/);
    assert.match(
      await textOf(grant({ demo: { subMchids: "*", stores: [] } })),
      /ERROR +PARTNER_POS lists no stores for demo/,
    );
    const { SESSION_KEY = "" } = variables;
    assert.match(
      await textOf({ ...variables, STORAGE_KEY: SESSION_KEY }),
      /ERROR +SESSION_KEY and STORAGE_KEY share a key/,
    );
  });

  test("a TOP session that has ended at the platform is found, and is no error where the edge refreshes it", async () => {
    const ended = amend(variables, "MERCHANT_DEMO", ({ tmall }) =>
      Object.assign(tmall as object, { session: "6100deadbeefdeadbeef" }),
    );
    const refreshed = await doctor(ended);
    assert.equal(refreshed.code, 0, refreshed.text);
    assert.match(refreshed.text, /WARNING MERCHANT_DEMO: \S+ \(.*\) fails.*session of the configuration: see GET/);
    const alone = amend(ended, "MERCHANT_DEMO", ({ tmall }) => Reflect.deleteProperty(tmall as object, "refreshToken"));
    const { code, text } = await doctor(alone);
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_DEMO: \S+ \(.*\) fails.*If you have swapped it since, put the new one here/);
  });
});

describe("without asking anybody", () => {
  let variables: Variables;
  before(async () => {
    const origins = { edgeOrigin: "http://127.0.0.1:8787", sandboxOrigin: "http://127.0.0.1:9" };
    ({ edge: variables } = await createDevEnvironment(origins));
  });
  const offline = (changed: Variables) => doctor(changed, "--offline");

  test("a broken variable is named, with the member that is wrong", async () => {
    const { code, text } = await offline({ ...variables, MERCHANT_BAD: "{}", SESSION_KEY: "short" });
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_BAD must hold wechat or tmall\./);
    assert.match(text, /ERROR +SESSION_KEY must be at least 32 bytes long\./);
  });

  test("a missing PUBLIC_ORIGIN is an error in production", async () => {
    const { PUBLIC_ORIGIN, ...rest } = variables;
    assert.ok(PUBLIC_ORIGIN);
    const { code, text } = await offline({ ...rest, ENVIRONMENT: "production" });
    assert.equal(code, 1);
    assert.match(text, /ERROR +PUBLIC_ORIGIN is not set/);
  });

  test("plain http and workers.dev are told", async () => {
    assert.match((await offline(variables)).text, /WARNING PUBLIC_ORIGIN is plain http/);
    const production = { ...variables, ENVIRONMENT: "production", PUBLIC_ORIGIN: "http://edge.example" };
    assert.match((await offline(production)).text, /ERROR +PUBLIC_ORIGIN is plain http/);
    const onWorkersDev = { ...variables, PUBLIC_ORIGIN: "https://staff-assign.someone.workers.dev" };
    assert.match((await offline(onWorkersDev)).text, /WARNING PUBLIC_ORIGIN is on workers\.dev/);
  });

  test("origins that any page could have are told or refused", async () => {
    const withOrigin = (origin: string) =>
      amend(variables, "PARTNER_KIOSK", (partner) => Object.assign(partner, { origins: [origin] }));
    assert.match(
      (await offline(withOrigin("http://pos.example"))).text,
      /WARNING PARTNER_KIOSK allows http:\/\/pos\.example/,
    );
    const { code, text } = await offline(withOrigin("*"));
    assert.equal(code, 1);
    assert.match(text, /ERROR +PARTNER_KIOSK origins/);
  });

  test("an API key that can be guessed is found from its digest", async () => {
    const digest = createHash("sha256").update("sk_kiosk_test").digest("hex");
    const { code, text } = await offline(
      amend(variables, "PARTNER_KIOSK", (partner) => Object.assign(partner, { apiKeySha256: [digest] })),
    );
    assert.equal(code, 1);
    assert.match(text, /ERROR +PARTNER_KIOSK holds the digest of an API key that can be guessed/);
  });

  test("a session of TOP is followed to its end", async () => {
    const ending = (days: number) =>
      amend(variables, "MERCHANT_DEMO", ({ tmall }) =>
        Object.assign(tmall as object, { sessionExpiresAt: new Date(Date.now() + days * 86_400_000).toISOString() }),
      );
    assert.match((await offline(ending(7.5))).text, /WARNING MERCHANT_DEMO: the TOP session ends in 7 days/);
    const refreshed = await offline(ending(-2));
    assert.equal(refreshed.code, 0);
    assert.match(
      refreshed.text,
      /WARNING MERCHANT_DEMO: the TOP session of the configuration ended 2 days ago: see GET/,
    );
    const alone = amend(ending(-2), "MERCHANT_DEMO", ({ tmall }) =>
      Reflect.deleteProperty(tmall as object, "refreshToken"),
    );
    const { code, text } = await offline(alone);
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_DEMO: the TOP session of the configuration ended 2 days ago: authorise again/);
  });

  test("a merchant certificate is followed to its end", async () => {
    const fiveYearsAgo = Date.now() - 5 * 365.25 * 86_400_000;
    const endingIn = async (days: number) => {
      const key = await createRsaKey();
      const { serialNo, pem } = await createCertificate(
        "CN=1900000101",
        key,
        key,
        new Date(fiveYearsAgo + days * 86_400_000),
      );
      return amend(variables, "MERCHANT_DIRECT", ({ wechat }) =>
        Object.assign(wechat as object, { privateKey: key.privateKey, serialNo, certificate: pem }),
      );
    };
    assert.match(
      (await offline(await endingIn(20))).text,
      /WARNING MERCHANT_DIRECT: wechat\.certificate ends in \d+ days/,
    );
    const { code, text } = await offline(await endingIn(-20));
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_DIRECT: wechat\.certificate ended \d+ days ago/);
  });

  test("a partner's merchant that does not exist is named", async () => {
    const { MERCHANT_CERT, ...rest } = variables;
    assert.ok(MERCHANT_CERT);
    assert.match((await offline(rest)).text, /ERROR +PARTNER_POS names the merchant cert/);
  });

  test("keys that cannot be read end in one sentence", async () => {
    const { code, text } = await doctor({}, "--offline");
    assert.equal(code, 1);
    assert.match(text, /ERROR .*sets none of the edge's variables/);
  });

  test("a host that is not reached, and a clock that is off, are told apart", async () => {
    let aheadMs = 0;
    const server = createServer((_, response) => {
      response.setHeader("Date", new Date(Date.now() - aheadMs).toUTCString());
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const configOf = (host: string) => {
      const { MERCHANT_CERT = "" } = amend(variables, "MERCHANT_CERT", ({ wechat }) =>
        Object.assign(wechat as object, { hosts: [host] }),
      );
      return readConfig({ ENVIRONMENT: "development", MERCHANT_CERT });
    };
    const levels: string[] = [];
    for (aheadMs of [0, 60_000, -400_000]) {
      const [finding] = await examineHosts(configOf(origin));
      levels.push(`${finding?.level}: ${finding?.sentence.replace(/\d+ s/, "N s")}`);
    }
    server.closeAllConnections();
    server.close();
    assert.match(levels[0] ?? "", /^ok/);
    assert.match(levels[1] ?? "", /^warning: This machine's clock is N s ahead of/);
    assert.match(levels[2] ?? "", /^error: This machine's clock is N s behind/);
    const [unreached] = await examineHosts(configOf("http://127.0.0.1:9"));
    assert.equal(unreached?.level, "error");
  });
});
