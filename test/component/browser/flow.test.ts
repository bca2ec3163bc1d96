import { equal, ok, until } from "../support/assert.ts";
import { assignment, edge, held, json, never, offline, problem, session } from "../support/edge.ts";
import { endpoint, forgetTill, order, Page } from "../support/page.ts";

describe("one assignment", () => {
  afterEach(forgetTill);

  it("sends order, guide, session and an idempotency key, and no cookies", async () => {
    const page = await Page.open({ edge: edge() });
    const result = await page.element.submit();
    equal(result.status, "assigned");
    const [send] = page.sends;
    equal(send?.url, `${endpoint}/v1/assignments`);
    equal(send?.body, { channel: "wechat", order, guide: { id: "g1", name: "张三" } });
    equal(send?.headers.authorization, "Bearer token-1");
    equal(send?.credentials, "omit");
    ok(/^(\d{1,10}-){3}\d{1,10}$/.test(send?.headers["idempotency-key"] ?? ""), "an idempotency key");
    equal(
      page.calls.filter(({ url }) => url === "/session").map(({ credentials, body }) => [credentials, body]),
      [["same-origin", {}]],
    );
  });

  it("names guide and order once it is done, and tells the page", async () => {
    const page = await Page.open({ edge: edge() });
    page.button.click();
    await page.state("done");
    equal(page.find(".answer").textContent, "张三");
    ok(page.message.includes("已分配给 张三"), page.message);
    equal(page.find(".receipt b").textContent, "4600");
    const [event] = page.heard("success");
    equal((event?.assignment as { id: string } | undefined)?.id, "a1");
    equal(page.heard("submit").length, 1);
  });

  it("sends once for a click and two calls, on each of two elements of one order and guide", async () => {
    const html = `<staff-assign endpoint="${endpoint}" session-url="/session" order="${order}" guide="g1"></staff-assign>`;
    const page = await Page.open({ html: html + html, edge: edge() });
    const { elements } = page;
    page.button.click();
    const results = await Promise.all(elements.flatMap((element) => [element.submit(), element.submit()]));
    equal(
      results.map(({ status }) => status),
      ["assigned", "assigned", "assigned", "assigned"],
    );
    equal(page.sends.length, 1);
  });

  it("sends nothing when a listener cancels the submit event", async () => {
    const page = await Page.open({ edge: edge() });
    page.document.addEventListener("staff-assign-submit", (event) => event.preventDefault());
    equal((await page.element.submit()).status, "canceled");
    equal(page.sends.length, 0);
    equal(page.element.state, "idle");
  });

  it("refuses a missing order or guide by itself, naming the field, without a call", async () => {
    const page = await Page.open({ edge: edge() });
    for (const [values, field] of [
      [{ order: undefined }, "order"],
      [{ order: "../x" }, "order"],
      // a number, which may be another one than the page's author wrote
      [{ order: 4200002015080612 }, "order"],
      [{ order, guide: undefined }, "guide"],
      [{ order, guide: "a/b" }, "guide"],
      [{ channel: "tmall", order: "92233720368547758070", guide: "1" }, "order"],
      [{ order: "1", operator: "store" }, "storeId"],
      [{ channel: "alipay", operator: undefined }, "channel"],
    ] as const) {
      Object.assign(page.element, values);
      const error = await page.element.submit().catch((reason) => reason);
      equal([error.name, error.code, error.field], ["StaffAssignError", "invalid_request", field]);
    }
    equal(page.sends.length, 0);
  });

  it("groups an order's figures, and no letters", async () => {
    const page = await Page.open({ edge: edge() });
    for (const [given, shown] of [
      ["POS-202611220001", "POS- 2026 1122 0001"],
      ["SB-XUNSIGNED", "SB-XUNSI GNED"],
    ] as const) {
      page.element.order = given;
      await page.element.updateComplete;
      equal(page.find("bdi").textContent, shown);
    }
  });

  it("says of an order that is there and wrong that it is wrong, and marks its field, also in one row", async () => {
    for (const [attributes, wrong] of [
      ['order="AB#1"', "AB#1"],
      [`order="${"1".repeat(33)}"`, "1".repeat(33)],
      ['channel="tmall" order="92233720368547758070"', "92233720368547758070"],
      ['compact order="AB#1"', "AB#1"],
    ]) {
      const page = await Page.open({
        html: `<staff-assign ${attributes} guide="1" endpoint="${endpoint}" session-url="/session"></staff-assign>`,
        edge: edge(),
      });
      equal(page.message, "单号不对。请核对后重试。", `${wrong}:`);
      equal(page.find("label[part=label] b").textContent, "!");
      equal(page.button.getAttribute("aria-disabled"), "true");
      Object.assign(page.element, { order: undefined });
      await page.element.updateComplete;
      equal([page.message, page.find("label[part=label] b")], ["扫码或输入单号", null]);
      page.close();
    }
  });

  it("calls a work card a work card, and an order an order", async () => {
    for (const [attributes, zh, en] of [
      ["", "订单号", "Order"],
      ['channel="tmall"', "工单号", "Work card"],
      ['channel="tmall" order-kind="workcard"', "工单号", "Work card"],
      ['channel="tmall" order-kind="outer"', "订单号", "Order"],
    ] as const) {
      const page = await Page.open({ html: `<staff-assign ${attributes} guide="1"></staff-assign>`, edge: edge() });
      const label = () => page.find("label[for=order]").textContent?.trim();
      equal([label(), page.message], [zh, "扫码或输入单号"]);
      page.element.lang = "en";
      await page.element.updateComplete;
      equal([label(), page.message], [en, "Scan or type a number"]);
      page.close();
    }
  });

  it("does not ask the cashier for a person where the page has forgotten the store", async () => {
    const page = await Page.open({
      html: `<staff-assign channel="tmall" operator="store" order="1" guide="1" endpoint="${endpoint}" session-url="/session"></staff-assign>`,
      edge: edge(),
    });
    equal(page.message, "可以分配");
    page.button.click();
    await page.state("error");
    ok(page.message.includes("联系管理员"), page.message);
    equal(
      page.heard("error").map(({ code, field }) => [code, field]),
      [["invalid_request", "storeId"]],
    );
  });

  it("sends exact 64-bit ids as text on Tmall, and a mobile with a name", async () => {
    const page = await Page.open({
      html: `<staff-assign channel="tmall" endpoint="${endpoint}" session-url="/session" order="9223372036854775807"
        guide-mobile="13800005678" guide-name="李师傅"></staff-assign>`,
      edge: edge(),
    });
    await page.element.submit();
    equal(page.sends[0]?.body, {
      channel: "tmall",
      order: "9223372036854775807",
      guide: { mobile: "13800005678", name: "李师傅" },
    });
  });

  it("shows a pending assignment and asks for its outcome until it has one", async () => {
    let asked = 0;
    const page = await Page.open({
      edge: edge(
        (call) => json(202, assignment(call, { status: "pending" }), { "retry-after": "0" }),
        () =>
          json(200, {
            ...assignment({ body: { channel: "wechat", order, guide: { id: "g1" } } } as never),
            status: ++asked < 2 ? "pending" : "assigned",
          }),
      ),
    });
    equal((await page.element.submit()).status, "pending");
    equal(page.heard("pending").length, 1);
    await page.state("done");
    equal(page.sends.length, 1);
    ok(
      page.calls.some(({ url, method }) => url === `${endpoint}/v1/assignments/a1` && method === "GET"),
      "asks by id",
    );
  });

  it("shows a failed pending assignment as an error with the platform's reason", async () => {
    const failed = {
      code: "upstream_rejected",
      status: 422,
      reason: "order_closed",
      advice: { "zh-CN": "该订单已关闭。", en: "The order is closed." },
      retryable: false,
      requestId: "r9",
      detail: "",
      title: "",
      type: "",
    };
    const page = await Page.open({
      edge: edge(
        (call) => json(202, assignment(call, { status: "pending" }), { "retry-after": "0" }),
        (call) => json(200, assignment(call, { status: "failed", problem: failed })),
      ),
    });
    await page.element.submit();
    await page.state("error");
    ok(page.message.includes("该订单已关闭"), page.message);
    equal(page.heard("error")[0]?.code, "upstream_rejected");
  });

  it("answers within timeoutMs while the work goes on", async () => {
    let release = (_: Response) => {};
    const page = await Page.open({ edge: edge(() => new Promise((resolve) => (release = resolve))) });
    equal((await page.element.submit({ timeoutMs: 30 })).status, "pending");
    equal(page.element.state, "busy");
    await until(() => page.sends.length === 1, "the send");
    release(json(200, assignment({ body: { order } } as never)));
    await page.state("done");
  });

  it("keeps the session for the next order and forgets nothing of it on a second submit", async () => {
    const page = await Page.open({ edge: edge() });
    await page.element.submit();
    page.element.order = "next-1";
    page.element.guide = "g2";
    await page.element.submit();
    equal(
      page.sends.map(({ body }) => body?.order),
      [order, "next-1"],
    );
    equal(page.calls.filter(({ url }) => url === "/session").length, 1);
  });
});

