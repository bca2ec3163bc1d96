/** The samples of docs/embed.md and of both READMEs compile, and where there is something to see, run. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Page } from "puppeteer-core";
import { type Plugin, transformWithOxc } from "vite";
import { compileScript, parse } from "vue/compiler-sfc";
import { diagnosticsOf, makePartner, templateDiagnosticsOf } from "./support/partner.ts";
import {
  builtFile,
  bundlePage,
  loaderPath,
  openTill,
  orderNumber,
  script,
  type Till,
  until,
  version,
} from "./support/till.ts";

const text = readFileSync(new URL("../../docs/embed.md", import.meta.url), "utf8");

/** Fenced code by section and language. */
function samples(section: string, language: string): string[] {
  const found = text.split(/^## /m).find((part) => part.startsWith(`${section}\n`));
  assert.ok(found, `a section ${section}`);
  const code = [...found.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter((match) => match[1] === language);
  assert.ok(code.length > 0, `${section} has a sample in ${language}`);
  return code.map(([, , body = ""]) => body);
}

it("samples in TypeScript and TSX compile", () => {
  const files: Record<string, string> = {};
  for (const section of ["npm", "Without any visible part", "TypeScript"]) {
    for (const [index, body] of samples(section, "ts").entries())
      files[`${section.replaceAll(" ", "-")}-${index}.ts`] = body;
  }
  for (const [index, body] of samples("React", "tsx").entries()) files[`React-${index}.tsx`] = body;
  assert.deepEqual(diagnosticsOf(makePartner("samples", files), { skipLibCheck: true }), []);
});

it("the sample in Vue compiles, and its template is checked: with a number for the order it is refused", () => {
  const [sample = ""] = samples("Vue", "vue");
  const wrong = sample.replace(':order="order"', ':order="3"');
  const line = wrong.split("\n").findIndex((text) => text.includes(':order="3"')) + 1;
  const told = templateDiagnosticsOf(makePartner("sample-vue-types", { "right.vue": sample, "wrong.vue": wrong }), {});
  assert.deepEqual(
    told.map((diagnostic) => `${diagnostic.file}:${diagnostic.line}`),
    [`wrong.vue:${line}`],
  );
});

it("the sample for VS Code names a file that an installed package has", () => {
  const [settings = ""] = samples("VS Code", "json");
  const [path = ""] = (JSON.parse(settings) as { "html.customData": string[] })["html.customData"];
  assert.ok(existsSync(join(makePartner("vscode", {}), path)), path);
});

it("the sections name every entry of the package", () => {
  const { exports } = JSON.parse(readFileSync(new URL("../../dist/package/package.json", import.meta.url), "utf8"));
  for (const entry of Object.keys(exports))
    if (entry !== "./package.json") assert.ok(text.includes(entry.slice(1)), entry);
});

for (const name of ["README.md", "README.zh-CN.md"]) {
  const readme = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const sample = (language: string, with_: string) => {
    const found = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].find(
      ([, of, body = ""]) => of === language && body.includes(with_),
    );
    assert.ok(found?.[2], `${name} has a sample in ${language} with ${with_}`);
    return found[2];
  };

  it(`${name}: the session endpoint asks for what the shell sample asks for, and hands the answer on`, async (context) => {
    const { code } = await transformWithOxc(sample("ts", "staffAssignSession"), "session.ts");
    const { staffAssignSession } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const asked: { url: string; init: RequestInit }[] = [];
    const answer = new Response("{}");
    context.mock.method(globalThis, "fetch", async (url: string, init: RequestInit) => {
      asked.push({ url, init });
      return answer;
    });
    const request = new Request("https://pos.example/", { method: "POST", body: JSON.stringify({ jkt: "thumb" }) });
    assert.equal(await staffAssignSession(request), answer);
    assert.deepEqual([asked[0]?.url, asked[0]?.init.method], ["https://edge.example/v1/sessions", "POST"]);
    const curl = /-d '(.*)'/.exec(sample("sh", "/v1/sessions"))?.[1] ?? "";
    assert.deepEqual(JSON.parse(String(asked[0]?.init.body)), { ...JSON.parse(curl), jkt: "thumb" });
  });

  it(`${name}: the tag names attributes and an event that the element has`, () => {
    const html = sample("html", "<staff-assign");
    const manifest = readFileSync(new URL("../../dist/package/custom-elements.json", import.meta.url), "utf8");
    const known: string[] = [...manifest.matchAll(/"name": "([\w-]+)"/g)].map(([, member = ""]) => member);
    const [, attributes = ""] = /<staff-assign ([^>]*)>/.exec(html) ?? [];
    const used = [...attributes.matchAll(/([\w-]+)=/g)].map(([, attribute = ""]) => attribute);
    const [, event = ""] = /addEventListener\("([\w-]+)"/.exec(html) ?? [];
    assert.ok(used.length > 1);
    for (const wanted of [...used, event]) assert.ok(known.includes(wanted), wanted);
  });
}

describe("samples in Chromium", () => {
  let till: Till;
  before(async () => {
    till = await openTill();
  });
  after(() => till.stop());
  beforeEach(() => {
    till.reset();
    till.answers.set("/staff-assign/session", till.answers.get("/session") ?? []);
  });

  /** the addresses of the samples, as they are here */
  const here = (sample: string) => sample.replaceAll("https://edge.example", till.origin);
  const people = [{ id: "g1", name: "张三" }];

  async function assignByHand(page: Page) {
    await page.locator("staff-assign >>> [role=combobox]").click();
    await page.locator("staff-assign >>> [role=option]").click();
    await page.locator("staff-assign >>> button[part=submit]").click();
    await until(page, "self.assigned");
    assert.equal(await page.evaluate("assigned"), orderNumber);
    assert.deepEqual(
      till.sends.map(({ body }) => body),
      [{ channel: "wechat", order: orderNumber, guide: people[0] }],
    );
  }

  async function openProgram(folder: string, entry: string, plugins: Plugin[] = []) {
    till.answers.set("/page.js", [script(await bundlePage(join(folder, entry), plugins))]);
    return till.open(`<body><main></main><script src="/page.js"></script>`);
  }

  it("React: the list arrives, the cashier assigns, the page hears of it", async () => {
    const folder = makePartner("sample-react", {
      "served.tsx": here(samples("React", "tsx")[0] ?? ""),
      "page.jsx": `import { createElement, StrictMode } from "react";
        import { createRoot } from "react-dom/client";
        import { Served } from "./served.tsx";
        const props = { order: "${orderNumber}", people: ${JSON.stringify(people)}, onAssigned: ({ order }) => { self.assigned = order } };
        createRoot(document.querySelector("main")).render(createElement(StrictMode, null, createElement(Served, props)));`,
    });
    const { page, errors } = await openProgram(folder, "page.jsx");
    await assignByHand(page);
    assert.deepEqual(errors, []);
  });

  it("Vue: the list arrives, the cashier assigns, the page hears of it", async () => {
    const folder = makePartner("sample-vue", {
      "served.vue": here(samples("Vue", "vue")[0] ?? ""),
      "page.js": `import { createApp } from "vue";
        import Served from "./served.vue";
        createApp(Served, { order: "${orderNumber}", people: ${JSON.stringify(people)}, onAssigned: ({ order }) => { self.assigned = order } }).mount("main");`,
    });
    const { page, errors, console } = await openProgram(folder, "page.js", [singleFileComponents()]);
    await assignByHand(page);
    assert.deepEqual([errors, console.filter((line) => line.includes("[Vue warn]"))], [[], []]);
  });

  it("loader: the page as it is written works", async () => {
    const { integrity } = JSON.parse(builtFile("integrity.json"));
    const [sample = ""] = samples("Loader", "html");
    assert.ok(sample.includes(loaderPath), `the sample names version ${version}`);
    const html = here(sample).replace("sha384-…", integrity["staff-assign-loader.js"]);
    const { page, errors } = await till.open(html);
    await until(page, `document.querySelector("staff-assign").state === "idle"`);
    assert.deepEqual(errors, []);
  });

  it("without any visible part: assigns and answers how it stands", async () => {
    const folder = makePartner("sample-client", {
      "served.ts": here(samples("Without any visible part", "ts")[0] ?? ""),
      "page.js": `import { served } from "./served.ts"; Object.assign(self, { served });`,
    });
    const { page, console } = await openProgram(folder, "page.js");
    assert.equal(await page.evaluate(`served("${orderNumber}", "g1")`), "assigned");
    assert.ok(console.includes(`${orderNumber} assigned`), console.join("\n"));
    assert.equal(await page.evaluate(`served("#", "g1")`), "invalid_request");
  });

  it("npm: the element registers with the page's defaults, and the loader brings the edge's script", async () => {
    const [define = "", load = ""] = samples("npm", "ts").map(here);
    const folder = makePartner("sample-npm", {
      "define.ts": define,
      "load.ts": `${load}\nready.then((Element) => { document.title = Element?.version ?? "" });`,
    });
    const { page } = await openProgram(folder, "define.ts");
    await page.evaluate(
      `document.querySelector("main").innerHTML = '<staff-assign order="${orderNumber}" guide="g1"></staff-assign>'`,
    );
    assert.equal(
      await page.evaluate(`document.querySelector("staff-assign").submit().then(({ status }) => status)`),
      "assigned",
    );
    const { page: lean } = await openProgram(folder, "load.ts");
    await until(lean, `document.title === "${version}"`);
  });
});

/** As Vue's plugin for bundlers compiles them, with the setting that the section names. */
function singleFileComponents(): Plugin {
  assert.ok(text.includes('isCustomElement: (tag) => tag === "staff-assign"'), "the setting is named");
  return {
    name: "single-file-components",
    async transform(code, id) {
      if (!id.endsWith(".vue")) return null;
      const compilerOptions = { isCustomElement: (tag: string) => tag === "staff-assign" };
      const { descriptor, errors } = parse(code, { filename: id, templateParseOptions: compilerOptions });
      assert.deepEqual(errors, []);
      const { content } = compileScript(descriptor, {
        id: "till",
        inlineTemplate: true,
        templateOptions: { compilerOptions },
      });
      return { code: (await transformWithOxc(content, `${id}.ts`)).code, map: null };
    },
  };
}
