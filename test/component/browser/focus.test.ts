/** Where the keyboard and a scanner go on: the focus stays in the element that had it, and comes to none that had not. */
import { equal, ok, until } from "../support/assert.ts";
import { assignment, edge, held, json, never, offline, problem } from "../support/edge.ts";
import { type Edge, forgetTill, order, Page, tag } from "../support/page.ts";

async function typeOrder(page: Page, value: string) {
  const input = page.find<HTMLInputElement>("#order");
  input.focus();
  input.value = value;
  input.dispatchEvent(
    new page.window.InputEvent("input", { bubbles: true, composed: true, inputType: "insertFromPaste" }),
  );
  await page.element.updateComplete;
  input.dispatchEvent(
    new page.window.KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true, cancelable: true }),
  );
}

/** Two frames: by then a browser has taken the focus from what is gone or disabled. */
const drawn = (page: Page) =>
  new Promise<void>((resolve) =>
    page.window.requestAnimationFrame(() => page.window.requestAnimationFrame(() => resolve())),
  );

describe("the focus", () => {
  afterEach(forgetTill);

  const answers: [state: string, edge: Edge][] = [
    ["busy", edge(() => never())],
    ["done", edge()],
    ["pending", edge((call) => json(202, assignment(call, { status: "pending" }), { "retry-after": "60" }))],
    ["queued", edge(offline)],
    ["error", edge(() => problem(409, "already_assigned", held))],
  ];
  for (const form of ["", "compact"]) {
    for (const [state, pretended] of answers) {
      it(`is on the answer after Enter in a field led to ${state}${form && ", in one row"}`, async () => {
        const page = await Page.open({ html: tag(`${form} guide="g1"`), edge: pretended });
        await typeOrder(page, order);
        await page.state(state);
        await drawn(page);
        equal(page.document.activeElement?.localName, "staff-assign");
        ok(page.root.activeElement === page.find(".words"), "the answer has it");
      });
    }
  }

  it("is on the answer after the button that was pressed has gone, so that a second Enter presses no other", async () => {
    const page = await Page.open({ edge: edge() });
    page.button.focus();
    page.button.click();
    await page.state("done");
    await drawn(page);
    ok(page.root.activeElement === page.find(".words"), "the answer has it");
  });

  for (const form of ["", "compact"]) {
    const inOneRow = form && ", in one row";

    it(`goes to what is to be filled next when the page's next order takes the place of a receipt${inOneRow}`, async () => {
      const page = await Page.open({ html: tag(`${form} order="${order}" guide="g1"`), edge: edge() });
      page.button.focus();
      page.button.click();
      await page.state("done");
      await drawn(page);
      Object.assign(page.element, { order: "next-1", guide: undefined });
      await until(() => page.root.activeElement === page.find("#guide"), "the focus in the guide");
    });

    for (const next of [undefined, "next-1"]) {
      it(`goes to what is told, never to a button that sends ${next ?? "nothing"}, when the number of the unfinished goes as it is pressed${inOneRow}`, async () => {
        const page = await Page.open({
          html: tag(`${form} guide="g1"`),
          edge: edge(() => problem(422, "upstream_rejected")),
        });
        page.element.order = order;
        const told = page.element.submit().catch(() => {});
        Object.assign(page.element, { order: next });
        await told;
        const pill = await until(() => page.find(".pill"), "the number");
        pill.focus();
        pill.click();
        await until(() => page.root.activeElement === page.find(".words"), "the focus on what is told");
        equal([page.element.state, page.find(".pill")], ["idle", null]);
      });
    }
  }

  it("is never taken from the page", async () => {
    for (const html of [`<input id="own">${tag(`order="${order}" guide="g1"`)}`, tag(`order="${order}" guide="g1"`)]) {
      const page = await Page.open({ html, edge: edge() });
      page.document.getElementById("own")?.focus();
      await page.element.submit();
      await page.state("done");
      page.element.order = "next-1";
      await page.state("idle");
      await drawn(page);
      equal(page.document.activeElement?.localName, html.startsWith("<input") ? "input" : "body");
      page.close();
    }
  });
});
