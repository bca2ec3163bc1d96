import { equal, ok, until } from "../support/assert.ts";
import { edge, json, offline, problem, session } from "../support/edge.ts";
import { aged, type Edge, endpoint, forgetTill, order, Page, tag } from "../support/page.ts";

const people = [
  { id: "g1", name: "张三", workId: "0012" },
  { id: "g2", name: "李四", workId: "0013" },
  { id: "g3", name: "李小明", workId: "0014" },
];
const listed = `guides='${JSON.stringify(people)}'`;

/** A clock that only typing moves, so that a burst's pace is exact however slow the machine is. */
function pacedClock(page: Page["window"]) {
  const clock = { now: page.performance.now() };
  page.performance.now = () => clock.now;
  page.clock = clock;
}

const pass = (page: Page, ms: number) => {
  (page.window.clock as { now: number }).now += ms;
};

/** Gives an event the time of the paced clock, as a device stamps it. */
function stamped<E extends Event>(page: Page, event: E, late = 0): E {
  const clock = page.window.clock as { now: number } | undefined;
  if (clock) Object.defineProperty(event, "timeStamp", { value: clock.now + late });
  return event;
}

function key(page: Page, target: EventTarget, name: string, more: object = {}) {
  const event = new page.window.KeyboardEvent("keydown", {
    key: name,
    bubbles: true,
    composed: true,
    cancelable: true,
    ...more,
  });
  target.dispatchEvent(stamped(page, event));
  return event;
}

/** @param late ms from the key to its input, in a till that stalls */
function input(page: Page, target: HTMLInputElement, inputType: string, data: string | null, late = 0) {
  const event = new page.window.InputEvent("input", { bubbles: true, composed: true, inputType, data });
  target.dispatchEvent(stamped(page, event, late));
}

/** Replaces what the field holds. */
function put(page: Page, target: HTMLInputElement, value: string, inputType = "insertText") {
  target.value = value;
  input(page, target, inputType, inputType === "insertFromPaste" ? null : value);
}

/** Puts a text where the caret stands, or in place of what is selected, with one input event. */
function insert(page: Page, target: HTMLInputElement, text: string, late = 0) {
  const [start, end] = [target.selectionStart ?? 0, target.selectionEnd ?? 0];
  target.setRangeText(text, start, end, "end");
  input(page, target, "insertText", text, late);
}

/** Presses keys in a field, `pace` ms apart. */
function type(page: Page, target: HTMLInputElement, text: string, pace: number, more: object = {}) {
  for (const char of text) {
    pass(page, pace);
    key(page, target, char, more);
    insert(page, target, char);
  }
}

