/** The files an operator copies from docs/deploy: their limits fit the edge's own, and their words are the contract's. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { maxTokenLength } from "../../edge/access/authorization.ts";
import { maxBodyBytes } from "../../edge/access/read-json.ts";
import { callBudgetMs } from "../../edge/channels/wechat/repeat.ts";
import { foregroundMs } from "../../edge/ledger/schedule.ts";
import { toProblem } from "../../edge/problem.ts";
import type { Problem } from "../../shared/contract.ts";
import { flushMs } from "../../tools/serve/export/exporter.ts";
import { lastWriteMs } from "../../tools/serve/pass-on.ts";
import { stopMs } from "../../tools/serve/workerd-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (name: string) => readFileSync(join(root, name), "utf8");
const nginx = read("docs/deploy/nginx.conf");
const caddy = read("docs/deploy/Caddyfile");
const unit = read("docs/deploy/staff-assign.service");
const dockerfile = read("docs/deploy/Dockerfile");
const operate = read("docs/operate.md");

function numberIn(text: string, pattern: RegExp): number {
  const [, found] = pattern.exec(text) ?? [];
  assert.ok(found !== undefined, `${pattern} is not there`);
  return Number(found);
}

/** ms that the connection and the answer's way back may take on a slow day */
const slackMs = 5_000;

test("no proxy gives up before the edge has answered by itself", () => {
  const longest = Math.max(foregroundMs, callBudgetMs) + slackMs;
  assert.ok(numberIn(nginx, /proxy_read_timeout (\d+)s;/) * 1000 >= longest);
  assert.ok(numberIn(caddy, /response_header_timeout (\d+)s/) * 1000 >= longest);
});

test("nginx passes every token and body on that the edge takes, and refuses the others itself", () => {
  assert.equal(numberIn(nginx, /client_max_body_size (\d+)k;/) * 1024, maxBodyBytes);
  assert.ok(
    numberIn(nginx, /large_client_header_buffers \d+ (\d+)k;/) * 1024 >
      "Authorization: Bearer ".length + maxTokenLength,
  );
});

/** As the proxy would send it. */
const problemFrom = (text: string) => JSON.parse(text) as Problem;

/** What the edge itself would say of this code. */
const problemOf = ({ code, detail, requestId }: Problem) =>
  toProblem({ code, detail }, requestId, "https://edge.example/problems/");

test("what a proxy says in the edge's place is the edge's own problem, code by code", () => {
  const members = [...nginx.matchAll(/^ {4}(4\d\d|default) +'(.+)';$/gm)];
  const problems = members.map(([, status, text]) => ({ status, problem: problemFrom(`{${text},"requestId":"r"}`) }));
  for (const { problem } of problems) assert.deepEqual(problem, problemOf(problem));
  assert.deepEqual(
    problems.map(({ status, problem }) => [status, problem.status, problem.code]),
    [
      ["400", 400, "invalid_request"],
      ["404", 404, "not_found"],
      ["413", 413, "payload_too_large"],
      ["default", 500, "internal_error"],
    ],
  );
  const [, body = "", status] = /respond `(.+)` (\d+)/.exec(caddy) ?? [];
  const problem = problemFrom(body);
  assert.deepEqual(problem, problemOf(problem));
  assert.deepEqual([problem.code, String(problem.status)], ["internal_error", status]);
});

test("no service manager kills it before it has let calls in flight end", () => {
  const longest = stopMs + flushMs + lastWriteMs + slackMs;
  assert.ok(numberIn(unit, /^TimeoutStopSec=(\d+)$/m) * 1000 >= longest);
  assert.ok(numberIn(operate, /--stop-timeout (\d+)/) * 1000 >= longest);
});

test("every documented way to a server builds a released version or nothing", () => {
  const builds = [...`${operate}${dockerfile}`.matchAll(/npm run build\b(.*)$/gm)];
  assert.ok(builds.length >= 3);
  for (const [line, rest = ""] of builds) assert.match(rest, /^ -- --released/, line);
});

test("the container's image holds every file and package that serve, doctor and audit load", () => {
  const image = dockerfile.slice(dockerfile.lastIndexOf("FROM "));
  const copied = [...image.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = ""]) => names.split(" "));
  for (const name of copied) assert.ok(existsSync(join(root, name)), name);
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
  const { files, packages } = loadedBy([
    "tools/serve.ts",
    "tools/serve/export/thread.ts",
    "tools/doctor.ts",
    "tools/audit.ts",
  ]);
  assert.deepEqual(
    files.filter((file) => !copied.some((name) => file === name || file.startsWith(`${name}/`))),
    [],
  );
  assert.deepEqual(
    packages.filter((name) => !(name in dependencies)),
    [],
  );
});

/** Follows imports and requires; types are erased, so theirs do not count. */
function loadedBy(entries: readonly string[]): { files: string[]; packages: string[] } {
  const files = new Set(entries);
  const packages = new Set<string>();
  for (const file of files) {
    const imports = read(file).matchAll(
      /^(?:import|export) (?!type )[^;"]*from "([^"]+)";$|createRequire\([^)]*\)\("([^"]+)"\)/gm,
    );
    for (const [, imported, required] of imports) {
      const name = imported ?? required ?? "";
      if (name.startsWith(".")) files.add(relative(root, join(root, dirname(file), name)));
      else if (!name.startsWith("node:")) packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
    }
  }
  return { files: [...files], packages: [...packages] };
}
