/** One till, many orders: the receipt names who was sent, each intent is told to its end, and the next order begins clean. */
import { equal, ok, until } from "../support/assert.ts";
import { assignment, edge, held, json, offline, problem, session } from "../support/edge.ts";
import { type Call, endpoint, forgetTill, order, Page, tag } from "../support/page.ts";

const people = `guides='[{"id":"g1","name":"张三","workId":"1001001"},{"id":"g2","name":"李四","workId":"1001002"}]'`;

/** Chooses the nth person as a cashier does. */
async function choose(page: Page, index = 0) {
  page.find("#guide").click();
  await page.element.updateComplete;
  page.root.querySelectorAll<HTMLElement>("[role=option]")[index]?.click();
  await page.element.updateComplete;
}

/** An edge whose answer to an assignment the test gives when it likes. */
function heldBack() {
  const answers: ((answer: Response) => void)[] = [];
  return { answers, edge: edge(() => new Promise((resolve) => answers.push(resolve))) };
}

function scan(page: Page, code: string) {
  for (const key of [...code, "Enter"])
    page.document.body.dispatchEvent(new page.window.KeyboardEvent("keydown", { key, bubbles: true, composed: true }));
}

describe("the receipt", () => {
  afterEach(forgetTill);

  it("names who was sent, whoever is scanned or set while the assignment is under way", async () => {
    const { answers, edge: pretended } = heldBack();
    const page = await Page.open({
      html: tag(`order="${order}" scanner="page" guide="g1" ${people}`),
      edge: pretended,
    });
    page.button.click();
    await until(() => answers.length === 1, "the send");
    scan(page, "1001002");
    await until(() => page.heard("scan").length === 1, "the scan");
    equal(page.element.guide, "g1", "a badge is not taken while somebody is being assigned:");
    page.element.guide = "g2";
    await page.element.updateComplete;
    answers[0]?.(json(200, assignment(page.sends[0] as Call)));
    await page.state("done");
    equal(page.find(".answer").textContent, "张三");
    ok(page.message.includes("已分配给 张三"), page.message);
  });

  it("goes when the page names somebody else afterwards, and `auto` asks for that one", async () => {
    for (const [attributes, sends] of [
      ["", ["g1"]],
      ["auto", ["g1", "g2"]],
    ] as const) {
      const page = await Page.open({
        html: tag(`${attributes} order="${order}" guide="g1" ${people}`),
        edge: edge((call) => json(200, assignment(call))),
      });
      if (!attributes) page.button.click();
      await page.state("done");
      page.element.guide = "g2";
      await page.element.updateComplete;
      if (attributes) await until(() => page.sends.length === 2, "the second");
      else equal([page.element.state, page.button.textContent], ["idle", "分配给 \u2068李四\u2069"]);
      equal(
        page.sends.map(({ body }) => (body as { guide: { id: string } }).guide.id),
        sends,
      );
      page.close();
    }
  });

  it("stays when the page clears the guide", async () => {
    const page = await Page.open({ edge: edge() });
    await page.element.submit();
    Object.assign(page.element, { guide: undefined, guideName: undefined });
    await page.element.updateComplete;
    equal([page.element.state, page.find(".answer").textContent], ["done", "张三"]);
  });
});

describe("what a till remembers", () => {
  afterEach(forgetTill);

  it("of one channel is not offered, nor sent, on the other", async () => {
    const tmall = await Page.open({ html: tag('channel="tmall" order="2345678" guide="7"'), edge: edge() });
    await tmall.element.submit();
    tmall.close();
    const page = await Page.open({ html: tag(`remember auto order="${order}"`), edge: edge() });
    await until(() => page.calls.some(({ url }) => url === "/session"), "a session");
    await page.element.flush();
    await page.element.updateComplete;
    equal([page.element.guide, page.sends.length], [undefined, 0]);
  });

  it("is not brought back while somebody else is to be found, and comes back with the next order", async () => {
    const page = await Page.open({ html: tag(`remember auto order="${order}" ${people}`), edge: edge() });
    await choose(page);
    await page.state("done");
    page.find<HTMLButtonElement>(".actions button").click();
    await page.state("idle");
    page.find("#guide").focus();
    await page.element.flush();
    await page.element.updateComplete;
    equal([page.element.guide, page.sends.length], [undefined, 1]);
    page.element.order = "next-1";
    await until(() => page.sends.length === 2, "the next order");
    equal(page.sends[1]?.body, { channel: "wechat", order: "next-1", guide: { id: "g1", name: "张三" } });
  });
});

