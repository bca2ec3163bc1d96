/** An intent is of one shop, whatever session the page has next. */
import { equal, until } from "../support/assert.ts";
import { assignment, json, offline, problem, session } from "../support/edge.ts";
import { changeIntents } from "../support/outbox.ts";
import { type Call, type Edge, forgetTill, order, Page } from "../support/page.ts";

const shop = (merchant: string) => session({ merchant, token: merchant });
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
      await second.state("expired");
      equal(asks.filter(of("b")).length, 0);
      await forgetTill();
    }
  });
});
