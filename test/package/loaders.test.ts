/** Both loaders, when the line or the file is bad: refused by its hash, one more try, then plain words. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Page } from "puppeteer-core";
import { makePartner, packageFolder } from "./support/partner.ts";
import {
  type Answer,
  builtFile,
  bundlePage,
  loaderPath,
  openTill,
  script,
  scriptPath,
  stall,
  type Till,
  text,
  until,
} from "./support/till.ts";

let till: Till;
let program = "";
before(async () => {
  till = await openTill();
  const page = `import { loadStaffAssign } from "staff-assign/loader";
    globalThis.load = (options) => loadStaffAssign({ endpoint: location.origin, ...options });`;
  program = await bundlePage(join(makePartner("loader", { "page.js": page }), "page.js"));
});
after(() => till.stop());
beforeEach(() => {
  till.reset();
  till.answers.set("/page.js", [script(program)]);
});

const good = script(builtFile("staff-assign.js"));
/** the file with one byte more, as a tampering cache would send it */
const tampered = script(`${builtFile("staff-assign.js")} `);
const refused = text("no", "text/plain", 500);
const portal = text("<h1>Welcome to the Wi-Fi</h1>");
const cut: Answer = (request, response) => {
  response.writeHead(200, { "content-length": "9999", "access-control-allow-origin": "*" });
  response.write("(function", () => request.socket.destroy());
};

/** Timers of a second and more wait until the test lets them pass. */
function holdLongTimers() {
  const held: (() => void)[] = [];
  const real = self.setTimeout;
  Object.assign(self, {
    setTimeout: (work: () => void, milliseconds = 0) =>
      milliseconds < 1000 ? real(work, milliseconds) : held.push(() => milliseconds <= 15_000 && work()),
    passFifteenSeconds: () => {
      for (const work of held.splice(0)) work();
    },
    heard: [],
  });
  document.addEventListener("staff-assign-error", (event) => {
    const { code, message, retryable } = event as unknown as Record<string, unknown>;
    const { localName } = event.target as Element;
    (self as unknown as { heard: object[] }).heard.push({ code, message, retryable, localName });
  });
}

const passFifteenSeconds = (page: Page) => page.evaluate("passFifteenSeconds()");
const heard = (page: Page) =>
  page.evaluate("heard") as Promise<{ code: string; message: string; retryable: boolean }[]>;
const asked = () => till.asked.filter((url) => url.startsWith(scriptPath));
const twice = [scriptPath, `${scriptPath}?2`];
/** By the page and at the server: a request that is still on its way would be counted by the next test. */
const requested = async (page: Page, tries: number) => {
  await until(page, `document.querySelectorAll('script[integrity]').length === ${tries}`);
  while (asked().length < tries) await setImmediate();
};
const shownText = (page: Page) => page.$eval("staff-assign", (element) => element.textContent?.trim());

const faults: [fault: string, answers: Answer[], stalls?: boolean][] = [
  ["one byte is changed", [tampered]],
  ["the edge answers an error", [refused]],
  ["a portal answers with its own page", [portal]],
  ["the connection is cut", [cut]],
  ["the line stalls for 15 s", [stall], true],
];

