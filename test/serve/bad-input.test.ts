/** What an operator can get wrong: each is told in one sentence, ends with exit code 1 and damages nothing. */
import assert from "node:assert/strict";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStateDirectory, StateError } from "../../tools/serve/state-directory.ts";
import { readVariables, VariablesError } from "../../tools/serve/variables.ts";
import { createWorkplace, envText, type Served, serve, serveToItsEnd, type Workplace } from "./served.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const secret = "c2VjcmV0LXRoYXQtbXVzdC1uZXZlci1iZS1wcmludGVk";
const variables = { ENVIRONMENT: "development", SESSION_KEY: secret };

let workplace: Workplace;
before(() => {
  workplace = createWorkplace(variables);
});
after(() => workplace.remove());

const args = (more: { state?: string; keys?: string; port?: string } = {}) => {
  const { state = workplace.state, keys = workplace.keys, port = "0" } = more;
  return ["--state", state, "--keys", keys, "--port", port];
};
const empty = (name: string) => {
  const path = join(workplace.folder, name);
  mkdirSync(path, { mode: 0o700 });
  return path;
};

/** One line, for people: no stack, no value. */
async function refusal(arguments_: readonly string[]): Promise<string> {
  const { code, stderr } = await serveToItsEnd(arguments_);
  assert.equal(code, 1, stderr);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  assert.ok(!stderr.includes(secret));
  return stderr;
}

test("a state directory that does not exist is not made up", async () => {
  const state = join(workplace.folder, "absent");
  assert.match(await refusal(args({ state })), /absent cannot be used: it does not exist; for a new one: mkdir/);
  assert.ok(!readdirSync(workplace.folder).includes("absent"));
});

test("a directory that holds something else stays as it is", async () => {
  const state = empty("photos");
  writeFileSync(join(state, "cat.jpg"), "");
  assert.match(await refusal(args({ state })), /holds other files and is no state directory/);
  assert.deepEqual(readdirSync(state), ["cat.jpg"]);
});

test("a state directory of a newer version is refused and left as it is", async () => {
  const state = empty("newer");
  writeFileSync(join(state, "schema"), "2\n");
  assert.match(await refusal(args({ state })), /written by a newer version \(layout 2, this one knows 1\)/);
  assert.deepEqual(readdirSync(state), ["schema"]);
  assert.equal(readFileSync(join(state, "schema"), "utf8"), "2\n");
});

test("a port that is in use is named", async () => {
  const server = await listening();
  const address = server.address();
  const port = String(address && typeof address === "object" ? address.port : 0);
  try {
    assert.match(await refusal(args({ port })), new RegExp(`Port ${port} on 127.0.0.1 is in use`));
  } finally {
    server.close();
  }
});

test("arguments that are missing or unknown show how it is called", async () => {
  assert.match(await refusal([]), /--state is missing.*Usage: npm run serve/);
  assert.match(await refusal(["--state", workplace.state]), /--keys is missing/);
  assert.match(await refusal([...args(), "--prot", "1"]), /Unknown option '--prot'/);
  assert.match(await refusal(args({ port: "80801" })), /--port must be a number/);
});

test("an env file that is missing, broken or empty stops the start", async () => {
  assert.match(await refusal(args({ keys: join(workplace.folder, "none.env") })), /none\.env cannot be read/);
  const keys = join(workplace.folder, "broken.env");
  writeFileSync(keys, `${envText(variables)}${secret}\n`, { mode: 0o600 });
  assert.match(await refusal(args({ keys })), /line 3 is not NAME=value/);
});

