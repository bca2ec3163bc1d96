import { equal, ok, until } from "../support/assert.ts";
import { assignment, edge, json, never, offline, session } from "../support/edge.ts";
import { endpoint, forgetTill, order, Page, type PageWindow } from "../support/page.ts";

const tag = (more = "") => `<staff-assign endpoint="${endpoint}" session-url="/session" ${more}></staff-assign>`;

async function intents(): Promise<Record<string, unknown>[]> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open("staff-assign");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  try {
    if (!database.objectStoreNames.contains("intents")) return [];
    const request = database.transaction("intents").objectStore("intents").getAll();
    return await new Promise((resolve) => {
      request.onsuccess = () => resolve(request.result);
    });
  } finally {
    database.close();
  }
}

async function change(edit: (intent: Record<string, unknown>) => void) {
  const all = await intents();
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open("staff-assign");
    request.onsuccess = () => resolve(request.result);
  });
  const transaction = database.transaction("intents", "readwrite");
  for (const intent of all) {
    edit(intent);
    transaction.objectStore("intents").put(intent);
  }
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  database.close();
}

describe("the outbox", () => {
  afterEach(forgetTill);

  it("holds the intent, with its key, before the first send", async () => {
    let atSend: Record<string, unknown>[] = [];
    const page = await Page.open({
      edge: edge(async (call) => {
        atSend = await intents();
        return json(200, assignment(call));
      }),
    });
    await page.element.submit();
    equal(
      atSend.map(({ key }) => key),
      [page.sends[0]?.headers["idempotency-key"]],
    );
  });

  it("keeps no mobile once there is an outcome", async () => {
    const page = await Page.open({
      html: tag('channel="tmall" order="7" guide-mobile="13800005678" guide-name="李"'),
      edge: edge(),
    });
    await page.element.submit();
    ok(!JSON.stringify(await intents()).includes("13800005678"), "no mobile");
  });

  it("sends what a page killed between writing and sending left, under the same key, on the next page", async () => {
    const first = await Page.open({ edge: (call) => (call.url === "/session" ? session() : never()) });
    first.element.submit().catch(() => {});
    await until(() => first.sends.length === 1, "the write, and the send that never arrives");
    const key = first.sends[0]?.headers["idempotency-key"];
    first.close();
    const second = await Page.open({ edge: edge() });
    await second.state("done");
    equal(
      second.sends.map(({ headers }) => headers["idempotency-key"]),
      [key],
    );
    equal(second.heard("success").length, 1);
  });

  it("shows the number of unfinished intents on a page about another order, until they are seen", async () => {
    const first = await Page.open({ edge: edge(offline) });
    equal((await first.element.submit()).status, "queued");
    first.close();
    let online = false;
    const second = await Page.open({
      html: tag('order="another-1"'),
      edge: edge((call) => (online ? json(200, assignment(call)) : offline())),
    });
    await until(() => second.element.unfinished === 1, "the count");
    await second.element.updateComplete;
    ok(second.find(".pill").textContent?.includes("1"), "the number");
    online = true;
    second.element.flush();
    await until(() => second.element.unfinished === 0, "sent");
    equal(second.sends.at(-1)?.body?.order, order);
  });

  it("does not send an intent older than queue-max-age: it is shown as not done", async () => {
    const first = await Page.open({ edge: edge(offline) });
    await first.element.submit();
    first.close();
    await change((intent) => {
      intent.createdAt = Date.now() - 901_000;
    });
    const second = await Page.open({ edge: edge(undefined, () => json(200, { data: [] })) });
    await second.state("error");
    ok(second.message.includes("未分配"), second.message);
    equal(second.heard("error")[0]?.code, "queue_expired");
    equal(second.sends.length, 0);
  });

  it("asks the edge about an old intent that may have arrived, and shows success only then", async () => {
    const first = await Page.open({ edge: edge(offline) });
    await first.element.submit();
    first.close();
    await change((intent) => {
      intent.createdAt = Date.now() - 901_000;
    });
    const known = { ...assignment({ body: { channel: "wechat", order, guide: { id: "g1" } } } as never) };
    const second = await Page.open({ edge: edge(undefined, () => json(200, { data: [known] })) });
    await second.state("done");
    equal(second.sends.length, 0);
  });

  it("does not send an intent whose age a clock set back has made unknown", async () => {
    const first = await Page.open({ edge: edge(offline) });
    await first.element.submit();
    first.close();
    await change((intent) => {
      intent.createdAt = Date.now() + 86_400_000;
    });
    const second = await Page.open({ edge: edge(undefined, () => json(200, { data: [] })) });
    await second.state("error");
    equal(second.sends.length, 0);
  });

  it("never sends one shop's intents under another shop's session", async () => {
    const first = await Page.open({ edge: edge(offline) });
    await first.element.submit();
    first.close();
    const other = await Page.open({
      html: tag('order="another-2" guide="g5"'),
      edge: (call) => (call.url === "/session" ? session({ merchant: "other" }) : json(200, assignment(call))),
    });
    await other.element.flush();
    await other.element.submit();
    equal(
      other.sends.map(({ body }) => body?.order),
      ["another-2"],
    );
    equal(other.element.unfinished, 0);
    other.close();
    const own = await Page.open({ html: tag('order="another-3"'), edge: edge() });
    await until(() => own.sends.length === 1, "its own session sends it");
    equal(own.sends[0]?.body?.order, order);
  });

  it("tells two stores of one merchant apart", async () => {
    const first = await Page.open({
      edge: (call) => (call.url === "/session" ? session({ storeId: "1" }) : offline()),
    });
    await first.element.submit();
    first.close();
    const other = await Page.open({
      html: tag('order="another-4"'),
      edge: (call) => (call.url === "/session" ? session({ storeId: "2" }) : json(200, assignment(call))),
    });
    await other.element.flush();
    equal(other.sends.length, 0);
  });

  it("sends once when two tabs submit one order and guide", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = edge(async (call) => {
      await gate;
      return json(200, assignment(call));
    });
    const [one, two] = [await Page.open({ edge: slow }), await Page.open({ edge: slow })];
    const results = [one.element.submit(), two.element.submit()];
    await until(() => one.sends.length + two.sends.length > 0, "a send");
    release();
    equal(
      (await Promise.all(results)).map(({ status }) => status),
      ["assigned", "assigned"],
    );
    equal(one.sends.length + two.sends.length, 1);
  });

  it("flushes once when two tabs take up the same intent", async () => {
    const first = await Page.open({ edge: edge(offline) });
    await first.element.submit();
    first.close();
    const pages = await Promise.all([
      Page.open({ html: tag('order="x1"'), edge: edge() }),
      Page.open({ html: tag('order="x2"'), edge: edge() }),
    ]);
    await until(() => pages.some(({ sends }) => sends.length > 0), "the flush");
    await Promise.all(pages.map((page) => page.element.flush()));
    await until(() => pages.every(({ element }) => element.unfinished === 0), "nothing left");
    equal(
      pages.reduce((sum, { sends }) => sum + sends.length, 0),
      1,
    );
  });

  for (const [what, breakStorage] of [
    ["is missing", (page: PageWindow) => Object.defineProperty(page, "indexedDB", { value: undefined })],
    [
      "throws",
      (page: PageWindow) => {
        page.IDBFactory.prototype.open = () => {
          throw new page.DOMException("no", "SecurityError");
        };
      },
    ],
    [
      "is full",
      (page: PageWindow) => {
        page.IDBObjectStore.prototype.put = () => {
          throw new page.DOMException("no", "QuotaExceededError");
        };
      },
    ],
  ] as const) {
    it(`assigns online when storage ${what}, and shows the loss when the network is gone too`, async () => {
      let online = true;
      const page = await Page.open({
        edge: edge((call) => (online ? json(200, assignment(call)) : offline())),
        before: breakStorage,
      });
      equal((await page.element.submit()).status, "assigned");
      online = false;
      page.element.order = "another-5";
      page.element.guide = "g1";
      const result = await page.element.submit();
      equal([result.status, result.stored], ["queued", false]);
      ok(page.message.includes("保持收银台打开"), page.message);
      equal(
        page.heard("error").map((event) => event.code),
        ["storage_unavailable"],
      );
      online = true;
      page.element.retry();
      await page.state("done");
    });
  }

  it("tells the page that an intent is queued, once, and that it is stored", async () => {
    const page = await Page.open({ edge: edge(offline) });
    await page.element.submit();
    equal(
      page.heard("queued").map((event) => event.stored),
      [true],
    );
    ok(page.message.includes("已记录"), page.message);
  });

  it("works when localStorage throws", async () => {
    const page = await Page.open({
      edge: edge(),
      before: (window) =>
        Object.defineProperty(window, "localStorage", {
          get() {
            throw new window.DOMException("no", "SecurityError");
          },
        }),
    });
    equal((await page.element.submit()).status, "assigned");
  });
});