describe("an order that somebody has", () => {
  afterEach(forgetTill);

  it("names who holds it, asks once, and then replaces that assignment", async () => {
    const page = await Page.open({
      edge: edge((call) =>
        call.body?.replaces ? json(200, assignment(call)) : problem(409, "already_assigned", held),
      ),
    });
    await page.element.submit().catch(() => {});
    await page.state("error");
    ok(/王五.*改派给 张三/.test(page.message), page.message);
    page.button.click();
    await page.state("done");
    equal(
      page.sends.map(({ body }) => body?.replaces),
      [undefined, "a0"],
    );
    ok(page.sends[0]?.headers["idempotency-key"] !== page.sends[1]?.headers["idempotency-key"], "a key of its own");
  });

  it("is taken from nobody by the second press of a double one: no button that has just come up can be pressed", async () => {
    const page = await Page.open({ edge: edge(() => problem(409, "already_assigned", held)) });
    page.button.click();
    await page.state("error");
    const buttons = [...page.root.querySelectorAll<HTMLElement>(".actions button")];
    equal(buttons.length, 2, "to keep and to reassign");
    for (const button of buttons) {
      const [shield] = button.getAnimations();
      ok(shield, "it came up just now");
      shield.pause();
      shield.currentTime = 0;
      equal(page.window.getComputedStyle(button).pointerEvents, "none");
      shield.finish();
      equal(page.window.getComputedStyle(button).pointerEvents, "auto", "and soon");
    }
  });

  it("shuts no button that was there all the time: what failed can be tried again at once", async () => {
    const page = await Page.open({ edge: edge(() => problem(422, "upstream_rejected")) });
    for (const shield of page.button.getAnimations()) shield.finish();
    page.button.click();
    await page.state("error");
    equal(page.button.getAnimations().length, 0);
  });

  it("says since when, with the day where that is not today", async () => {
    const at = (date: Date) => {
      const [month, day, hour, minute] = [date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()];
      const two = (value: number) => String(value).padStart(2, "0");
      return [`${month}-${day}`, `${two(hour)}:${two(minute)}`] as const;
    };
    const now = new Date();
    const earlier = new Date(now.getTime() - 24 * 3_600_000);
    for (const [since, expected] of [
      [now, at(now)[1]],
      [earlier, at(earlier).join(" ")],
      [new Date("2025-11-21T09:05:00"), "11-21 09:05"],
    ] as const) {
      const current = { ...held.current, assignedAt: since.toISOString() };
      const page = await Page.open({ edge: edge(() => problem(409, "already_assigned", { current })) });
      await page.element.submit().catch(() => {});
      await page.state("error");
      equal(page.message, `本单已分配给 王五 (${expected})。改派给 张三？`);
      page.close();
      await forgetTill();
    }
  });

  it("keeps names of another script apart from the sentence, and what the page is told free of that", async () => {
    const name = "محمد";
    const current = { ...held.current, guide: { id: "g2", name: "Amy!" } };
    const page = await Page.open({
      html: `<staff-assign endpoint="${endpoint}" session-url="/session" order="${order}" guide="g1" guide-name="${name}"></staff-assign>`,
      edge: edge((call) =>
        call.body?.replaces ? json(200, assignment(call)) : problem(409, "already_assigned", { current }),
      ),
    });
    equal(page.button.textContent, `分配给 \u2068${name}\u2069`);
    await page.element.submit().catch(() => {});
    await page.state("error");
    const said = page.find(".words").textContent;
    ok(/\u2068Amy! \(.+?\)\u2069/.test(said ?? "") && said?.includes(`\u2068${name}\u2069`), `held: ${said}`);
    page.button.click();
    await page.state("done");
    ok(page.find(".words").textContent?.includes(`\u2068${name}\u2069`), "done");
    const told = JSON.stringify([page.sends, page.events.map(({ event }) => ({ ...event }))]);
    ok(told.includes(name) && !/[\u2066-\u2069]/.test(told), "events and requests have none");
  });

  it("leaves it as it is when the cashier keeps it", async () => {
    const page = await Page.open({ edge: edge(() => problem(409, "already_assigned", held)) });
    await page.element.submit().catch(() => {});
    await page.state("error");
    page.find<HTMLButtonElement>(".actions button").click();
    await page.state("idle");
    equal(page.sends.length, 1);
  });

  it("offers no reassignment when another partner holds it", async () => {
    const page = await Page.open({
      edge: edge(() => problem(409, "already_assigned", { current: { createdAt: new Date().toISOString() } })),
    });
    await page.element.submit().catch(() => {});
    await page.state("error");
    ok(page.message.includes("网关建议 already_assigned"), page.message);
    ok(
      ![...page.root.querySelectorAll("button")].some(({ textContent }) => textContent?.includes("改派给")),
      "no button",
    );
  });

  it("gives a done order to somebody else by naming the assignment that it replaces", async () => {
    const page = await Page.open({ edge: edge() });
    await page.element.submit();
    await page.state("done");
    page.find<HTMLButtonElement>(".actions button").click();
    await page.state("idle");
    page.element.guide = "g9";
    await page.element.submit();
    equal(page.sends[1]?.body?.replaces, "a1");
  });
});