test("an env file is read as it stands or not at all", () => {
  const read = (text: string) => {
    const file = join(workplace.folder, "some.env");
    writeFileSync(file, text, { mode: 0o600 });
    return readVariables(file);
  };
  const refused = (text: string, expected: RegExp) =>
    assert.throws(
      () => read(text),
      (error) => error instanceof VariablesError && expected.test(error.message),
    );
  refused("", /sets none of the edge's variables/);
  refused("PATH=/bin\n", /sets none of the edge's variables/);
  refused(`MERCHANT_DEMO='{"tmall":{"appSecret":"it's"}}'\n`, /MERCHANT_DEMO|line 1/);
  refused(`MERCHANT_DEMO="{"shards":1}"\n`, /MERCHANT_DEMO in .* is cut at a quote: put JSON in single quotes/);
  refused("SESSION_KEY=a\u0000b\n", /not a text file/);
  refused(`STORAGE_KEY=a\n# later\n export STORAGE_KEY = b\n`, /^STORAGE_KEY is set twice in .*some\.env\.$/);
  assert.deepEqual(read(`# keys\nexport SESSION_KEY=${secret}\n\nOTHER=1\n`), {
    values: { SESSION_KEY: secret },
    warnings: [`OTHER in ${join(workplace.folder, "some.env")} is not a variable of the edge and is left out.`],
  });
});

test("JSON of several lines is taken in single quotes, whatever its lines end with", () => {
  const file = join(workplace.folder, "pretty.env");
  const merchant = JSON.stringify(
    { wechat: { mode: "direct", hosts: ["https://a.example"], privateKey: "it\n" } },
    null,
    2,
  );
  writeFileSync(file, `SESSION_KEY=${secret}\nMERCHANT_DEMO='${merchant}'\n`, { mode: 0o600 });
  assert.deepEqual(readVariables(file).values, { SESSION_KEY: secret, MERCHANT_DEMO: merchant });
});

test("a byte order mark before a file is no part of it", () => {
  const keys = empty("marked");
  writeFileSync(join(keys, "settings.env"), `\ufeff${envText(variables)}`, { mode: 0o600 });
  writeFileSync(join(keys, "partner-pos.json"), "\ufeff{}", { mode: 0o600 });
  assert.deepEqual(readVariables(keys), { values: { ...variables, PARTNER_POS: "{}" }, warnings: [] });
});

test("a directory gives one variable a JSON file, with its quotes as they are", () => {
  const keys = empty("keys");
  const merchant = `{"wechat":{"privateKey":"it's\\n"}}`;
  writeFileSync(join(keys, "settings.env"), envText(variables), { mode: 0o600 });
  writeFileSync(join(keys, "merchant-demo.json"), merchant, { mode: 0o600 });
  writeFileSync(join(keys, "partner-pos.json"), "{}", { mode: 0o600 });
  assert.deepEqual(readVariables(keys), {
    values: { ...variables, MERCHANT_DEMO: merchant, PARTNER_POS: "{}" },
    warnings: [],
  });
  writeFileSync(join(keys, "merchant-demo.json.bak"), "{}");
  assert.throws(() => readVariables(keys), /merchant-demo\.json\.bak is neither/);
});

test("keys that others can read are told", () => {
  const file = join(workplace.folder, "open.env");
  writeFileSync(file, envText(variables));
  chmodSync(file, 0o644);
  assert.match(readVariables(file).warnings.join(), /can be read by other users: chmod 600/);
});

test("a full disk is refused before anything is written", () => {
  const state = empty("full");
  assert.throws(
    () => openStateDirectory(state, () => 1024),
    (error) => error instanceof StateError && /less than 64 MB free/.test(error.message),
  );
  assert.deepEqual(readdirSync(state), []);
});

test("a directory that may not be written is refused in one sentence", () => {
  const state = empty("read-only");
  chmodSync(state, 0o555);
  chmodSync(workplace.folder, 0o755);
  // Nothing stops root from writing, so the check is made as somebody else.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    assert.throws(() => openStateDirectory(state), /read-only cannot be used: permission denied\./);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  assert.deepEqual(readdirSync(state), []);
});

test("a lock file from a crash does not stop the next start, a living process does", () => {
  const state = empty("locked");
  const first = openStateDirectory(state);
  assert.throws(() => openStateDirectory(state), /Another process serves/);
  first.release();
  writeFileSync(join(state, "pid"), "4194304999\n");
  openStateDirectory(state).release();
});

test("a build that is missing is named with the command that makes it", async () => {
  const clone = empty("clone");
  cpSync(join(root, "tools"), join(clone, "tools"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
  const { code, stderr } = await serveToItsEnd(args(), { script: join(clone, "tools/serve.ts") });
  assert.equal(code, 1);
  assert.match(stderr, /^The Worker is not built \(.*worker\.js is missing\): run npm run build first\.\n$/);
});

let running: Served | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

test("a second process on the same state is refused, and so is one beside a workerd that outlived its parent", async () => {
  const state = empty("shared");
  running = await serve({ state, keys: workplace.keys });
  assert.match(await refusal(args({ state })), /Another process serves/);
  process.kill(running.pid, "SIGKILL");
  try {
    for (;;) {
      const refused = await refusal(args({ state }));
      if (/Another process/.test(refused)) continue;
      assert.match(refused, new RegExp(`Process ${running.workerdPid} still serves`));
      break;
    }
  } finally {
    process.kill(running.workerdPid, "SIGKILL");
  }
});

test("a broken merchant does not stop the start, and readiness tells", async () => {
  const keys = join(workplace.folder, "half.env");
  writeFileSync(keys, envText({ ...variables, MERCHANT_BAD: "{}" }), { mode: 0o600 });
  running = await serve({ state: empty("half"), keys });
  assert.equal((await running.fetch("/healthz")).status, 200);
  assert.equal((await running.fetch("/readyz")).status, 503);
});

test("a broken variable is told at the start, before anybody calls", { timeout: 60_000 }, async () => {
  const keys = join(workplace.folder, "short.env");
  writeFileSync(keys, envText({ ...variables, SESSION_KEY: "short" }), { mode: 0o600 });
  running = await serve({ state: empty("short"), keys });
  await running.told(/"event":"configuration","message":"SESSION_KEY must be at least 32 bytes long"/);
});

function listening(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
