import type axe from "axe-core";
import { equal, ok } from "../support/assert.ts";
import { assignment, edge, held, json, never, offline, problem } from "../support/edge.ts";
import { aged, type Edge, endpoint, forgetTill, Page, script } from "../support/page.ts";

const states: [state: string, edge: Edge][] = [
  ["idle", edge()],
  ["busy", edge(() => never())],
  ["done", edge()],
  ["pending", edge((call) => json(202, assignment(call, { status: "pending" }), { "retry-after": "60" }))],
  ["queued", edge(offline)],
  ["error", edge(() => problem(422, "upstream_rejected"))],
  ["error, held by another", edge(() => problem(409, "already_assigned", held))],
  ["expired", edge(() => problem(401, "session_expired"))],
];

async function open(attributes: string) {
  const html = `<main><h1>收银台</h1><staff-assign ${attributes} endpoint="${endpoint}" session-url="/session"></staff-assign></main>`;
  const page = await Page.open({ html, edge: edge() });
  const script = page.document.createElement("script");
  script.src = "/node_modules/axe-core/axe.min.js";
  const loaded = new Promise((resolve) => script.addEventListener("load", resolve));
  page.document.head.append(script);
  await loaded;
  return page;
}

async function violations(page: Page) {
  const run = (page.window as unknown as { axe: typeof axe }).axe;
  const { violations: found } = await run.run(page.document, { resultTypes: ["violations"] });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary?.slice(0, 200)}`),
  );
}

describe("the look of every state", () => {
  afterEach(forgetTill);

  for (const attributes of ["", 'compact lang="en" theme="dark"', 'channel="tmall"']) {
    it(`has no accessibility fault, targets of 48 px and one height, as ${attributes || "zh-CN, light, roomy"}`, async () => {
      const heights = new Set<number>();
      const page = await open(attributes);
      for (const [index, [name, pretended]] of states.entries()) {
        page.edge = pretended;
        Object.assign(page.element, { order: String(420000 + index), guide: "66", guideName: "张三" });
        if (name !== "idle") page.element.submit().catch(() => {});
        await page.state(name.split(",")[0] ?? "");
        await page.element.updateComplete;
        heights.add(page.element.getBoundingClientRect().height);
        equal(await violations(page), [], `${name}:`);
        for (const target of page.root.querySelectorAll<HTMLElement>("button, .control")) {
          ok(target.getBoundingClientRect().height >= 48, `${name}: ${target.outerHTML.slice(0, 80)}`);
        }
      }
      equal(heights.size, 1, `heights ${[...heights]}`);
    });
  }

  it("has no accessibility fault with the list open", async () => {
    const page = await open(`guides='[{"id":"g1","name":"张三"},{"id":"g2","name":"李四"}]'`);
    for (let times = 0; times < 2; times++) {
      page
        .find("#guide")
        .dispatchEvent(new page.window.KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, composed: true }));
    }
    await page.element.updateComplete;
    equal(await violations(page), []);
  });

  it("announces each answer in one live region that stays in place", async () => {
    const page = await Page.open({ edge: edge() });
    const region = page.find("[role=status]");
    await page.element.submit();
    await page.state("done");
    ok(page.find("[role=status]") === region && page.message.includes("已分配给 张三"), "the same region");
  });

  for (const [lang, holder, chosen] of [
    ["zh-CN", "司马相如", "欧阳娜娜"],
    ["en", "Wang Xiaoming", "Ouyang Nana"],
  ] as const) {
    it(`lets it be read at once, in one row of 360 px, who has an order and who is to have it, in ${lang}`, async () => {
      const current = { id: "a0", guide: { id: "g2", name: holder }, assignedAt: "2026-11-20T02:32:00Z" };
      const page = await Page.open({
        html: `<div style="width:360px"><staff-assign compact lang="${lang}" order="4200002015080612534600" guide="g1" guide-name="${chosen}" endpoint="${endpoint}" session-url="/session"></staff-assign></div>`,
        edge: edge(() => problem(409, "already_assigned", { current })),
      });
      await page.element.submit().catch(() => {});
      await page.state("error");
      const words = page.find(".words");
      ok(page.message.includes(holder) && page.message.includes(chosen), page.message);
      ok(
        words.scrollHeight <= words.clientHeight,
        `${words.scrollHeight} px in ${words.clientHeight}: ${page.message}`,
      );
      const { top, bottom } = words.getBoundingClientRect();
      const box = page.find(".box").getBoundingClientRect();
      ok(top >= box.top && bottom <= box.bottom, "within the row");
      equal(box.width, 360);
    });
  }

  it("follows the page's color-scheme, and `theme` before it", async () => {
    const background = async (css: string, attribute: string, theme?: string) => {
      const page = await Page.open({
        html: `<style>${css}</style><staff-assign ${attribute}></staff-assign>`,
        edge: edge(),
        before: (window) => {
          if (theme) window.staffAssign = { defaults: { theme } };
        },
      });
      const { backgroundColor } = getComputedStyle(page.find(".box"));
      page.close();
      return backgroundColor;
    };
    const [light, dark] = ["rgb(255, 255, 255)", "rgb(31, 33, 38)"];
    equal(await background("", ""), light);
    equal(await background("html{color-scheme:dark}", ""), dark);
    equal(await background("html{color-scheme:dark}", 'theme="light"'), light);
    equal(await background("", 'theme="dark"'), dark);
    equal(await background("", "", "dark"), dark, "the page's default:");
    equal(await background("", 'theme="light"', "dark"), light, "its own before the page's default:");
    equal(await background("staff-assign{--staff-assign-surface:rgb(1, 2, 3)}", ""), "rgb(1, 2, 3)");
  });

  it("lets the page style its parts", async () => {
    const page = await Page.open({
      html: "<style>staff-assign::part(submit){border-radius:3px}</style><staff-assign></staff-assign>",
      edge: edge(),
    });
    equal(getComputedStyle(page.button).borderRadius, "3px");
    for (const part of ["form", "label", "input", "order", "guide", "submit", "message"])
      ok(page.find(`[part~=${part}]`), part);
  });

  it("draws Chinese in the page's language, though it takes nothing else from the page's styles", async () => {
    const page = await Page.open({ edge: edge() });
    const locale = () => page.window.getComputedStyle(page.find(".words")).getPropertyValue("-webkit-locale");
    equal(locale(), '"zh-CN"');
    page.element.setAttribute("lang", "en");
    equal(locale(), '"en"');
  });

  // an aged browser never anchors
  const unanchored = `${script}?unanchored`;
  for (const source of aged ? [unanchored] : [script, unanchored]) {
    for (const attributes of ["", "compact"]) {
      it(`shows the whole list right below its field, as ${attributes || "roomy"}${source === unanchored ? ", in a browser that cannot anchor" : ""}`, async () => {
        const list = JSON.stringify([1, 2, 3].map((id) => ({ id: `g${id}`, name: "张三", workId: `100${id}` })));
        const page = await Page.open({
          html: `<staff-assign ${attributes} guides='${list}' endpoint="${endpoint}"></staff-assign>`,
          edge: edge(),
          scripts: [source],
        });
        page
          .find("#guide")
          .dispatchEvent(new page.window.KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, composed: true }));
        await page.element.updateComplete;
        const { bottom } = page.find(".control.guide").getBoundingClientRect();
        const { top } = page.find(".popup").getBoundingClientRect();
        ok(top - bottom >= 0 && top - bottom <= 8, `${top - bottom} px below`);
        const rows = [...page.root.querySelectorAll("[role=option]")];
        equal(rows.length, 3);
        for (const row of rows) {
          const { left, top: above, height } = row.getBoundingClientRect();
          ok(row.contains(page.root.elementFromPoint(left + 24, above + height / 2)), "can be seen and pressed");
          const number = row.querySelector(".note")?.getBoundingClientRect();
          ok(number && number.width > 20 && number.height > 10, "namesakes differ by their number");
        }
      });
    }
  }

  it("keeps name and order of a receipt readable beside a tall `done` slot, and what does not fit within reach", async () => {
    const page = await Page.open({
      html: `<staff-assign order="4200" guide="g1" guide-name="张三" endpoint="${endpoint}" session-url="/session"><div slot="done" style="height:120px">请收款</div></staff-assign>`,
      edge: edge(),
    });
    await page.element.submit();
    await page.state("done");
    const receipt = page.find(".receipt");
    ok(page.find(".answer").getBoundingClientRect().height >= 28, "the name");
    ok(page.find(".receipt .sign").getBoundingClientRect().top >= receipt.getBoundingClientRect().top, "from the top");
    receipt.scrollTop = 1000;
    const slotted = page.document.querySelector("[slot=done]")?.getBoundingClientRect();
    ok(slotted && slotted.bottom <= receipt.getBoundingClientRect().bottom, "to the end");
  });

  it("lets a long sentence be read to its end, and gives what is slotted in the sides of the rest", async () => {
    const page = await Page.open({
      html: `<staff-assign order="4200" guide="g1" endpoint="${endpoint}" session-url="/session"><div slot="before-submit">x</div></staff-assign>`,
      edge: edge(() => problem(422, "upstream_rejected", { advice: { "zh-CN": "请核对后重试。".repeat(40) } })),
    });
    await page.element.submit().catch(() => {});
    await page.state("error");
    const words = page.find(".words");
    words.scrollTop = 10_000;
    ok(words.scrollTop > 0 && words.scrollTop + words.clientHeight >= words.scrollHeight - 1, "to the end");
    const { left } = page.document.querySelector("[slot=before-submit]")?.getBoundingClientRect() ?? { left: 0 };
    equal(left, page.button.getBoundingClientRect().left);
  });

  it("is hidden by `hidden`, whatever the page says of the tag", async () => {
    const page = await Page.open({
      html: "<style>staff-assign{display:block}</style><staff-assign hidden></staff-assign>",
      edge: edge(),
    });
    equal(getComputedStyle(page.element).display, "none");
  });

  it("keeps number and name of a row apart from right to left", async () => {
    const page = await Page.open({
      html: `<div dir="rtl"><staff-assign guides='[{"id":"g1","name":"张三"}]' endpoint="${endpoint}"></staff-assign></div>`,
      edge: edge(),
      scripts: [aged ? unanchored : script],
    });
    page
      .find("#guide")
      .dispatchEvent(new page.window.KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, composed: true }));
    await page.element.updateComplete;
    const name = page.find("[role=option] .name").getBoundingClientRect();
    const number = page.find("[role=option] .note").getBoundingClientRect();
    ok(name.left - number.right >= 4, `${name.left - number.right} px`);
  });

  it("speaks the language of its nearest ancestor, also across a shadow root", async () => {
    const page = await Page.open({ html: '<div lang="en"><p></p></div>', edge: edge() });
    const root = page.document.querySelector("p")?.attachShadow({ mode: "open" }) as ShadowRoot;
    const element = root.appendChild(page.document.createElement("staff-assign")) as unknown as typeof page.element;
    await element.updateComplete;
    ok(element.shadowRoot?.textContent?.includes("Assign"), "English");
  });
});