describe("failures", () => {
  afterEach(forgetTill);

  it("shows what the edge advises for every code, in Chinese and in English, with the reference", async () => {
    const { problemCodes } = await import("../../../shared/problem-codes.ts");
    const page = await Page.open({ edge: edge() });
    for (const [language, advised] of [
      ["zh-CN", "网关建议"],
      ["en", "The edge advises"],
    ] as const) {
      page.element.lang = language;
      for (const [code, { status }] of Object.entries(problemCodes)) {
        if (/^(session_expired|unauthenticated|internal_error|rate_limited|already_assigned)$/.test(code)) continue;
        page.edge = edge(() => problem(status, code));
        page.element.order = `${language}-${code}`;
        page.element.guide = "g1";
        const error = await page.element.submit().catch((reason) => reason);
        equal([error.code, error.requestId], [code, "8f3a12c94e01"]);
        await page.element.updateComplete;
        ok(page.message.includes(`${advised} ${code}`), `${language} ${code}: ${page.message}`);
        ok(page.message.includes("8f3a12c9"), "the reference");
      }
    }
  });

  it("prefers the partner's own text for the reason, then for the code, over the edge's", async () => {
    const page = await Page.open({
      edge: edge(() => problem(422, "upstream_rejected", { reason: "guide_not_found" })),
    });
    await page.element.submit().catch(() => {});
    await page.state("error");
    const own = page.element as unknown as { strings: object };
    own.strings = { upstream_rejected: "请找店长" };
    await page.element.updateComplete;
    ok(page.message.includes("请找店长"), page.message);
    own.strings = { upstream_rejected: "请找店长", guide_not_found: "<b>自定义</b>" };
    await page.element.updateComplete;
    ok(page.message.includes("<b>自定义</b>"), "as text, not as markup");
  });

  it("says by itself what to do when an edge advises nothing, or the page has polluted its prototypes", async () => {
    const page = await Page.open({
      edge: edge(() => problem(503, "upstream_unavailable", { advice: undefined, retryable: true })),
      before: (window) => {
        (window.Object.prototype as { advice?: object }).advice = { "zh-CN": "污染" };
      },
    });
    await page.element.submit().catch(() => {});
    await page.state("error");
    ok(page.message.includes("系统出错了。请稍后重试。"), page.message);
    page.edge = edge(() => problem(422, "upstream_rejected", { advice: undefined }));
    await page.element.submit().catch(() => {});
    await page.state("error");
    ok(page.message.includes("未分配。请核对后重试"), page.message);
  });

  it("shows what Tmall says to people, as text, and never what WeChat Pay says to developers", async () => {
    const upstream = { code: "9999", message: "工人<b>不在</b>服务区" };
    const refused = () => problem(422, "upstream_rejected", { upstream });
    const tmall = await Page.open({
      edge: edge(refused),
      html: `<staff-assign channel="tmall" endpoint="${endpoint}" session-url="/session" order="2345678" guide="7"
        lang="zh-CN"></staff-assign>`,
    });
    await tmall.element.submit().catch(() => {});
    await tmall.state("error");
    ok(tmall.message.includes("（工人<b>不在</b>服务区）"), tmall.message);
    const wechat = await Page.open({ edge: edge(refused) });
    await wechat.element.submit().catch(() => {});
    await wechat.state("error");
    ok(!wechat.message.includes("不在"), wechat.message);
  });

  it("takes an unknown code or reason as a general failure, never as success", async () => {
    const page = await Page.open({ edge: edge(() => problem(422, "something_new", { reason: "constructor" })) });
    await page.element.submit().catch(() => {});
    await page.state("error");
    ok(page.message.includes("网关建议"), page.message);
  });

  for (const [what, answer] of [
    [
      "200 with HTML of a captive portal",
      () => new Response("<html>login</html>", { headers: { "content-type": "text/html" } }),
    ],
    [
      "200 with JSON under a wrong content type",
      () => new Response('{"id":"a1","status":"assigned"}', { headers: { "content-type": "text/plain" } }),
    ],
    ["200 with JSON that is no assignment", () => json(200, { ok: true })],
    ["200 with an oversized answer", () => json(200, { id: "a1", status: "assigned", pad: "x".repeat(300_000) })],
    ["200 with broken JSON", () => new Response("{", { headers: { "content-type": "application/json" } })],
    [
      "502 with HTML of a gateway",
      () => new Response("<h1>Bad Gateway</h1>", { status: 502, headers: { "content-type": "text/html" } }),
    ],
  ] as const) {
    it(`${what} is never success: the intent waits and is sent again under the same key`, async () => {
      let broken = true;
      const page = await Page.open({ edge: edge((call) => (broken ? answer() : json(200, assignment(call)))) });
      equal((await page.element.submit()).status, "queued");
      broken = false;
      page.element.retry();
      await page.state("done");
      equal(new Set(page.sends.map(({ headers }) => headers["idempotency-key"])).size, 1);
    });
  }

  it("retries after rate_limited and internal_error with the same key", async () => {
    const answers = [
      problem(429, "rate_limited", { retryable: true, retryAfter: 0 }),
      problem(500, "internal_error", { retryable: true }),
    ];
    const page = await Page.open({ edge: edge((call) => answers.shift() ?? json(200, assignment(call))) });
    page.element.submit().catch(() => {});
    await page.state("done");
    equal(page.sends.length, 3);
    equal(new Set(page.sends.map(({ headers }) => headers["idempotency-key"])).size, 1);
  });

  it("makes a new attempt, with a new key, after a definite failure", async () => {
    const answers = [problem(503, "upstream_unavailable", { retryable: true })];
    const page = await Page.open({ edge: edge((call) => answers.shift() ?? json(200, assignment(call))) });
    await page.element.submit().catch(() => {});
    await page.state("error");
    page.button.click();
    await page.state("done");
    equal(new Set(page.sends.map(({ headers }) => headers["idempotency-key"])).size, 2);
  });
});