describe("failures that nobody saw", () => {
  afterEach(forgetTill);

  it("are counted on the next page, told one by one, and gone once seen", async () => {
    const first = await Page.open({ edge: edge(offline) });
    await first.element.submit();
    first.close();
    await change((intent) => {
      intent.createdAt = Date.now() - 901_000;
    });
    const html = tag('order="another-6"');
    const second = await Page.open({ html, edge: edge(undefined, () => json(200, { data: [] })) });
    await until(() => second.root.querySelector(".pill"), "the number");
    let failed = false;
    while (!failed) failed = (await intents()).some(({ failure }) => failure);
    second.close();
    const third = await Page.open({ html, edge: edge() });
    await until(() => third.root.querySelector(".pill"), "the number again");
    third.find(".pill").click();
    await third.element.updateComplete;
    ok(/4600 张三.*未分配/.test(third.message), third.message);
    equal([third.element.unfinished, third.root.querySelector(".pill")], [0, null]);
    await until(() => third.element.unfinished === 0, "nothing left");
    equal(third.sends.length, 0);
  });

  it("do not hide a second try for the same order and guide on the next page", async () => {
    const first = await Page.open({ edge: edge(() => never()) });
    first.element.submit().catch(() => {});
    await until(() => first.sends.length === 1, "the send");
    first.close();
    const second = await Page.open({ edge: edge() });
    equal((await second.element.submit()).status, "assigned");
    equal(
      second.sends.map(({ headers }) => headers["idempotency-key"]),
      [first.sends[0]?.headers["idempotency-key"]],
    );
  });
});

describe("an element that is moved or removed", () => {
  afterEach(forgetTill);

  it("goes on with a submit while it is moved in the page", async () => {
    let release = (_: Response) => {};
    const page = await Page.open({
      edge: edge(
        () =>
          new Promise((resolve) => {
            release = resolve;
          }),
      ),
    });
    const result = page.element.submit();
    await until(() => page.sends.length === 1, "the send");
    const box = page.document.body.appendChild(page.document.createElement("div"));
    box.append(page.element);
    await page.element.updateComplete;
    release(json(200, assignment({ body: { order } } as never)));
    equal((await result).status, "assigned");
    equal(
      page.sends.map(({ aborted }) => aborted),
      [false],
    );
    await page.state("done");
  });

  it("aborts its requests when it is gone for good, without calling the assignment failed", async () => {
    const page = await Page.open({ edge: edge(() => never()) });
    const { element } = page;
    const result = element.submit();
    await until(() => page.sends.length === 1, "the send");
    element.remove();
    equal((await result).status, "queued");
    ok(page.sends[0]?.aborted, "aborted");
    equal(page.heard("error").length, 0);
    equal(
      (await intents()).map(({ failure }) => failure),
      [undefined],
    );
  });
});