describe("a scanner in the order field", () => {
  afterEach(forgetTill);

  for (const pace of [5, 20, 50]) {
    it(`at ${pace} ms a character, ended by Enter, is read as a scan and submits nothing by itself`, async () => {
      const page = await Page.open({ html: `<form>${tag('guide="g1"')}</form>`, edge: edge(), before: pacedClock });
      let submitted = 0;
      page.document.querySelector("form")?.addEventListener("submit", () => submitted++);
      const input = page.find<HTMLInputElement>("#order");
      input.focus();
      pass(page, 1000);
      type(page, input, order, pace);
      const enter = key(page, input, "Enter");
      equal(enter.defaultPrevented, true);
      equal(
        page.heard("scan").map((event) => [event.text, event.kind]),
        [[order, "order"]],
      );
      equal(page.element.order, order);
      equal([page.sends.length, submitted], [0, 0]);
    });
  }

  it("is not seen in what a hand types and ends with Enter", async () => {
    const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
    const input = page.find<HTMLInputElement>("#order");
    pass(page, 1000);
    type(page, input, order, 120);
    key(page, input, "Enter");
    equal(page.heard("scan").length, 0);
    equal(page.element.order, order);
    equal(
      page.heard("change").map((event) => event.order),
      [order],
    );
  });

  it("is not seen in a word that an input method delivers", async () => {
    const page = await Page.open({ html: tag(listed), edge: edge(), before: pacedClock });
    put(page, page.find<HTMLInputElement>("#guide"), "欧阳娜娜和张三", "insertCompositionText");
    key(page, page.find("#guide"), "Enter");
    equal(page.heard("scan").length, 0);
  });

  it("is not seen in a paste", async () => {
    const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
    put(page, page.find<HTMLInputElement>("#order"), order, "insertFromPaste");
    key(page, page.find("#order"), "Enter");
    equal(page.heard("scan").length, 0);
    equal(page.element.order, order);
  });

  it("ended by Tab is taken as a scan, and without a terminator ends by silence", async () => {
    const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
    const input = page.find<HTMLInputElement>("#order");
    pass(page, 1000);
    type(page, input, order, 10);
    equal(key(page, input, "Tab").defaultPrevented, true);
    equal(page.element.order, order);
    await page.element.updateComplete;
    pass(page, 1000);
    type(page, input, "next-2", 10);
    await until(() => page.element.order === "next-2", "the silence");
    equal(page.heard("scan").length, 2);
  });

  for (const [what, start, end] of [
    ["in the middle", 4, 4],
    ["at the beginning", 0, 0],
    ["over all, as Tab selects it", 0, 11],
  ] as const) {
    for (const whole of [false, true]) {
      it(`with the caret ${what} is the order, ${whole ? "in one piece" : "key by key"}: nothing of what was there is sent`, async () => {
        const page = await Page.open({
          html: tag('order="POS20261122" guide="g1"'),
          edge: edge(),
          before: pacedClock,
        });
        const field = page.find<HTMLInputElement>("#order");
        pass(page, 1000);
        field.setSelectionRange(start, end);
        if (whole) insert(page, field, "POS99887766");
        else type(page, field, "POS99887766", 20);
        key(page, field, "Enter");
        await page.element.updateComplete;
        equal([page.element.order, field.value], ["POS99887766", "POS99887766"]);
        await page.element.submit();
        equal(page.sends[0]?.body?.order, "POS99887766");
      });
    }
  }

  it("is whole when the till stalls in it: the device's time counts", async () => {
    const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
    const field = page.find<HTMLInputElement>("#order");
    pass(page, 1000);
    const clock = page.window.clock as { now: number };
    for (const [index, digit] of [..."6901234567890123"].entries()) {
      pass(page, 10);
      key(page, field, digit);
      const pressed = clock.now;
      // from the ninth on the till comes round to its events 160 ms late
      if (index >= 8) clock.now += 160;
      insert(page, field, digit);
      clock.now = pressed;
    }
    key(page, field, "Enter");
    equal(page.element.order, "6901234567890123");
  });

  it("is no key held down: the order is all that was typed", async () => {
    const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
    const field = page.find<HTMLInputElement>("#order");
    pass(page, 1000);
    type(page, field, "12", 120);
    pass(page, 500);
    type(page, field, "0", 120);
    type(page, field, "000000", 33, { repeat: true });
    key(page, field, "Enter");
    equal(page.heard("scan").length, 0);
    equal(page.element.order, "120000000");
  });

  it("replaces what the field held", async () => {
    const page = await Page.open({ html: tag('order="old-1"'), edge: edge(), before: pacedClock });
    const input = page.find<HTMLInputElement>("#order");
    pass(page, 1000);
    type(page, input, order, 10);
    key(page, input, "Enter");
    equal(page.element.order, order);
  });

  it("delivered in one piece by an input method is a scan as well", async () => {
    const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
    put(page, page.find<HTMLInputElement>("#order"), order);
    key(page, page.find("#order"), "Unidentified");
    key(page, page.find("#order"), "Enter");
    equal(
      page.heard("scan").map((event) => event.text),
      [order],
    );
  });

  for (const [what, raw] of [
    ["a symbology prefix", `]C1${order}`],
    ["control characters and blanks", `\u0002${order.slice(0, 4)} ${order.slice(4)}\u0003\r`],
    [
      "full-width digits of an input method",
      order.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
    ],
    ["a zero-width character", `${order}\u200b`],
  ] as const) {
    it(`is cleaned of ${what}`, async () => {
      const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
      const input = page.find<HTMLInputElement>("#order");
      pass(page, 1000);
      type(page, input, raw, 10);
      key(page, input, "Enter");
      equal(page.element.order, order);
    });
  }

  it("with a terminator first or twice changes nothing", async () => {
    const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
    const input = page.find<HTMLInputElement>("#order");
    key(page, input, "Enter");
    pass(page, 1000);
    type(page, input, order, 10);
    key(page, input, "Enter");
    key(page, input, "Enter");
    equal(page.element.order, order);
    equal(page.sends.length, 0);
  });

  it("is ignored with scanner=off, and a listener may take a scan for itself", async () => {
    const page = await Page.open({ html: tag('scanner="off"'), edge: edge(), before: pacedClock });
    const input = page.find<HTMLInputElement>("#order");
    pass(page, 1000);
    type(page, input, order, 10);
    key(page, input, "Enter");
    equal(page.heard("scan").length, 0);
    page.element.setAttribute("scanner", "field");
    page.document.addEventListener("staff-assign-scan", (event) => event.preventDefault());
    await page.element.updateComplete;
    pass(page, 1000);
    type(page, input, order, 10);
    key(page, input, "Enter");
    equal(page.heard("scan").length, 1);
    ok(page.element.order !== order, "not taken");
  });

  it("assigns without a tap with `auto` when the guide is known", async () => {
    const page = await Page.open({ html: tag('auto guide="g1"'), edge: edge(), before: pacedClock });
    const input = page.find<HTMLInputElement>("#order");
    pass(page, 1000);
    type(page, input, order, 10);
    key(page, input, "Enter");
    await page.state("done");
    equal(page.sends.length, 1);
  });
});