describe("`auto`", () => {
  afterEach(forgetTill);

  it("waits until the element is enabled, and tells no error meanwhile", async () => {
    const page = await Page.open({ html: tag(`auto disabled order="${order}" guide="g1"`), edge: edge() });
    await page.element.updateComplete;
    equal([page.element.state, page.heard("error").length, page.sends.length], ["idle", 0, 0]);
    page.element.removeAttribute("disabled");
    await page.state("done");
    equal(page.sends.length, 1);
  });

  it("waits until there is a session to ask for", async () => {
    const page = await Page.open({
      html: `<staff-assign auto endpoint="${endpoint}" order="${order}" guide="g1"></staff-assign>`,
      edge: edge(),
    });
    await page.element.updateComplete;
    equal([page.element.state, page.heard("error").length], ["idle", 0]);
    page.element.session = async () => (await session()).json();
    await page.state("done");
    equal(page.sends.length, 1);
  });

  it("tells of a session that the page has forgotten, with each order, and goes on once it is there", async () => {
    const later: (() => void)[] = [];
    const page = await Page.open({
      html: `<staff-assign auto endpoint="${endpoint}" order="${order}" guide="g1"></staff-assign>`,
      edge: edge(),
      before: (window) => {
        const { setTimeout } = window;
        // seconds pass when the test says so
        window.setTimeout = ((work: () => void, ms: number) =>
          ms < 1000 ? setTimeout(work, ms) : later.push(work)) as never;
      },
    });
    await page.element.updateComplete;
    equal(page.heard("error").length, 0);
    for (const work of later.splice(0)) work();
    await page.state("error");
    equal(page.message, "登录已失效。请重新登录收银台。");
    page.element.order = "next-1";
    await until(() => page.heard("error").length === 2, "the next order");
    equal(
      page.heard("error").map(({ code, message }) => [code, message]),
      [1, 2].map(() => ["session_unavailable", "no session-url or endpoint"]),
    );
    page.element.session = async () => (await session()).json();
    await page.state("done");
    equal(
      page.sends.map(({ body }) => body?.order),
      ["next-1"],
    );
  });
});

