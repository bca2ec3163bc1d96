/** `problem.type` is a promise: every code leads to a page that says what happened and what to do. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { elementCodes, problemCodes } from "../../shared/problem-codes.ts";
import { buildDocs } from "../../tools/build-docs.ts";

const sources = fileURLToPath(new URL("../../docs/problems", import.meta.url));
const codes = [...Object.keys(problemCodes), ...elementCodes].sort();

describe("the sources of the problem pages", () => {
  it("are one page for each code and one code for each page", async () => {
    assert.deepEqual((await readdir(sources)).sort(), codes.map((code) => `${code}.md`).sort());
  });

  for (const code of codes) {
    it(`say for ${code} what the cashier sees in both languages and what to do`, async () => {
      const text = await readFile(join(sources, `${code}.md`), "utf8");
      assert.match(text, /^## The cashier sees\n\n- 中文：[^\n]*\p{Script=Han}[^\n]*\n- English: [A-Z][^\n]+$/mu);
      assert.match(text, /^## What to do\n\n- \*\*(Cashier|Developer|Operator)\*\*: /m);
      assert.match(text, /^## 中文说明\n\n.*\p{Script=Han}/mu);
    });
  }
});

it("the page about a blocked element names the policy of docs/embed.md", async () => {
  const embed = await readFile(join(sources, "../embed.md"), "utf8");
  const [policy = ""] = /^script-src .+$/m.exec(embed) ?? [];
  assert.match(policy, /connect-src 'self' https:/);
  const [english = "", chinese = ""] = (await readFile(join(sources, "csp_blocked.md"), "utf8")).split("## 中文说明");
  assert.ok(english.includes(policy) && chinese.includes(policy), policy);
});

describe("the built problem pages", () => {
  let outDir = "";
  before(async () => {
    outDir = await mkdtemp(join(tmpdir(), "staff-assign-docs-"));
    await buildDocs({ outDir });
  });
  after(() => rm(outDir, { recursive: true, force: true }));

  it("exist for every code and link only to pages that exist", async () => {
    const built = (await readdir(join(outDir, "problems"))).filter((name) => name.endsWith(".html")).sort();
    assert.deepEqual(built, [...codes.map((code) => `${code}.html`), "index.html"].sort());
    for (const name of built) {
      const html = await readFile(join(outDir, "problems", name), "utf8");
      for (const [, href = ""] of html.matchAll(/<a href="([^"]*)"/g)) {
        assert.ok(href === "./" || codes.includes(href), `${name} links to ${href}`);
      }
    }
  });

  it("are all listed by the index", async () => {
    const index = await readFile(join(outDir, "problems/index.html"), "utf8");
    for (const code of codes) assert.ok(index.includes(`<a href="${code}">`), code);
  });

  it("carry the status that the edge answers with", async () => {
    for (const [code, { status }] of Object.entries(problemCodes)) {
      const html = await readFile(join(outDir, `problems/${code}.html`), "utf8");
      assert.ok(html.includes(`HTTP ${status} · `), code);
    }
  });

  it("pass a strict Content Security Policy: no script, no inline style, no handler", async () => {
    for (const name of await readdir(join(outDir, "problems"))) {
      const html = await readFile(join(outDir, "problems", name), "utf8");
      assert.doesNotMatch(html, /<script|<style|\sstyle=|\son[a-z]+=|javascript:/i, name);
    }
  });

  it("come out the same from a second build, which removes pages whose code is gone", async () => {
    const page = join(outDir, "problems/not_found.html");
    const first = await readFile(page, "utf8");
    const stale = join(outDir, "problems/gone.html");
    await writeFile(stale, "old");
    await buildDocs({ outDir });
    assert.equal(await readFile(page, "utf8"), first);
    await assert.rejects(stat(stale), { code: "ENOENT" });
  });
});

describe("the built playground", () => {
  let outDir = "";
  before(async () => {
    outDir = await mkdtemp(join(tmpdir(), "staff-assign-docs-"));
    await buildDocs({ outDir });
  });
  after(() => rm(outDir, { recursive: true, force: true }));

  it("loads the element of this very version and nothing that is not there", async () => {
    const html = await readFile(join(outDir, "playground/index.html"), "utf8");
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    const loaded = [...html.matchAll(/<(?:script|link)\b[^>]*\b(?:src|href)="([^"]+)"/g)].map(([, url = ""]) => url);
    assert.ok(loaded.includes(`/v${version}/staff-assign.js`), loaded.join(" "));
    for (const url of loaded.filter((url) => !url.startsWith("/v"))) await stat(join(outDir, "playground", url));
    assert.doesNotMatch(html, /%[A-Z]+%/);
  });

  it("has no inline script or style, so that its own policy lets it run", async () => {
    const html = await readFile(join(outDir, "playground/index.html"), "utf8");
    assert.match(
      html,
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none';[^"]*trusted-types 'none';/,
    );
    assert.doesNotMatch(html, /<script>|<style|\sstyle=|\son[a-z]+=|unsafe-/i);
  });
});