describe("a scanner anywhere on the page", () => {
  afterEach(forgetTill);
  const html = `<input id="host"><div id="rich" contenteditable></div><button id="press">x</button>${tag('scanner="page"')}`;

  it("is read while no field has the focus, and its Enter presses no button", async () => {
    const page = await Page.open({ html, edge: edge(), before: pacedClock });
    const press = page.document.querySelector("#press") as HTMLElement;
    press.focus();
    pass(page, 1000);
    for (const char of order) {
      pass(page, 10);
      equal(key(page, press, char).defaultPrevented, false);
    }
    equal(key(page, press, "Enter").defaultPrevented, true);
    equal(page.element.order, order);
  });

  it("is no key held down", async () => {
    const page = await Page.open({ html, edge: edge(), before: pacedClock });
    const { body } = page.document;
    pass(page, 1000);
    for (const repeat of [false, true, true, true, true, true, true, true]) {
      pass(page, 33);
      key(page, body, "0", { repeat });
    }
    equal(key(page, body, "Enter").defaultPrevented, false);
    equal([page.heard("scan").length, page.element.order], [0, undefined]);
  });

  it("never takes a key from a field of the page", async () => {
    const page = await Page.open({ html, edge: edge(), before: pacedClock });
    for (const id of ["host", "rich"]) {
      const field = page.document.querySelector(`#${id}`) as HTMLElement;
      field.focus();
      pass(page, 1000);
      for (const char of `${order}*`) {
        pass(page, 5);
        equal(key(page, field, char).defaultPrevented, false);
      }
      equal(key(page, field, "Enter").defaultPrevented, false);
    }
    equal(page.heard("scan").length, 0);
  });

  it("does not listen by default, nor after the element is gone", async () => {
    for (const remove of [false, true]) {
      const page = await Page.open({ html: remove ? html : tag(), edge: edge(), before: pacedClock });
      if (remove) page.element.remove();
      pass(page, 1000);
      for (const char of order) {
        pass(page, 10);
        key(page, page.document.body, char);
      }
      equal(key(page, page.document.body, "Enter").defaultPrevented, false);
      page.close();
    }
  });

  it("begins and ends to listen with the attribute", async () => {
    const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
    const scan = (code: string) => {
      pass(page, 1000);
      for (const char of code) {
        pass(page, 10);
        key(page, page.document.body, char);
      }
      key(page, page.document.body, "Enter");
      return page.element.order;
    };
    page.element.setAttribute("scanner", "page");
    await page.element.updateComplete;
    equal(scan("ORDER-0001"), "ORDER-0001");
    page.element.removeAttribute("scanner");
    await page.element.updateComplete;
    equal(scan("ORDER-0002"), "ORDER-0001");
  });

  it("chooses a guide by badge when one of the list has that number", async () => {
    const badge = [{ id: "g7", name: "王五", workId: "BADGE-7" }];
    const page = await Page.open({
      html: tag(`scanner="page" guides='${JSON.stringify(badge)}'`),
      edge: edge(),
      before: pacedClock,
    });
    pass(page, 1000);
    for (const char of "BADGE-7") {
      pass(page, 10);
      key(page, page.document.body, char);
    }
    key(page, page.document.body, "Enter");
    equal([page.element.guide, page.element.guideName], ["g7", "王五"]);
    equal(
      page.heard("scan").map((event) => event.kind),
      ["guide"],
    );
  });
});

/** Scans with no field in focus. */
function scanPage(page: Page, code: string) {
  pass(page, 1000);
  for (const char of code) {
    pass(page, 10);
    key(page, page.document.body, char);
  }
  key(page, page.document.body, "Enter");
}

/** Scans into a field, from key to key in whichever field is meant. */
async function scanField(page: Page, id: string, code: string) {
  await page.element.updateComplete;
  const field = page.find<HTMLInputElement>(`#${id}`);
  field.focus();
  field.select();
  pass(page, 1000);
  type(page, field, code, 10);
  key(page, field, "Enter");
  await page.element.updateComplete;
}

const chosen = ({ element }: Page) => [element.order, element.guide, element.guideName];

