/** `npm run doctor` as an operator runs it: against the sandbox, against broken configurations, against wrong clocks. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
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
    variables = JSON.parse(text.replaceAll(/http:\/\/(?:127\.0\.0\.1|localhost):8788/g, sandbox.origin)) as Variables;
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
    assert.match(text, /ERROR +MERCHANT_CERT: /);
  });

  test("a TOP session that has ended at the platform is found", async () => {
    const { code, text } = await doctor(
      amend(variables, "MERCHANT_DEMO", ({ tmall }) =>
        Object.assign(tmall as object, { session: "6100deadbeefdeadbeef" }),
      ),
    );
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_DEMO: \S+ \(.*\) fails/);
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
    const { code, text } = await offline(ending(-2));
    assert.equal(code, 1);
    assert.match(text, /ERROR +MERCHANT_DEMO: the TOP session of the configuration ended 2 days ago/);
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
