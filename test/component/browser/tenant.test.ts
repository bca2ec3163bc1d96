/** An intent is of one shop, whatever session the page has next. */
import { equal, ok, until } from "../support/assert.ts";
import { assignment, edge, json, offline, problem, session } from "../support/edge.ts";
import { changeIntents, intents, untilKept } from "../support/outbox.ts";
import { type Call, type Edge, forgetTill, order, Page, tag } from "../support/page.ts";

const shop = (merchant: string, more: object = {}) => session({ merchant, token: merchant, ...more });
/** ended as soon as it is there */
const brief = { expiresIn: 0.001 };
const of = (merchant: string) => (call: Call) => call.headers.authorization === `Bearer ${merchant}`;
const refused = () => problem(401, "session_expired", { retryable: true });

/** Shop A's session, which the edge refuses, and then shop B's. */
function switching(more: Edge = (call) => json(200, assignment(call))) {
  const now = { shop: "a" };
  const answer: Edge = (call) => {
    if (call.url === "/session") return shop(now.shop);
    if (now.shop === "a" && of("a")(call)) {
      now.shop = "b";
      return refused();
    }
    return more(call);
  };
  return { now, answer };
}

describe("an intent of one shop", () => {
  afterEach(forgetTill);

  it("is not sent again under the session of another that follows a 401: it waits, is counted, and says so", async () => {
    const { now, answer } = switching();
    const page = await Page.open({ edge: answer });
    const error = await page.element.submit().catch((reason) => reason);
    equal([error.name, error.code], ["StaffAssignError", "session_unavailable"]);
    await page.state("expired");
    equal(page.sends.filter(of("b")).length, 0);
    equal(page.heard("session-expired").length, 1);
    const [sent] = page.sends;
    page.element.reset();
    equal(page.element.unfinished, 1);
    // B's session is refused in its turn, and A signs in again.
    now.shop = "a";
    page.edge = (call) =>
      call.url === "/session" ? shop("a") : of("b")(call) ? refused() : json(200, assignment(call));
    page.element.order = "of-b";
    page.element.guide = "g1";
    equal((await page.element.submit().catch((reason) => reason)).code, "session_unavailable");
    await page.element.flush();
    await until(() => page.element.unfinished === 0, "sent");
    equal(
      page.sends
        .filter(({ body }) => body?.order === order)
        .slice(1)
        .map(({ headers }) => [headers.authorization, headers["idempotency-key"]]),
      [["Bearer a", sent?.headers["idempotency-key"]]],
    );
  });

  it("is not asked about under the session of another: neither a pending one nor an old one", async () => {
    for (const age of [0, 901_000]) {
      const asks: Call[] = [];
      const first = await Page.open({
        edge: (call) =>
          call.url === "/session"
            ? shop("a")
            : age
              ? offline()
              : call.method === "POST"
                ? json(202, assignment(call, { status: "pending" }))
                : offline(),
      });
      await first.element.submit();
      first.close();
      await changeIntents((intent) => {
        intent.createdAt = Date.now() - age;
      });
      const { answer } = switching((call) => {
        asks.push(call);
        return json(200, call.url.includes("?") ? { data: [] } : assignment(call));
      });
      const second = await Page.open({ edge: answer });
      await until(() => second.calls.filter(({ url }) => url === "/session").length > 1, "the session of B");
      await second.element.flush();
      equal(asks.filter(of("b")).length, 0);
      equal([second.element.unfinished, second.element.state], [1, "idle"]);
      await forgetTill();
    }
  });

  it("can be made anew for the shop that is there, while the other's waits", async () => {
    const { answer } = switching();
    const page = await Page.open({ edge: answer });
    await page.element.submit().catch(() => {});
    await page.state("expired");
    page.element.reset();
    page.element.order = order;
    page.element.guide = "g1";
    equal((await page.element.submit()).status, "assigned");
    const keys = page.sends.map(({ headers }) => [headers.authorization, headers["idempotency-key"]]);
    equal(keys.length, 2);
    equal(keys[0]?.[1] === keys[1]?.[1], false, "a key of its own");
    equal(page.element.unfinished, 1);
  });

  it("made after a session ended belongs to the session that the page has next, and is not stuck", async () => {
    let sessions = 0;
    const page = await Page.open({
      edge: (call) =>
        call.url === "/session" ? (++sessions > 1 ? shop("b") : shop("a", brief)) : json(200, assignment(call)),
    });
    await until(() => sessions === 1, "the first session");
    equal((await page.element.submit()).status, "assigned");
    equal(page.sends.map(of("b")), [true]);
    equal(
      (await intents()).map(({ tenant }) => JSON.parse(String(tenant))[0]),
      ["b"],
    );
  });

  it("made after a session ended is not sent twice when another tab has sent it for the shop of that session", async () => {
    let answer = (_: Response) => {};
    const next = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    let sessions = 0;
    const page = await Page.open({
      edge: (call) =>
        call.url === "/session" ? (++sessions > 1 ? next : shop("a", brief)) : json(200, assignment(call)),
    });
    await until(() => sessions === 1, "the first session");
    await page.element.flush();
    const result = page.element.submit().catch((reason) => reason);
    await untilKept((kept) => kept.length === 1, "the intent");
    const other = await Page.open({
      html: tag('order="x1"'),
      edge: (call) => (call.url === "/session" ? shop("a") : json(200, assignment(call))),
    });
    await until(() => other.sends.length === 1, "the other tab's send");
    await untilKept((kept) => kept.every((intent) => intent.result), "its outcome");
    answer(shop("b"));
    equal((await result).code, "session_unavailable");
    equal(page.sends.length, 0);
  });

  it("made before any session answered is shown as not done on the next page, and never sent", async () => {
    const first = await Page.open({ edge: offline });
    const { status, stored } = await first.element.submit();
    equal([status, stored], ["queued", false]);
    ok(first.message.includes("请勿关闭收银页面"), first.message);
    first.close();
    const html = tag('order="another-1"');
    const dark = await Page.open({ html, edge: offline });
    await until(() => dark.root.querySelector(".pill"), "the number, without a session");
    equal(dark.element.unfinished, 1);
    dark.close();
    const second = await Page.open({ html, edge: edge() });
    await until(() => second.root.querySelector(".pill"), "the number");
    await second.element.flush();
    equal([second.element.unfinished, second.sends.length], [1, 0]);
    second.find(".pill").click();
    await second.element.updateComplete;
    ok(/4600.*未分配/.test(second.message) && !second.message.includes("张三"), second.message);
    equal(second.element.unfinished, 0);
    await untilKept((kept) => kept.length === 0, "forgotten once seen");
  });

  it("made before any session answered is sent under the first one, when the page lives to have it", async () => {
    let online = false;
    const page = await Page.open({ edge: (call) => (online ? edge()(call) : offline()) });
    await page.element.submit();
    const other = await Page.open({ html: tag('order="x2"'), edge: edge() });
    await until(() => other.element.unfinished === 1, "another tab counts it");
    online = true;
    page.element.retry();
    await page.state("done");
    equal([page.sends.length, other.sends.length], [1, 0]);
  });

  it("is counted on a page without a line, and told to nobody by name before the session says who is there", async () => {
    const first = await Page.open({ edge: (call) => (call.url === "/session" ? shop("a") : offline()) });
    await first.element.submit();
    first.close();
    let answered = (): Response => offline();
    const second = await Page.open({
      html: tag(`order="another-2"`),
      edge: (call) => (call.url === "/session" ? answered() : offline()),
    });
    await until(() => second.root.querySelector(".pill"), "the number");
    ok(second.find(".pill").textContent?.includes("1"), "one");
    second.find(".pill").click();
    await second.element.updateComplete;
    ok(second.message.includes("已记录") && !/4600|张三/.test(second.message), second.message);
    equal(second.element.unfinished, 1);
    answered = () => shop("b");
    await until(() => {
      second.element.flush();
      return second.element.unfinished === 0;
    }, "known to be another shop's");
    equal(second.sends.length, 0);
    second.close();
    const own = await Page.open({
      html: tag('order="another-3"'),
      edge: (call) => (call.url === "/session" ? shop("a") : json(200, assignment(call))),
    });
    await until(() => own.sends.length === 1, "its own shop's");
  });

  it("goes out by itself after a reload without a line, also when nothing tells that the line is back", async () => {
    const first = await Page.open({ edge: edge(offline) });
    await first.element.submit();
    first.close();
    let online = false;
    const second = await Page.open({
      html: tag('order="another-4"'),
      edge: (call) => (online ? edge()(call) : offline()),
      before: (window) => {
        // the half minute and more between two looks, made short
        const { setTimeout } = window;
        window.setTimeout = ((work: () => void, ms = 0) =>
          setTimeout(work, ms >= 30_000 ? 20 : ms)) as typeof setTimeout;
      },
    });
    await until(() => second.element.unfinished === 1, "the count");
    online = true;
    await until(() => second.sends.length === 1, "the send");
    await until(() => second.element.unfinished === 0, "nothing left");
  });
});