describe("a scanner in the guide field", () => {
  afterEach(forgetTill);
  const badges = `guides='[{"id":"g1","name":"张三","workId":"1001001"},{"id":"g2","name":"李四","workId":"1001002"}]'`;
  const focusedField = (page: Page) => page.root.activeElement?.id;

  it("takes a badge and moves on to the order, which never becomes the guide", async () => {
    const page = await Page.open({ html: tag(badges), edge: edge(), before: pacedClock });
    await scanField(page, "guide", "1001002");
    await until(() => focusedField(page) === "order", "the focus on what is missing");
    equal(chosen(page), [undefined, "g2", "李四"]);
    await scanField(page, "guide", "ORD1234567");
    equal(chosen(page), ["ORD1234567", "g2", "李四"]);
    equal(
      page.heard("scan").map(({ kind }) => kind),
      ["guide", "order"],
    );
  });

  it("moves on to the guide when the order was scanned first", async () => {
    const page = await Page.open({ html: tag(badges), edge: edge(), before: pacedClock });
    await scanField(page, "order", "ORD1234567");
    await until(() => focusedField(page) === "guide", "the focus on what is missing");
  });

  it("takes a guide's id where no list knows better", async () => {
    const page = await Page.open({ html: tag(), edge: edge(), before: pacedClock });
    await scanField(page, "guide", "LLJ2Rvx1");
    equal(page.element.guide, "LLJ2Rvx1");
  });

  it("leaves a mobile and a name, delivered in one piece, to be taken as what they are", async () => {
    const page = await Page.open({ html: tag('channel="tmall" order="7"'), edge: edge(), before: pacedClock });
    const field = page.find<HTMLInputElement>("#guide");
    insert(page, field, "13800005678 王师傅");
    key(page, field, "Enter");
    await page.element.updateComplete;
    equal([page.element.guide, page.element.order, field.value], [undefined, "7", "13800005678 王师傅"]);
    key(page, field, "Enter");
    await page.element.submit();
    equal(page.sends[0]?.body?.guide, { mobile: "13800005678", name: "王师傅" });
  });
});

