/** `npm run deploy` with a wrangler that only writes down what it was asked: nothing leaves that should not. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { createProject, type Project } from "./project.ts";

/** Bundles like the real one, and answers `secret list` and `deploy` as the environment says. */
const wrangler = `#!${process.execPath}
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
const args = process.argv.slice(2);
appendFileSync("calls", JSON.stringify(args) + "\\n");
if (args.includes("--outdir")) {
  mkdirSync("dist/worker", { recursive: true });
  writeFileSync("dist/worker/worker.js", "");
} else if (args[0] === "secret") {
  process.stdout.write(process.env.SECRETS ?? "[]");
  process.stderr.write(process.env.SECRETS_ERROR ?? "");
  process.exit(process.env.SECRETS_ERROR ? 1 : 0);
} else process.exit(Number(process.env.DEPLOY_CODE ?? 0));
`;

const all = ["PUBLIC_ORIGIN", "SESSION_KEY", "STORAGE_KEY", "PARTNER_POS", "MERCHANT_DEMO"];
const secrets = (names: readonly string[]) => JSON.stringify(names.map((name) => ({ name, type: "secret_text" })));

let project: Project;
beforeEach(() => {
  project = createProject();
  project.write("bin/wrangler", wrangler);
  chmodSync(join(project.root, "bin/wrangler"), 0o755);
  project.element("1.0.0", "one");
});
afterEach(() => project.remove());

function deploy(args: readonly string[], env: Record<string, string> = {}) {
  rmSync(join(project.root, "calls"), { force: true });
  const { status, stderr } = project.run("node", ["tools/deploy.ts", ...args], {
    // The real wrangler is not on it.
    PATH: [join(project.root, "bin"), dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
    SECRETS: secrets(all),
    ...env,
  });
  const calls = existsSync(join(project.root, "calls")) ? project.read("calls").trim().split("\n") : [];
  const asked = calls.map((line) => JSON.parse(line) as string[]).filter((call) => !call.includes("--outdir"));
  return { status, stderr, asked };
}
const release = () => {
  for (const args of [["tools/build.ts"], ["tools/releases.ts", "--add"]]) {
    assert.equal(project.run("node", args).status, 0);
  }
};

test("a production deploy of an unreleased version is refused before anything is asked of Cloudflare", () => {
  for (const args of [[], ["--env", ""], ["--env="], ["-e", "production"]]) {
    assert.deepEqual(deploy(args), {
      status: 1,
      stderr: "v1.0.0 is not released: npm run release, then commit releases/.\n",
      asked: [],
    });
  }
});

test("a released version goes to production, without another environment's secrets being asked", () => {
  release();
  assert.deepEqual(deploy(["--message", "it works"]), {
    status: 0,
    stderr: "",
    asked: [
      ["secret", "list", "--format", "json", "--config", "wrangler.toml", "--env="],
      ["deploy", "--config", "wrangler.toml", "--env=", "--message", "it works"],
    ],
  });
});

test("staging takes an unreleased version, however its name is passed", () => {
  for (const args of [["--env", "staging"], ["--env=staging"], ["-e", "staging"], ["-e=staging"], ["-estaging"]]) {
    const { status, stderr, asked } = deploy([...args, "--minify"], { SECRETS: secrets(["SESSION_KEY"]) });
    assert.equal(status, 0, stderr);
    assert.deepEqual(asked, [
      ["secret", "list", "--format", "json", "--config", "wrangler.toml", "--env=staging"],
      ["deploy", "--config", "wrangler.toml", "--env=staging", "--minify"],
    ]);
    assert.match(
      stderr,
      /^STORAGE_KEY is not set: npx wrangler secret put STORAGE_KEY --config wrangler\.toml --env=staging$/m,
    );
  }
});

test("an environment without a name, or two of them, is refused", () => {
  for (const args of [["--env"], ["--env", "--minify"], ["-e", "staging", "--env="]]) {
    const { status, stderr, asked } = deploy(args);
    assert.equal(status, 1);
    assert.match(stderr, /^--env takes one name, such as staging\.\n$/);
    assert.deepEqual(asked, []);
  }
});

test("secrets that are missing are named after the deploy, with the command that sets each", () => {
  release();
  const { status, stderr } = deploy([], { SECRETS: secrets(["SESSION_KEY", "PARTNER_POS"]) });
  assert.equal(status, 0);
  assert.deepEqual(stderr.trim().split("\n"), [
    "PUBLIC_ORIGIN is not set: npx wrangler secret put PUBLIC_ORIGIN --config wrangler.toml --env=",
    "STORAGE_KEY is not set: npx wrangler secret put STORAGE_KEY --config wrangler.toml --env=",
    "No MERCHANT_… is set: npx wrangler secret put MERCHANT_<NAME> --config wrangler.toml --env=",
  ]);
});

test("at the first deploy, before the Worker exists, every secret is named as missing", () => {
  release();
  const { status, stderr } = deploy([], { SECRETS: "", SECRETS_ERROR: '✘ [ERROR] Worker "staff-assign" not found.\n' });
  assert.equal(status, 0);
  assert.equal(stderr.match(/is not set|is set:/g)?.length, 5);
});

test("a list that could not be had is not told as secrets that are not set", () => {
  release();
  const unlisted = [
    { SECRETS: "", SECRETS_ERROR: "\u001b[31m✘ [ERROR]\u001b[0m Not logged in.\n" },
    { SECRETS: "Update available!" },
    { SECRETS: '{"name":"SESSION_KEY"}' },
    { SECRETS: "" },
  ];
  for (const env of unlisted) {
    const { status, stderr, asked } = deploy([], env);
    assert.equal(status, 0);
    assert.match(stderr, /^The secrets could not be listed \(are you logged in\? npx wrangler login\)/);
    assert.doesNotMatch(stderr, /is not set|is set:| at /);
    assert.equal(stderr, stripVTControlCharacters(stderr));
    assert.equal(asked.length, 2);
  }
});

test("a deploy that wrangler refuses is no success", () => {
  release();
  const { status, stderr } = deploy([], { DEPLOY_CODE: "3" });
  assert.equal(status, 1);
  assert.match(stderr, /^wrangler deploy did not succeed; its output above says why\.\n$/);
});

test("released files that were changed, or are not committed, are not deployed", () => {
  release();
  project.write("releases/v1.0.0/staff-assign.js", "other");
  const { status, stderr, asked } = deploy([]);
  assert.equal(status, 1);
  assert.match(stderr, /^releases\/v1\.0\.0\/staff-assign\.js changed/);
  assert.deepEqual(asked, []);

  project.write("releases/v1.0.0/staff-assign.js", "one");
  assert.equal(project.run("git", ["init", "-q"]).status, 0);
  assert.match(deploy([]).stderr, /^releases\/ is not as it is committed/);
});