describe("the session", () => {
  afterEach(forgetTill);

  it("is fetched once for all elements, renewed once after 401, and the send replayed with the same key", async () => {
    let tokens = 0;
    const html = [1, 2, 3]
      .map(
        (n) => `<staff-assign endpoint="${endpoint}" session-url="/session" order="o${n}" guide="g1"></staff-assign>`,
      )
      .join("");
    const page = await Page.open({
      html,
      edge: (call) => {
        if (call.url === "/session") return session({ token: `token-${++tokens}` });
        return call.headers.authorization === "Bearer token-1"
          ? problem(401, "session_expired", { retryable: true })
          : json(200, assignment(call));
      },
    });
    const { elements } = page;
    await Promise.all(elements.map((element) => element.submit()));
    equal(tokens, 2, "session calls");
    equal(new Set(page.sends.map(({ headers }) => headers["idempotency-key"])).size, 3);
    equal(page.sends.filter(({ headers }) => headers.authorization === "Bearer token-2").length, 3);
  });

  it("ends in `expired` after a second 401, tells the page, keeps the intent, and goes on with a new session", async () => {
    let signedIn = false;
    const page = await Page.open({
      edge: edge((call) => (signedIn ? json(200, assignment(call)) : problem(401, "unauthenticated"))),
    });
    const error = await page.element.submit().catch((reason) => reason);
    equal(error.code, "unauthenticated");
    await page.state("expired");
    equal(page.sends.length, 2, "one send and one replay");
    equal(page.heard("session-expired").length, 1);
    signedIn = true;
    page.button.click();
    await page.state("done");
    equal(new Set(page.sends.map(({ headers }) => headers["idempotency-key"])).size, 1);
  });

  it("settles a retry that a listener asks for in the very event that says it has expired", async () => {
    let signedIn = false;
    const page = await Page.open({
      edge: edge((call) => (signedIn ? json(200, assignment(call)) : problem(401, "unauthenticated"))),
    });
    const retried = new Promise((resolve) => {
      page.document.addEventListener("staff-assign-session-expired", () => {
        signedIn = true;
        resolve(page.element.retry());
      });
    });
    await page.element.submit().catch(() => {});
    equal(((await retried) as { status: string }).status, "assigned");
  });

  for (const [what, callback] of [
    ["rejects", () => Promise.reject(new Error("no"))],
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["answers nothing", () => Promise.resolve(undefined)],
    ["answers an ended session", () => Promise.resolve({ token: "t", merchant: "demo", expiresIn: 0 })],
    ["answers a session without a merchant", () => Promise.resolve({ token: "t", expiresIn: 900 })],
  ] as const) {
    it(`ends in \`expired\`, without a loop, when the callback ${what}`, async () => {
      let asked = 0;
      const page = await Page.open({
        html: `<staff-assign endpoint="${endpoint}" order="${order}" guide="g1"></staff-assign>`,
        edge: edge(),
        before: (window) => {
          window.staffAssign = {
            defaults: {
              session: () => {
                asked++;
                return callback();
              },
            },
          };
        },
      });
      const error = await page.element.submit().catch((reason) => reason);
      equal(error.code, "session_unavailable");
      await page.state("expired");
      const before = asked;
      await page.element.updateComplete;
      equal(asked, before);
      ok(asked <= 3, `asked ${asked} times`);
      equal(page.sends.length, 0);
    });
  }

  it("is not used after its end by the monotonic clock, whatever the device's clock says", async () => {
    let tokens = 0;
    let shift = 0;
    const page = await Page.open({
      edge: (call) =>
        call.url === "/session"
          ? session({ token: `t${++tokens}`, issuedAt: "2020-01-01T00:00:00Z" })
          : json(200, assignment(call)),
      before: (window) => {
        const { now } = window.Date;
        window.Date.now = () => now() + shift;
      },
    });
    shift = 86_400_000;
    await page.element.submit();
    shift = -86_400_000;
    page.element.order = "next-2";
    page.element.guide = "g1";
    equal((await page.element.submit()).status, "assigned");
    equal(tokens, 1);
  });

  it("binds the session to a key of the page and proves every request, by the server's time", async () => {
    const issuedAt = "2030-06-01T00:00:00Z";
    const page = await Page.open({
      html: `<staff-assign dpop endpoint="${endpoint}" session-url="/session" order="${order}" guide="g1"></staff-assign>`,
      edge: (call) =>
        call.url === "/session" ? session({ tokenType: "DPoP", issuedAt }) : json(200, assignment(call)),
    });
    await page.element.submit();
    const jkt = page.calls.find(({ url }) => url === "/session")?.body?.jkt;
    const proof = page.sends[0]?.headers.dpop ?? "";
    const decode = (part = "") => JSON.parse(atob(part.replace(/-/g, "+").replace(/_/g, "/")));
    const [head, body, signature = ""] = proof.split(".");
    const { jwk, ...header } = decode(head);
    equal(header, { typ: "dpop+jwt", alg: "ES256" });
    const claims = decode(body);
    equal([claims.htm, claims.htu], ["POST", `${endpoint}/v1/assignments`]);
    ok(Math.abs(claims.iat - Date.parse(issuedAt) / 1000) < 60, "time of the server");
    const bytes = (text: string) =>
      Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
    const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    const valid = await crypto.subtle.verify(
      { name: "ECDSA", hash: "SHA-256" },
      key,
      bytes(signature),
      new TextEncoder().encode(`${head}.${body}`),
    );
    ok(valid, "the signature");
    const thumb = await crypto.subtle.digest(
      "SHA-256",
      new TextEncoder().encode(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y })),
    );
    const text = btoa(String.fromCharCode(...new Uint8Array(thumb)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=/g, "");
    equal(jkt, text);
    ok(!("d" in jwk), "no private member");
  });

  it("refuses DPoP plainly where the page has no WebCrypto, and works with Bearer there", async () => {
    const insecure = (window: Window & typeof globalThis) =>
      Object.defineProperty(window.Crypto.prototype, "subtle", { value: undefined });
    const refused = await Page.open({
      html: `<staff-assign dpop endpoint="${endpoint}" session-url="/session" order="${order}" guide="g1"></staff-assign>`,
      edge: edge(),
      before: insecure,
    });
    const error = await refused.element.submit().catch((reason) => reason);
    equal(error.code, "unsupported_browser");
    equal(refused.sends.length, 0);
    const plain = await Page.open({ edge: edge(), before: insecure });
    equal((await plain.element.submit()).status, "assigned");
  });

  it("says so when the network is gone before there is a session, and goes on when it is back", async () => {
    let online = false;
    const page = await Page.open({ edge: (call) => (online ? edge()(call) : offline()) });
    equal((await page.element.submit()).status, "queued");
    online = true;
    page.window.dispatchEvent(new page.window.Event("online"));
    await page.state("done");
    equal(page.sends.length, 1);
  });

  it("never waits for ever on a send that hangs", async () => {
    const page = await Page.open({
      edge: edge(() => never()),
      before: (window) => {
        // the element's own time limit, 12 s, made short
        const { setTimeout } = window;
        window.setTimeout = ((work: () => void, ms?: number) =>
          setTimeout(work, ms === 12_000 ? 20 : ms)) as typeof setTimeout;
      },
    });
    equal((await page.element.submit()).status, "queued");
    ok(
      page.sends.every(({ aborted }) => aborted),
      "aborted",
    );
  });
});