describe("an order that the cashier has left", () => {
  afterEach(forgetTill);

  it("is told to its end: success, pending and error name their request", async () => {
    const { answers, edge: pretended } = heldBack();
    const page = await Page.open({ edge: pretended });
    const leave = async (next: string) => {
      page.element.submit().catch(() => {});
      const sends = page.sends.length + 1;
      await until(() => page.sends.length === sends, "the send");
      Object.assign(page.element, { order: next, guide: "g1" });
      await page.element.updateComplete;
    };
    await leave("second-1");
    await leave("third-1");
    await leave("fourth-1");
    const [first, second] = page.sends as [Call, Call];
    answers[0]?.(json(200, assignment(first)));
    answers[1]?.(json(202, assignment(second, { status: "pending" }), { "retry-after": "60" }));
    answers[2]?.(problem(422, "upstream_rejected"));
    await until(() => page.heard("error").length === 1, "the last outcome");
    const orders = (type: string) => page.heard(type).map((event) => (event.request as { order: string }).order);
    equal([orders("success"), orders("pending"), orders("error")], [[order], ["second-1"], ["third-1"]]);
    equal([page.element.state, page.element.unfinished], ["idle", 2], "what failed waits to be seen:");
  });

  it("and that waited for the network is told when it is delivered", async () => {
    let online = false;
    const page = await Page.open({ edge: edge((call) => (online ? json(200, assignment(call)) : offline())) });
    equal((await page.element.submit()).status, "queued");
    page.element.order = "next-1";
    await page.element.updateComplete;
    online = true;
    page.window.dispatchEvent(new page.window.Event("online"));
    await until(() => page.heard("success").length === 1, "success");
    equal(
      page.heard("success").map(({ request }) => (request as { order: string }).order),
      [order],
    );
  });

  it("keeps the guide that the page names with the next one, also when it is the same", async () => {
    const page = await Page.open({ html: tag(`order="${order}" ${people}`), edge: edge() });
    await choose(page);
    await page.element.submit();
    Object.assign(page.element, { order: "next-1", guide: "g1" });
    await page.element.updateComplete;
    equal(page.element.guide, "g1");
    page.element.order = "next-2";
    await page.element.updateComplete;
    equal(page.element.guide, "g1", "it is the page's now:");
  });

  for (const [what, named] of [
    ["a list that names both", people],
    ["no list", ""],
  ] as const) {
    it(`gives the next guide, whom the page names by id alone, no other's name, with ${what}`, async () => {
      const page = await Page.open({ html: tag(`order="${order}" ${people}`), edge: edge() });
      await choose(page);
      await page.element.submit();
      if (!named) page.element.removeAttribute("guides");
      await page.element.updateComplete;
      Object.assign(page.element, { order: "next-1", guide: "g2" });
      await page.element.submit();
      equal(page.sends[1]?.body?.guide, named ? { id: "g2", name: "李四" } : { id: "g2" });
      ok(page.message.endsWith(named ? "李四" : "g2"), page.message);
    });
  }

  it("keeps the name of whom the cashier chose when the page names the same one by id, as it was told", async () => {
    const page = await Page.open({ html: tag(`order="${order}" ${people}`), edge: edge() });
    page.document.addEventListener("staff-assign-change", (event) => {
      page.element.guide = (event as Event & { guide: string }).guide;
    });
    await choose(page);
    page.element.guides = undefined;
    await page.element.submit();
    equal(page.sends[0]?.body?.guide, { id: "g1", name: "张三" });
  });
});