describe("a scanned badge of somebody who is not loaded", () => {
  afterEach(forgetTill);
  const asked = (page: Page) => page.calls.filter(({ url }) => url.includes("/v1/guides"));
  /** A store of 35, whose pages are of ten; `answer` in place of a look-up by number. */
  const store = (answer?: () => Response | Promise<Response>): Edge => {
    const all = Array.from({ length: 35 }, (_, index) => ({
      id: `gid${index}`,
      storeId: "9",
      name: `导购${index}`,
      workId: String(2_000_000 + index),
    }));
    return edge(undefined, ({ url }) => {
      const { searchParams } = new URL(url);
      const workId = searchParams.get("workId");
      if (workId && answer) return answer();
      const offset = Number(searchParams.get("offset"));
      const data = workId ? all.filter((one) => one.workId === workId) : all.slice(offset, offset + 10);
      return json(200, { data, total: workId ? data.length : 35, limit: 10, offset });
    });
  };
  const open = (attributes: string, edge: Edge) =>
    Page.open({ html: tag(`store-id="9" scanner="page" ${attributes}`), edge, before: pacedClock });

  it("is looked up at the edge, page-wide and in the guide field, and the page's order stays", async () => {
    const page = await open(`order="${order}"`, store());
    scanPage(page, "2000003");
    await until(() => page.element.guide, "the guide");
    equal(chosen(page), [order, "gid3", "导购3"]);
    await scanField(page, "guide", "2000023");
    await until(() => page.element.guide !== "gid3", "the next guide");
    equal(chosen(page), [order, "gid23", "导购23"]);
  });

  it("is looked up by the page's loader", async () => {
    const page = await open(`order="${order}"`, edge());
    page.element.guides = async (query: string) => [{ id: `id-${query}`, name: "赵六", workId: query }];
    await page.element.updateComplete;
    scanPage(page, "2000003");
    await until(() => page.element.guide, "the guide");
    equal(chosen(page), [order, "id-2000003", "赵六"]);
  });

  for (const [what, answer] of [
    ["the line is down", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["the edge never answers", () => new Promise<Response>(() => {})],
  ] as const) {
    it(`never takes the place of the order while ${what}, nor becomes a guide`, async () => {
      const page = await open(`order="${order}"`, store(answer));
      scanPage(page, "2000003");
      await until(() => asked(page).length === 1, "the question");
      await scanField(page, "guide", "2000023");
      await until(() => asked(page).filter(({ url }) => url.includes("workId")).length === 2, "the next question");
      scanPage(page, "NEXT-0001");
      await until(() => asked(page).filter(({ url }) => url.includes("workId")).length === 3, "all are answered");
      equal(chosen(page), [order, undefined, undefined]);
      equal(page.heard("scan").length, 0);
    });
  }

  it("that is nobody's leaves the order that the page gave, which a scan into its field replaces", async () => {
    const page = await open(`order="${order}"`, store());
    scanPage(page, "3000003");
    await scanField(page, "guide", "3000004");
    scanPage(page, "2000001");
    await until(() => page.element.guide, "the last of the three");
    equal(chosen(page), [order, "gid1", "导购1"]);
    await scanField(page, "order", "ORDER-0001");
    equal(chosen(page)[0], "ORDER-0001");
  });

  it("that is nobody's is an order, the last scanned one, and nobody is asked for one in its empty field", async () => {
    const page = await open("", store());
    await scanField(page, "order", "ORDER-0001");
    equal(chosen(page)[0], "ORDER-0001");
    equal(asked(page).length, 0);
    scanPage(page, "ORDER-0002");
    scanPage(page, "ORDER-0003");
    await until(() => page.heard("scan").length === 3, "the answers");
    equal(chosen(page)[0], "ORDER-0003");
  });
});

describe("a scan with several elements on the page", () => {
  afterEach(forgetTill);
  const three = (more = "") => [1, 2, 3].map(() => tag(`scanner="page" ${more}`)).join("");
  const orders = (page: Page) => page.elements.map((element) => element.order);

  it("goes to one: the first that waits for an order", async () => {
    const page = await Page.open({ html: three('auto guide="g1"'), edge: edge(), before: pacedClock });
    scanPage(page, "ORDER-0001");
    equal(orders(page), ["ORDER-0001", undefined, undefined]);
    scanPage(page, "ORDER-0002");
    equal(orders(page), ["ORDER-0001", "ORDER-0002", undefined]);
    await until(() => page.sends.length === 2, "the sends");
    equal(
      page.sends.map(({ body }) => body?.order),
      ["ORDER-0001", "ORDER-0002"],
    );
  });

  it("goes to the one that had the focus last", async () => {
    const page = await Page.open({ html: three(), edge: edge(), before: pacedClock });
    const [, , third] = page.elements;
    third?.shadowRoot
      ?.querySelector("#order")
      ?.dispatchEvent(new page.window.FocusEvent("focusin", { bubbles: true, composed: true }));
    scanPage(page, "ORDER-0001");
    equal(orders(page), [undefined, undefined, "ORDER-0001"]);
  });
});

describe("an input method", () => {
  afterEach(forgetTill);

  it("keeps its Enter: neither order nor guide is taken or submitted while composing, or right after", async () => {
    const page = await Page.open({ html: tag(`guide="g1" ${listed}`), edge: edge(), before: pacedClock });
    for (const id of ["order", "guide"]) {
      const input = page.find<HTMLInputElement>(`#${id}`);
      input.dispatchEvent(new page.window.CompositionEvent("compositionstart", { bubbles: true }));
      put(page, input, "li", "insertCompositionText");
      equal(key(page, input, "Enter").defaultPrevented, false);
      input.dispatchEvent(new page.window.CompositionEvent("compositionend", { bubbles: true }));
      equal(key(page, input, "Enter").defaultPrevented, false);
      equal(key(page, input, "Enter", { keyCode: 229 }).defaultPrevented, false);
    }
    equal(page.sends.length, 0);
    equal(page.heard("change").length, 0);
  });
});

describe("the guide picker", () => {
  afterEach(forgetTill);
  const options = (page: Page) =>
    [...page.root.querySelectorAll("[role=option]")].map(
      (option) => option.textContent?.replace(/\s+/g, " ").trim() ?? "",
    );
  const names = (page: Page) =>
    [...page.root.querySelectorAll("[role=option] .name")].map(({ textContent }) => textContent);

  it("is an ARIA combobox that works by keyboard alone", async () => {
    const page = await Page.open({ html: tag(`order="${order}" ${listed}`), edge: edge() });
    const input = page.find<HTMLInputElement>("#guide");
    equal([input.getAttribute("role"), input.getAttribute("aria-expanded")], ["combobox", "false"]);
    input.focus();
    key(page, input, "ArrowDown");
    await page.element.updateComplete;
    equal(input.getAttribute("aria-expanded"), "true");
    equal(input.getAttribute("aria-controls"), page.find("[role=listbox]").id);
    equal(names(page), ["张三", "李四", "李小明"]);
    key(page, input, "ArrowDown");
    key(page, input, "ArrowDown");
    await page.element.updateComplete;
    const active = page.find(`#${input.getAttribute("aria-activedescendant")}`);
    equal([active.getAttribute("aria-selected"), active.textContent?.includes("李四")], ["true", true]);
    const enter = key(page, input, "Enter");
    equal(enter.defaultPrevented, true);
    await page.element.updateComplete;
    equal([page.element.guide, page.element.guideName, input.value], ["g2", "李四", "李四"]);
    equal(input.getAttribute("aria-expanded"), "false");
    equal(
      page.heard("change").map((event) => event.guide),
      ["g2"],
    );
    equal(page.sends.length, 0);
  });

  it("goes on to the button with the Enter after the choice, not with the choosing one held down, and presses nothing", async () => {
    const page = await Page.open({ html: tag(`order="${order}" ${listed}`), edge: edge() });
    const input = page.find<HTMLInputElement>("#guide");
    input.focus();
    put(page, input, "李四");
    await page.element.updateComplete;
    key(page, input, "Enter");
    key(page, input, "Enter", { repeat: true });
    await page.element.updateComplete;
    equal([page.element.guide, page.root.activeElement === input], ["g2", true]);
    equal(key(page, input, "Enter").defaultPrevented, true, "or the button would take the same Enter:");
    await page.element.updateComplete;
    equal([page.root.activeElement === page.button, page.sends.length], [true, 0]);
  });

  it("tells a developer of numbers in the list that are no text, and offers the others", async () => {
    const told: string[] = [];
    const page = await Page.open({
      html: tag(`guides='[{"id":1001,"name":"张三"},{"id":"g2","name":"李四"}]'`),
      edge: edge(),
      before: ({ console }) => {
        console.error = (...words: unknown[]) => told.push(JSON.stringify(words));
      },
    });
    page.find("#guide").click();
    await page.element.updateComplete;
    equal(names(page), ["李四"]);
    ok(told[0]?.includes("guides") && told[0].includes("1001"), `${told}`);
  });

  it("goes round at both ends, and Escape closes it and restores what was chosen", async () => {
    const page = await Page.open({ html: tag(`guide="g1" ${listed}`), edge: edge() });
    const input = page.find<HTMLInputElement>("#guide");
    key(page, input, "ArrowDown");
    await page.element.updateComplete;
    key(page, input, "ArrowUp");
    await page.element.updateComplete;
    ok(page.find(".active").textContent?.includes("李小明"), "the last");
    key(page, input, "ArrowDown");
    await page.element.updateComplete;
    ok(page.find(".active").textContent?.includes("张三"), "the first");
    put(page, input, "xyz");
    await page.element.updateComplete;
    key(page, input, "Escape");
    await page.element.updateComplete;
    equal([input.value, input.getAttribute("aria-expanded"), page.element.guide], ["张三", "false", "g1"]);
  });

  it("searches by name, number and badge, and Enter takes the only one left", async () => {
    const page = await Page.open({ html: tag(listed), edge: edge() });
    const input = page.find<HTMLInputElement>("#guide");
    put(page, input, "李");
    await page.element.updateComplete;
    equal(names(page), ["李四", "李小明"]);
    put(page, input, "0014");
    await page.element.updateComplete;
    equal(names(page), ["李小明"]);
    key(page, input, "Enter");
    equal(page.element.guide, "g3");
  });

  it("says when nobody fits", async () => {
    const page = await Page.open({ html: tag(listed), edge: edge() });
    put(page, page.find<HTMLInputElement>("#guide"), "无此人");
    await page.element.updateComplete;
    equal(options(page).length, 0);
    ok(page.find(".popup").textContent?.includes("没有找到"), "told");
  });

  it("takes people from options in the page, and from a loader that is slow", async () => {
    const light = await Page.open({ html: tag().replace("></", '><option value="g8">赵六</option></'), edge: edge() });
    key(light, light.find("#guide"), "ArrowDown");
    await light.element.updateComplete;
    equal(names(light), ["赵六"]);
    light.close();
    const answers: ((people: object[]) => void)[] = [];
    const page = await Page.open({ html: tag(), edge: edge() });
    page.element.guides = () => new Promise((resolve) => answers.push(resolve));
    await page.element.updateComplete;
    const input = page.find<HTMLInputElement>("#guide");
    put(page, input, "赵");
    await until(() => answers.length === 1, "a search");
    put(page, input, "赵六");
    await until(() => answers.length === 2, "another search");
    answers[1]?.([{ id: "g8", name: "赵六" }]);
    await until(() => names(page).includes("赵六"), "the answer");
    answers[0]?.([{ id: "g0", name: "赵六六" }]);
    await page.element.updateComplete;
    equal(names(page), ["赵六"], "an overtaken answer is dropped");
  });

  it("offers the store's guides from the edge, page by page, with the session's store", async () => {
    const page = await Page.open({
      html: tag(),
      edge: (call) => {
        if (call.url === "/session")
          return json(200, { token: "t", tokenType: "Bearer", merchant: "demo", storeId: "1234", expiresIn: 900 });
        const offset = Number(new URL(call.url).searchParams.get("offset"));
        const data = Array.from({ length: Math.min(10, 13 - offset) }, (_, index) => ({
          id: `e${offset + index}`,
          storeId: "1234",
          name: `店员${offset + index}`,
        }));
        return json(200, { data, total: 13, limit: 10, offset });
      },
    });
    await until(() => page.calls.length > 0, "the session");
    await page.element.updateComplete;
    const input = page.find<HTMLInputElement>("#guide");
    await until(() => {
      if (input.getAttribute("aria-expanded") !== "true") key(page, input, "ArrowDown");
      return names(page).length === 10;
    }, "ten");
    ok(
      page.calls.some(({ url }) => url === `${endpoint}/v1/guides?storeId=1234&limit=10&offset=0`),
      "asked with the store",
    );
    [...page.root.querySelectorAll<HTMLElement>("[role=option]")].pop()?.click();
    await until(() => names(page).length === 13, "all");
    equal(options(page).length, 13);
    put(page, input, "店员12");
    await page.element.updateComplete;
    equal(names(page), ["店员12"]);
  });

  it("opened before the session came, fills its list once the session names the store", async () => {
    let come = () => {};
    const session = new Promise<void>((resolve) => {
      come = resolve;
    });
    const page = await Page.open({
      html: tag(`order="${order}"`),
      edge: async (call) => {
        if (call.url !== "/session") return json(200, { data: [{ id: "e1", name: "店员1" }], total: 1 });
        await session;
        return json(200, { token: "t", tokenType: "Bearer", merchant: "demo", storeId: "1234", expiresIn: 900 });
      },
    });
    put(page, page.find<HTMLInputElement>("#guide"), "店员");
    await page.element.updateComplete;
    equal(names(page), []);
    come();
    await until(() => names(page).length === 1, "the store's guide");
    put(page, page.find<HTMLInputElement>("#guide"), "店员2");
    await page.element.updateComplete;
    equal(names(page), []);
  });

  it("finds somebody of the store by mobile, and sends the id alone", async () => {
    const page = await Page.open({
      html: tag(`order="${order}"`),
      edge: edge(undefined, (call) => {
        if (!call.url.endsWith("/v1/guides/search")) return json(200, { data: [], total: 0, limit: 10, offset: 0 });
        equal([call.method, call.body], ["POST", { storeId: "1234", mobile: "13800001234" }]);
        return json(200, { data: [{ id: "e9", storeId: "1234", name: "店员9" }], total: 1, limit: 10, offset: 0 });
      }),
    });
    (page.element as unknown as { storeId: string }).storeId = "1234";
    await until(() => page.calls.length > 0, "the session");
    await page.element.updateComplete;
    const input = page.find<HTMLInputElement>("#guide");
    put(page, input, "13800001234", "insertFromPaste");
    await until(() => names(page).length === 1, "the one");
    equal(names(page), ["店员9"]);
    key(page, input, "Enter");
    await page.element.submit();
    equal(page.sends[0]?.body?.guide, { id: "e9", name: "店员9" });
    ok(!JSON.stringify(localStorage).includes("13800001234"), "no mobile is remembered");
  });

  it("shows recent people of this till first, and keeps shops apart", async () => {
    const open = (merchant: string) =>
      Page.open({
        html: tag(`order="${order}" ${listed}`),
        edge: (call) => (call.url === "/session" ? json(200, { token: "t", merchant, expiresIn: 900 }) : edge()(call)),
      });
    const first = await open("demo");
    first.element.guide = "g3";
    await first.element.submit();
    first.close();
    const same = await open("demo");
    await until(() => same.calls.length > 0, "the session");
    await until(() => {
      key(same, same.find("#guide"), "Escape");
      key(same, same.find("#guide"), "ArrowDown");
      return names(same)[0] === "李小明";
    }, "recent first");
    equal(names(same), ["李小明", "张三", "李四"]);
    same.close();
    const other = await open("other");
    await until(() => other.calls.length > 0, "the session");
    await other.element.updateComplete;
    key(other, other.find("#guide"), "ArrowDown");
    await other.element.updateComplete;
    equal(names(other), ["张三", "李四", "李小明"]);
  });

  /** A store of 60 guides that answers when it is told to. */
  const slowStore = () => {
    const waiting: (() => void)[] = [];
    const answers: Edge = edge(undefined, async ({ url }) => {
      const offset = Number(new URL(url).searchParams.get("offset"));
      const data = Array.from({ length: 10 }, (_, index) => ({
        id: `e${offset + index}`,
        name: `${offset + index === 55 ? "wangwei" : "name"}${offset + index}`,
      }));
      await new Promise<void>((resolve) => waiting.push(resolve));
      return json(200, { data, total: 60, limit: 10, offset });
    });
    return { answers, waiting };
  };
  const pages = (page: Page) => page.calls.filter(({ url }) => url.includes("/v1/guides"));

  it("asks for no page of a store twice however many letters are typed, and finds who is on the last one", async () => {
    const { answers, waiting } = slowStore();
    const page = await Page.open({ html: tag('store-id="9"'), edge: answers });
    const input = page.find<HTMLInputElement>("#guide");
    key(page, input, "ArrowDown");
    await until(() => waiting.length === 1, "the first page");
    waiting[0]?.();
    await until(() => names(page).length === 10, "ten");
    for (let length = 1; length <= "wangwei".length; length++)
      put(page, input, "wangwei".slice(0, length), "insertCompositionText");
    await until(() => waiting.length === 2, "the search");
    ok(page.find(".popup").textContent?.includes("正在加载"), "told");
    for (let index = 1; index < 6; index++) {
      await until(() => waiting.length > index, "the next page");
      waiting[index]?.();
    }
    await until(() => names(page).includes("wangwei55"), "the one");
    equal(new Set(pages(page).map(({ url }) => url)).size, pages(page).length);
    equal(pages(page).length, 6);
  });

  it("that was opened before the session answered shows the store's guides once it did", async () => {
    let answer = () => {};
    const opened = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const page = await Page.open({
      html: tag(),
      edge: async (call) => {
        if (call.url !== "/session") return json(200, { data: [{ id: "e1", name: "店员" }], total: 1 });
        await opened;
        return session({ storeId: "9" });
      },
    });
    key(page, page.find("#guide"), "ArrowDown");
    await page.element.updateComplete;
    answer();
    await until(() => names(page).includes("店员"), "the guides");
  });

  it("asks a loader again that is another one while the first had not answered", async () => {
    const page = await Page.open({ html: tag(), edge: edge() });
    page.element.guides = () => new Promise(() => {});
    await page.element.updateComplete;
    key(page, page.find("#guide"), "ArrowDown");
    await page.element.updateComplete;
    page.element.guides = async () => [{ id: "z", name: "Zoe" }];
    await until(() => names(page).includes("Zoe"), "the answer");
  });

  it("offers the edge's guides again once the attribute `guides` is gone", async () => {
    const page = await Page.open({
      html: tag(`store-id="9" ${listed}`),
      edge: edge(undefined, () => json(200, { data: [{ id: "e1", name: "店员" }], total: 1 })),
    });
    page.element.removeAttribute("guides");
    await page.element.updateComplete;
    key(page, page.find("#guide"), "ArrowDown");
    await until(() => names(page).includes("店员"), "the guides");
  });

  it("follows options that the page changes later, for a look and for a scan", async () => {
    const page = await Page.open({
      html: tag('scanner="page"').replace("></", '><option value="BADGE-8">赵六</option></'),
      edge: edge(),
      before: pacedClock,
    });
    const option = page.element.querySelector("option") as HTMLOptionElement;
    Object.assign(option, { value: "BADGE-9", text: "钱七" });
    scanPage(page, "BADGE-9");
    equal([page.element.guide, page.element.guideName], ["BADGE-9", "钱七"]);
    option.text = "钱八";
    key(page, page.find("#guide"), "ArrowDown");
    await page.element.updateComplete;
    equal(names(page), ["钱八"]);
  });

  for (const [what, answer, said] of [
    ["the edge's refusal, with its advice", () => problem(403, "scope_refused"), "网关建议 scope_refused。"],
    ["that the line is down", () => offline(), "网络不通"],
  ] as const) {
    it(`says ${what} when nobody could be loaded`, async () => {
      const page = await Page.open({ html: tag('store-id="9"'), edge: edge(undefined, answer) });
      key(page, page.find("#guide"), "ArrowDown");
      await until(() => page.find(".popup .note")?.textContent?.includes(said), said);
    });
  }

  it("takes a guide's number that is typed where there is no list, and none that is not of the list", async () => {
    const alone = await Page.open({ html: tag(), edge: edge() });
    await until(() => alone.calls.length > 0, "the session");
    put(alone, alone.find<HTMLInputElement>("#guide"), "LLJ2Rvx1", "insertFromPaste");
    await alone.element.updateComplete;
    key(alone, alone.find("#guide"), "Enter");
    equal(alone.element.guide, "LLJ2Rvx1");
    const chosen = await Page.open({ html: tag(listed), edge: edge() });
    put(chosen, chosen.find<HTMLInputElement>("#guide"), "LLJ2Rvx1", "insertFromPaste");
    await chosen.element.updateComplete;
    key(chosen, chosen.find("#guide"), "Enter");
    equal(chosen.element.guide, undefined);
  });

  it("takes a Tmall worker by number, or by mobile and name, without a list", async () => {
    const page = await Page.open({ html: tag('channel="tmall" order="7"'), edge: edge() });
    const input = page.find<HTMLInputElement>("#guide");
    put(page, input, "13800005678 李师傅", "insertCompositionText");
    await page.element.updateComplete;
    key(page, input, "Enter");
    await page.element.submit();
    equal(page.sends[0]?.body?.guide, { mobile: "13800005678", name: "李师傅" });
    ok(!JSON.stringify(localStorage).includes("13800005678"), "no mobile is remembered");
    page.element.order = "8";
    await page.element.updateComplete;
    const next = page.find<HTMLInputElement>("#guide");
    put(page, next, "90071992547409931", "insertFromPaste");
    await page.element.updateComplete;
    key(page, next, "Enter");
    await page.element.submit();
    equal(page.sends[1]?.body?.guide, { id: "90071992547409931" });
  });

  it("stays inside the window and above everything, in a box that clips and is transformed", async () => {
    if (aged) return; // the top layer is what it takes
    const html = `<div style="overflow:hidden;height:320px;transform:translateZ(0);z-index:1;position:relative">${tag(listed)}</div><div style="position:fixed;inset:0 0 auto;height:600px;z-index:2147483647;pointer-events:none"></div>`;
    const page = await Page.open({ html, edge: edge() });
    key(page, page.find("#guide"), "ArrowDown");
    await page.element.updateComplete;
    const rect = page.find(".popup").getBoundingClientRect();
    ok(rect.top >= 0 && rect.bottom <= page.window.innerHeight && rect.height > 100, JSON.stringify(rect));
    const { left, width } = page.find(".control.guide").getBoundingClientRect();
    ok(Math.abs(rect.left - left) < 2 && Math.abs(rect.width - width) < 2, "as wide as its field");
    const hit = page.root.elementFromPoint(rect.left + 60, rect.top + 24);
    ok(hit?.closest(".popup"), "can be pressed");
  });
});