describe("the script-tag loader", () => {
  const open = (inside = "<b>请联系店长</b>") =>
    till.open(`<script src="${loaderPath}"></script><staff-assign>${inside}</staff-assign>`, holdLongTimers);

  for (const [fault, answers, stalls] of faults) {
    it(`${fault}: one more try, then a report that names the address; the fallback stays and nothing runs`, async () => {
      till.answers.set(scriptPath, answers);
      const { page, errors, console } = await open();
      for (let tries = 1; stalls && tries <= 2; tries++) {
        await requested(page, tries);
        await passFifteenSeconds(page);
      }
      await until(page, "heard.length > 0");
      const message = `${till.origin}${scriptPath} failed`;
      assert.deepEqual(await heard(page), [{ code: "network", message, retryable: true, localName: "staff-assign" }]);
      assert.ok(console.includes(`staff-assign: ${message}`), console.join("\n"));
      assert.deepEqual(asked(), twice);
      assert.equal(await shownText(page), "请联系店长");
      assert.equal(await page.evaluate(`customElements.get("staff-assign") === undefined`), true);
      assert.deepEqual(errors, []);
      // nothing is tried or told a third time
      await passFifteenSeconds(page);
      assert.equal((await heard(page)).length, 1);
    });
  }

  it("a second try that works brings the element, and nothing is reported", async () => {
    till.answers.set(scriptPath, [tampered, good]);
    const { page } = await open();
    await until(page, `customElements.get("staff-assign")`);
    await passFifteenSeconds(page);
    assert.deepEqual([await heard(page), asked()], [[], twice]);
  });

  it("a slow first answer that comes after the second try does no harm", async () => {
    let answerLate = () => {};
    const late: Answer = (request, response) => {
      answerLate = () => good(request, response);
    };
    till.answers.set(scriptPath, [late, good]);
    const { page, errors } = await open();
    await passFifteenSeconds(page);
    await until(page, `customElements.get("staff-assign")`);
    await page.evaluate(
      `self.ran = new Promise((resolve) => document.querySelector("script[integrity]").addEventListener("load", resolve)), undefined`,
    );
    answerLate();
    await page.evaluate("ran.then(() => undefined)");
    assert.deepEqual(await heard(page), []);
    assert.deepEqual(errors, []);
  });

  it("an element without fallback gets a sentence", async () => {
    till.answers.set(scriptPath, [refused]);
    const { page } = await open("");
    await until(page, "heard.length > 0");
    assert.equal(await shownText(page), "加载失败，请刷新 / Reload");
  });

  it("a page without the element hears of it on the document, and its text stays", async () => {
    till.answers.set(scriptPath, [refused]);
    const { page } = await till.open(`<p>till</p><script src="${loaderPath}"></script>`, holdLongTimers);
    await until(page, "heard.length > 0");
    assert.equal(await page.evaluate("document.body.innerText.trim()"), "till");
  });

  it("in the head of a page that cannot run the element: told when the page is parsed, to listeners that it has by then", async () => {
    const { page, errors } = await till.open(
      `<script>Object.defineProperty(self, "customElements", { value: undefined })</script><script src="${loaderPath}"></script>
       <body><staff-assign><b>请联系店长</b></staff-assign>
       <script>document.querySelector("staff-assign").addEventListener("staff-assign-error", (event) => { self.onTheElement = event.code })</script>`,
      holdLongTimers,
    );
    await until(page, "self.onTheElement");
    const [told] = await heard(page);
    assert.deepEqual([told?.code, told?.retryable, told?.message], ["unsupported_browser", false, "needs Chrome 61"]);
    assert.equal(await shownText(page), "请联系店长");
    assert.deepEqual([asked(), errors], [[], []]);
  });

  it("passes its nonce on, so that a policy of nonces lets the element in", async () => {
    const policy = `<meta http-equiv="content-security-policy" content="script-src 'nonce-n1'">`;
    const { page } = await till.open(
      `${policy}<script nonce="n1" src="${loaderPath}"></script><staff-assign></staff-assign>`,
    );
    await until(page, `customElements.get("staff-assign")`);
  });
});

describe("loadStaffAssign of the npm package", () => {
  const open = () =>
    till.open(`<body><script src="/page.js"></script><staff-assign>请联系店长</staff-assign>`, holdLongTimers);
  const load = (page: Page, options = "{}") =>
    page.evaluate(`load(${options}).then((Element) => Element === customElements.get("staff-assign"),
      ({ name, message, code, retryable }) => ({ name, message, code, retryable }))`);

  for (const [fault, answers, stalls] of faults) {
    it(`${fault}: one more try, then it rejects with code and address, and may be called again`, async () => {
      till.answers.set(scriptPath, answers);
      const { page, errors } = await open();
      const outcome = load(page);
      for (let tries = 1; stalls && tries <= 2; tries++) {
        await requested(page, tries);
        await passFifteenSeconds(page);
      }
      const message = `staff-assign: ${till.origin}${scriptPath} did not load, or is not the file of its hash`;
      assert.deepEqual(await outcome, { name: "Error", message, code: "network", retryable: true });
      assert.deepEqual([asked(), errors], [twice, []]);
      till.answers.set(scriptPath, [good]);
      assert.equal(await load(page), true);
      assert.equal(till.asked.at(-1), `${scriptPath}?3`);
    });
  }

  it("asks once, however often it is called, and answers the registered class", async () => {
    const { page } = await open();
    assert.deepEqual(await Promise.all([load(page), load(page)]), [true, true]);
    assert.equal(await load(page), true);
    assert.deepEqual(asked(), [scriptPath]);
  });

  it("holds another build to the hash that it is given", async () => {
    const { page } = await open();
    const outcome = await load(page, `{ integrity: "sha384-${"A".repeat(64)}" }`);
    assert.equal((outcome as { code: string }).code, "network");
  });

  it("lets the element in under a policy of nonces", async () => {
    const policy = `<meta http-equiv="content-security-policy" content="script-src 'nonce-n1'">`;
    const { page } = await till.open(`${policy}<body><script nonce="n1" src="/page.js"></script>`);
    assert.equal(await load(page, `{ nonce: "n1" }`), true);
  });

  it("where there are no custom elements: `unsupported_browser`, and nothing is asked for", async () => {
    const { page } = await open();
    await page.evaluate(`Object.defineProperty(self, "customElements", { value: undefined })`);
    assert.equal(((await load(page)) as { code: string }).code, "unsupported_browser");
    assert.deepEqual(asked(), []);
  });
});

it("the loader of the package is a small part of what it loads", () => {
  assert.ok(readFileSync(join(packageFolder, "loader.js")).byteLength < 2500);
});