describe("what the cashier does next", () => {
  afterEach(forgetTill);

  async function enter(page: Page, value: string) {
    const input = page.find<HTMLInputElement>("#order");
    input.value = value;
    input.dispatchEvent(
      new page.window.InputEvent("input", { bubbles: true, composed: true, inputType: "insertFromPaste" }),
    );
    input.dispatchEvent(new page.window.Event("blur"));
    await page.element.updateComplete;
  }
  const texts = (page: Page) =>
    [...page.root.querySelectorAll(".actions button")].map(({ textContent }) => textContent);
  const press = async (page: Page, text: string) => {
    [...page.root.querySelectorAll<HTMLElement>("button")].find(({ textContent }) => textContent === text)?.click();
    await page.element.updateComplete;
  };

  it("starts the next order by a button, where orders are entered by hand and only there", async () => {
    const page = await Page.open({ html: tag(`guide="g1" ${people}`), edge: edge() });
    await enter(page, "by-hand-1");
    await page.element.submit();
    await page.state("done");
    equal(texts(page), ["改派", "下一单"]);
    await press(page, "下一单");
    equal([page.element.state, page.element.order, page.element.guide], ["idle", undefined, "g1"]);
    equal(page.heard("change").at(-1)?.order, undefined, "the page hears of it:");
    await until(() => page.root.activeElement === page.find("#order"), "the focus in the order");
    page.element.order = "of-the-page";
    await page.element.submit();
    await page.state("done");
    equal(texts(page), ["改派"]);
  });

  it("tells the page when an order that somebody has is left as it is", async () => {
    const page = await Page.open({ edge: edge(() => problem(409, "already_assigned", held)) });
    await page.element.submit().catch(() => {});
    await page.state("error");
    await press(page, "不改派");
    equal([page.element.state, page.element.order], ["idle", undefined]);
    equal(
      page.heard("change").map((event) => event.order),
      [undefined],
    );
  });

  it("corrects what was refused, also in one row", async () => {
    const page = await Page.open({
      html: tag(`compact order="${order}" guide="g1" ${people}`),
      edge: edge(() => problem(422, "upstream_rejected")),
    });
    await page.element.submit().catch(() => {});
    await page.state("error");
    equal(texts(page), ["返回", "分配"]);
    await press(page, "返回");
    equal([page.element.state, page.find<HTMLInputElement>("#order").value], ["idle", order]);
    await enter(page, "corrected-1");
    equal(page.element.order, "corrected-1");
  });

  it("chooses somebody else by a press on the field and typing", async () => {
    const page = await Page.open({ html: tag(`order="${order}" guide="g1" ${people}`), edge: edge() });
    const input = page.find<HTMLInputElement>("#guide");
    input.focus();
    input.setSelectionRange(2, 2);
    input.click();
    equal([input.selectionStart, input.selectionEnd], [0, 2], "what is typed takes the place of the name:");
  });

  it("opens the list by a press anywhere in the field, also on the circle, and types there", async () => {
    for (const [attributes, selectors] of [
      ["", [".control.guide .avatar", ".control.guide", "#guide"]],
      ["compact", [".control.guide", "#guide"]],
    ] as const) {
      const page = await Page.open({ html: tag(`${attributes} order="${order}" guide="g1" ${people}`), edge: edge() });
      const input = page.find<HTMLInputElement>("#guide");
      for (const selector of selectors) {
        page.find(selector).click();
        await until(() => page.find("[role=listbox]"), `the list after a press on ${selector}`);
        ok(page.root.activeElement === input, "the focus");
        equal([input.selectionStart, input.selectionEnd], [0, 2], "what is typed takes the place of the name:");
        input.blur();
        await until(() => !page.find("[role=listbox]"), "no list");
      }
      page.element.disabled = true;
      await page.element.updateComplete;
      page.find(".control.guide").click();
      await page.element.updateComplete;
      equal(page.find("[role=listbox]"), null, "disabled:");
      page.close();
    }
  });

  it("keeps the focus, and what is being typed, at a press beside the input", async () => {
    const page = await Page.open({ html: tag(`order="${order}" ${people}`), edge: edge() });
    page.find("#guide").click();
    await until(() => page.find("[role=listbox]"), "the list");
    const leaves = (selector: string) => {
      const press = new page.window.MouseEvent("mousedown", { bubbles: true, composed: true, cancelable: true });
      return page.find(selector).dispatchEvent(press);
    };
    equal([".control.guide", ".guide .avatar", "[role=option]", "#guide"].map(leaves), [false, false, false, true]);
  });

  it("is told with the change event, whoever was chosen or typed", async () => {
    const page = await Page.open({ html: tag(`channel="tmall" order="1"`), edge: edge() });
    const input = page.find<HTMLInputElement>("#guide");
    input.value = "13800005678 李师傅";
    input.dispatchEvent(
      new page.window.InputEvent("input", { bubbles: true, composed: true, inputType: "insertFromPaste" }),
    );
    await page.element.updateComplete;
    page.find("[role=option]").click();
    const told = page
      .heard("change")
      .map(({ order, guide, guideMobile, guideName }) => [order, guide, guideMobile, guideName]);
    equal(told, [["1", undefined, "13800005678", "李师傅"]]);
  });

  it("looks at each of the unfinished in turn, and loses nothing of the present order", async () => {
    const page = await Page.open({
      html: `<form>${tag(`name="staff" guide="g1" ${people}`)}</form>`,
      edge: edge((call) => {
        const wanted = String(call.body?.order);
        if (wanted.startsWith("pending"))
          return json(202, assignment(call, { id: wanted, status: "pending" }), { "retry-after": "60" });
        return wanted.startsWith("offline") ? offline() : json(200, assignment(call));
      }),
    });
    for (const next of ["pending-1111", "offline-2222", "done-3333"]) {
      page.element.order = next;
      await page.element.submit();
    }
    await page.state("done");
    const seen: string[] = [];
    for (let times = 0; times < 3; times++) {
      page.find(".pill").click();
      await page.element.updateComplete;
      seen.push(page.message);
    }
    ok(seen[0]?.startsWith("…1111 张三") && seen[0].includes("等待平台确认"), `with the platform: ${seen[0]}`);
    ok(seen[1]?.startsWith("…2222 张三") && seen[1].includes("联网后自动发送"), `waits for the line: ${seen[1]}`);
    equal(seen[2], seen[0]);
    equal([page.element.state, page.find(".answer").textContent], ["done", "张三"]);
    page.element.order = "done-4444";
    await page.element.updateComplete;
    equal(page.message, "可以分配", "the next order speaks for itself:");
  });

  it("sees and presses the number of the unfinished in one row as well, reads what it tells, and comes back to the order", async () => {
    for (const width of [480, 360]) {
      const page = await Page.open({
        html: `<div style="width:${width}px">${tag(`compact guide="g1" ${people}`)}</div>`,
        edge: edge(offline),
      });
      page.element.order = "offline-2222";
      await page.element.submit();
      Object.assign(page.element, { order: "next-3333", guide: "g2" });
      await page.element.updateComplete;
      equal(page.element.state, "idle");
      for (const shield of page.find(".pill").getAnimations()) shield.finish();
      const visible = (selector: string) => {
        const { left, top, width: wide, height } = page.find(selector).getBoundingClientRect();
        const shown = page.root.elementFromPoint(left + wide / 2, top + height / 2);
        return wide > 16 && left + wide <= width && page.find(selector).contains(shown);
      };
      equal([visible("#order"), visible("#guide"), visible(".pill"), visible(".words")], [true, true, true, false]);
      ok(page.find(".pill").ariaLabel?.endsWith("笔未完成"), "what the number counts");
      page.find(".pill").focus();
      page.find(".pill").click();
      await page.element.updateComplete;
      ok(page.message.startsWith("…2222 张三") && visible(".words"), `it is told: ${page.message}`);
      ok(page.root.activeElement === page.find(".pill"), "the focus stays");
      equal(page.element.getBoundingClientRect().height, 56);
      await press(page, "返回");
      equal(
        [visible("#order"), visible(".words"), page.element.order, page.element.guide],
        [true, false, "next-3333", "g2"],
      );
      page.close();
      await forgetTill();
    }
  });

  it("still replaces the assignment of the order when one of the unfinished was looked at in between", async () => {
    const page = await Page.open({
      html: tag(`compact guide="g1" ${people}`),
      edge: edge((call) => (String(call.body?.order).startsWith("offline") ? offline() : json(200, assignment(call)))),
    });
    page.element.order = "offline-2222";
    await page.element.submit();
    page.element.order = "done-3333";
    await page.element.submit();
    await page.state("done");
    await press(page, "改派");
    page.find(".pill").click();
    await page.element.updateComplete;
    await press(page, "返回");
    await choose(page, 1);
    await press(page, "分配");
    await page.state("done");
    const { order: sent, replaces } = page.sends.at(-1)?.body ?? {};
    equal([sent, replaces], ["done-3333", "a1"]);
  });

  it("reads the order's last figures on the answer in one row", async () => {
    const page = await Page.open({ html: tag(`compact order="${order}" guide="g1" ${people}`), edge: edge() });
    await page.element.submit();
    await page.state("done");
    equal(page.message, "…4600 已分配给 张三");
  });
});
