import { equal, gate, ok, until } from "../support/assert.ts";
import { assignment, edge, json, never, offline, session } from "../support/edge.ts";
import { changeIntents, intents, type Kept, untilKept } from "../support/outbox.ts";
import { forgetTill, order, Page, type PageWindow, tag } from "../support/page.ts";

/** Another page of the till sends what was written, once and under its key. */
async function nextPageSendsOnce(written: Kept | undefined) {
  ok(written, "written");
  const next = await Page.open({ edge: edge() });
  await next.state("done");
  equal(
    next.sends.map(({ headers }) => headers["idempotency-key"]),
    [written?.key],
  );
}

/** Shortens the wait for a storage while it does not answer; one that does has its whole time, on a slow machine too. */
const impatient = (page: PageWindow, answers = () => false) => {
  const { setTimeout } = page;
  page.setTimeout = ((work: () => void, ms?: number, ...more: unknown[]) =>
    setTimeout(work, ms === 5_000 && !answers() ? 20 : ms, ...more)) as typeof page.setTimeout;
};

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

  it("sends what a page killed between writing and asking for its session left, once, under the same key", async () => {
    let sessions = 0;
    const first = await Page.open({
      edge: (call) =>
        call.url === "/session"
          ? // the first ends at once; the next is held for ever
            ++sessions > 1
            ? never()
            : session({ expiresIn: 0.001 })
          : json(200, assignment(call)),
    });
    await until(() => sessions === 1, "the first session");
    // by then it is answered, too
    await first.element.flush();
    first.element.submit().catch(() => {});
    const [written] = await untilKept((kept) => kept.length === 1, "the write");
    first.close();
    equal(first.sends.length, 0);
    await nextPageSendsOnce(written);
  });

  it("sends what a page killed at the very end of its write left, once, under the same key", async () => {
    let killed = () => {};
    const end = new Promise<void>((resolve) => {
      killed = resolve;
    });
    const first = await Page.open({
      edge: edge(),
      before: ({ IDBObjectStore }) => {
        const { put } = IDBObjectStore.prototype;
        IDBObjectStore.prototype.put = function (value, key) {
          // ahead of the page's own listener
          if (this.name === "intents") {
            this.transaction.addEventListener("complete", () => {
              first.close();
              killed();
            });
          }
          return put.call(this, value, key);
        };
      },
    });
    await until(() => first.calls.length > 0, "the session");
    await first.element.flush();
    first.element.submit().catch(() => {});
    await end;
    const [written] = await intents();
    equal([written?.sent, first.sends.length], [undefined, 0]);
    await nextPageSendsOnce(written);
  });

  it("sends what a page killed between sending and the answer left, under the same key, on the next page", async () => {
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
    await changeIntents((intent) => {
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
    await changeIntents((intent) => {
      intent.createdAt = Date.now() - 901_000;
    });
    const known = { ...assignment({ body: { channel: "wechat", order, guide: { id: "g1" } } } as never) };
    const second = await Page.open({ edge: edge(undefined, () => json(200, { data: [known] })) });
    await second.state("done");
    equal(second.sends.length, 0);
  });

  for (const [what, html, known] of [
    [
      "another kind of order of the same number",
      'order="123" guide="7" order-kind="workcard"',
      { order: "123", orderKind: "outer", guide: { id: "7" } },
    ],
    [
      "a kind of order where the intent names none",
      'order="123" guide="7"',
      { order: "123", orderKind: "fulfil-task", guide: { id: "7" } },
    ],
    [
      "a mobile of which the edge shows four digits",
      'order="123" guide-mobile="13800005678"',
      { order: "123", orderKind: "workcard", guide: { mobile: "138****5678" } },
    ],
  ] as const) {
    it(`does not call an old intent done because the edge knows ${what}`, async () => {
      const content = tag(`channel="tmall" ${html}`);
      const first = await Page.open({ html: content, edge: edge(offline) });
      await first.element.submit();
      first.close();
      await changeIntents((intent) => {
        intent.createdAt = Date.now() - 901_000;
      });
      const record = { id: "a9", status: "assigned", channel: "tmall", attempts: 1, ...known };
      const second = await Page.open({ html: content, edge: edge(undefined, () => json(200, { data: [record] })) });
      await second.state("error");
      equal(second.heard("error")[0]?.code, "queue_expired");
      equal(second.sends.length, 0);
    });
  }

  it("calls an old Tmall intent done when the edge names that worker for that kind of order", async () => {
    const content = tag('channel="tmall" order="123" guide="7"');
    const first = await Page.open({ html: content, edge: edge(offline) });
    await first.element.submit();
    first.close();
    await changeIntents((intent) => {
      intent.createdAt = Date.now() - 901_000;
    });
    const record = { id: "a9", status: "assigned", order: "123", orderKind: "workcard", guide: { id: "7" } };
    const second = await Page.open({ html: content, edge: edge(undefined, () => json(200, { data: [record] })) });
    await second.state("done");
  });

  it("does not send an intent whose age a clock set back has made unknown", async () => {
    const first = await Page.open({ edge: edge(offline) });
    await first.element.submit();
    first.close();
    await changeIntents((intent) => {
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
    const [released, release] = gate();
    const slow = edge(async (call) => {
      await released;
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

  it("does not call an intent done by what another tab had, when the order has been given to somebody else since", async () => {
    const [released, release] = gate();
    const slow = await Page.open({
      edge: (call) =>
        call.url === "/session"
          ? released.then(() => session())
          : json(200, assignment(call, { status: "superseded", order })),
    });
    const result = slow.element.submit().catch((reason) => reason);
    await untilKept((kept) => kept.length === 1, "the intent");
    const quick = await Page.open({ edge: edge() });
    equal((await quick.element.submit()).status, "assigned");
    release();
    equal((await result).code, "already_assigned");
    equal(slow.sends.length, 0);
  });

  it("takes no outcome of another edge's for its own", async () => {
    const first = await Page.open({ edge: edge() });
    equal((await first.element.submit()).status, "assigned");
    await changeIntents((intent) => {
      Object.assign(intent, { endpoint: "https://staging.test", endedAt: Date.now() + 5_000 });
    });
    const second = await Page.open({ edge: edge() });
    equal((await second.element.submit()).status, "assigned");
    equal(second.sends.length, 1);
  });

  it("sends nothing when another tab was through with the intent while this one waited for its session", async () => {
    const first = await Page.open({ edge: edge(offline) });
    await first.element.submit();
    first.close();
    const [released, release] = gate();
    const slow = await Page.open({
      html: tag('order="x3"'),
      edge: (call) =>
        call.url === "/session"
          ? released.then(() => session())
          : json(200, assignment(call, call.method === "GET" ? { order } : {})),
    });
    await until(() => slow.calls.length > 0, "the session call");
    const quick = await Page.open({ edge: edge() });
    await quick.state("done");
    release();
    await slow.element.flush();
    await until(() => slow.element.unfinished === 0, "nothing left");
    equal([quick.sends.length, slow.sends.length], [1, 0]);
    equal((await intents()).filter(({ result }) => !result).length, 0, "nothing brought back");
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
      "is forbidden, and with it every lock",
      (page: PageWindow) => {
        const denied = () => Promise.reject(new page.DOMException("The request was denied.", "SecurityError"));
        page.IDBFactory.prototype.open = () => {
          throw new page.DOMException("denied", "SecurityError");
        };
        if (page.LockManager) page.LockManager.prototype.request = denied;
      },
    ],
    [
      "never answers",
      (page: PageWindow) => {
        page.IDBFactory.prototype.open = () => ({}) as IDBOpenDBRequest;
        impatient(page);
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
      ok(page.message.includes("请勿关闭收银页面"), page.message);
      equal(
        page.heard("error").map((event) => event.code),
        ["storage_unavailable"],
      );
      online = true;
      page.element.retry();
      await page.state("done");
    });
  }

  it("records again once a storage that did not answer does", async () => {
    const waiting: (() => void)[] = [];
    let answers = false;
    const page = await Page.open({
      edge: edge(offline),
      before: (window) => {
        impatient(window, () => answers);
        const { open } = window.IDBFactory.prototype;
        window.IDBFactory.prototype.open = function (name, version) {
          if (answers) return open.call(this, name, version);
          const late = {} as { -readonly [member in keyof IDBOpenDBRequest]: IDBOpenDBRequest[member] };
          waiting.push(() => {
            const request = open.call(this, name, version);
            request.onupgradeneeded = (event) => {
              late.result = request.result;
              late.onupgradeneeded?.call(request, event);
            };
            request.onsuccess = (event) => {
              late.result = request.result;
              late.onsuccess?.call(request, event);
            };
          });
          return late as IDBOpenDBRequest;
        };
      },
    });
    equal((await page.element.submit()).stored, false);
    answers = true;
    for (const answer of waiting) answer();
    await untilKept((kept) => kept.length === 1, "what was written late");
    // the page may hear of the late write a little after it
    const stored: unknown[] = [];
    while (!stored.includes(true) && stored.length < 20) {
      page.element.order = `another-${stored.length}`;
      stored.push((await page.element.submit()).stored);
    }
    equal(stored.at(-1), true);
  });

  it("takes up what an earlier page left once a storage that did not answer does, though nothing tells it", async () => {
    const elder = await Page.open({ edge: edge(offline) });
    await elder.element.submit();
    elder.close();
    let answers = false;
    const page = await Page.open({
      edge: edge(),
      before: (window) => {
        impatient(window, () => answers);
        const { setTimeout } = window;
        // the pause until the storage is asked again
        window.setTimeout = ((work: () => void, ms = 0, ...more: unknown[]) =>
          setTimeout(work, ms >= 30_000 ? 20 : ms, ...more)) as typeof window.setTimeout;
        const { open } = window.IDBFactory.prototype;
        window.IDBFactory.prototype.open = function (name, version) {
          return answers ? open.call(this, name, version) : ({} as IDBOpenDBRequest);
        };
      },
    });
    equal(await page.element.flush(), 0);
    answers = true;
    await until(() => page.sends.length === 1, "the earlier intent");
  });

  it("shows what it sends when the page's order has blanks that the edge never sees", async () => {
    const page = await Page.open({ edge: edge(() => never()) });
    page.element.order = "2015 0806";
    page.element.submit().catch(() => {});
    await page.state("busy");
    await page.element.updateComplete;
    equal([page.element.state, page.element.unfinished], ["busy", 0]);
  });

  it("names the developer what failed in the storage", async () => {
    const elder = await Page.open({ edge: edge(offline) });
    const page = await Page.open({
      edge: edge(offline),
      before: ({ IDBObjectStore }) => {
        IDBObjectStore.prototype.delete = function (key) {
          return this.add({ key }) as IDBRequest;
        };
      },
    });
    // which finds nothing yet
    await page.element.flush();
    equal((await elder.element.submit()).status, "queued");
    const error = await page.element.submit().catch((reason) => reason);
    equal(
      [error.code, String(error.message).split(":")[0]],
      ["internal_error", "ConstraintError"],
      JSON.stringify(error),
    );
  });

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
    await changeIntents((intent) => {
      intent.createdAt = Date.now() - 901_000;
    });
    const html = tag('order="another-6"');
    const second = await Page.open({ html, edge: edge(undefined, () => json(200, { data: [] })) });
    await until(() => second.root.querySelector(".pill"), "the number");
    await untilKept((kept) => kept.some(({ failure }) => failure), "that it failed");
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

  it("goes on with what was under way when it was removed for a while, and shows how it ends", async () => {
    let online = false;
    const page = await Page.open({ edge: edge((call) => (online ? json(200, assignment(call)) : offline())) });
    const { element } = page;
    equal((await element.submit()).status, "queued");
    element.remove();
    await element.updateComplete;
    online = true;
    page.document.body.append(element);
    await page.state("done");
    equal(new Set(page.sends.map(({ headers }) => headers["idempotency-key"])).size, 1);
  });

  it("settles a retry of what was under way when it was removed for a while", async () => {
    let online = false;
    const page = await Page.open({
      edge: edge((call) => (online ? json(200, assignment(call)) : offline())),
      before: (window) => Object.defineProperty(window, "indexedDB", { value: undefined }),
    });
    const { element } = page;
    equal((await element.submit()).status, "queued");
    element.remove();
    await element.updateComplete;
    online = true;
    page.document.body.append(element);
    equal((await element.retry()).status, "assigned");
  });

  it("leaves what it had under way to the count of the others on the page", async () => {
    const page = await Page.open({ html: tag(`order="${order}" guide="g1"`) + tag('order="x5"'), edge: edge(offline) });
    const [gone, stays] = page.elements;
    if (!gone || !stays) throw new Error("two elements");
    equal((await gone.submit()).status, "queued");
    equal(stays.unfinished, 0);
    gone.remove();
    await until(() => stays.shadowRoot?.querySelector(".pill"), "the number");
    equal(stays.unfinished, 1);
  });
});

describe("an element on a page that comes up again", () => {
  afterEach(forgetTill);

  for (const [what, left, here] of [
    ["another guide", 'order="123" guide="7"', 'order="123" guide="8"'],
    ["another kind of order", 'order="123" guide="7" order-kind="outer"', 'order="123" guide="7"'],
  ] as const) {
    it(`does not take for its own what an earlier page left for ${what}`, async () => {
      const first = await Page.open({ html: tag(`channel="tmall" ${left}`), edge: edge(offline) });
      await first.element.submit();
      first.close();
      const second = await Page.open({ html: tag(`channel="tmall" ${here}`), edge: edge() });
      await until(() => second.sends.length === 1, "the earlier page's");
      await untilKept((kept) => kept.every(({ result }) => result), "its outcome");
      await second.element.flush();
      equal([second.element.state, second.heard("success").length], ["idle", 0]);
    });
  }
});
