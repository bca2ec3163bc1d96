/** What keeps two tabs apart where the browser has no Web Locks. */
import { equal, gate, until } from "../support/assert.ts";
import { assignment, edge, json, problem, session } from "../support/edge.ts";
import { changeLeases, leases } from "../support/outbox.ts";
import { forgetTill, Page, type PageWindow } from "../support/page.ts";

const withoutLocks = (page: PageWindow) => {
  Reflect.deleteProperty(page.Navigator.prototype, "locks");
};

/** A tab in the background, whose timers hardly run. */
const throttled = (page: PageWindow) => {
  withoutLocks(page);
  page.setInterval = (() => 0) as unknown as typeof setInterval;
};

const owners = async () => (await leases()).map(({ owner }) => owner);

describe("a lease", () => {
  afterEach(forgetTill);

  it("that a slow tab has lost to another is not ended by the slow one", async () => {
    const [first, openFirst] = gate();
    const [second, openSecond] = gate();
    const held = (opened: Promise<void>) =>
      edge(async (call) => {
        await opened;
        return json(200, assignment(call));
      });
    const slow = await Page.open({ edge: held(first), before: throttled });
    const late = slow.element.submit();
    await until(() => slow.sends.length === 1, "the slow tab's send");
    const [loser] = await owners();
    await changeLeases((lease) => {
      lease.until = Date.now() - 1;
    });
    const other = await Page.open({ edge: held(second), before: withoutLocks });
    other.element.submit();
    await until(() => other.sends.length === 1, "the other tab's send");
    const [winner] = await owners();
    equal(winner === loser, false, "another owner");
    openFirst();
    equal((await late).status, "assigned");
    // What a tab does with its leases happens in order: after another round trip the first is through with its own.
    slow.element.order = "next-1";
    slow.element.guide = "g1";
    await slow.element.submit();
    equal((await owners()).includes(winner), true, "the other's lease runs on");
    openSecond();
    await other.state("done");
  });

  it("that was lost while a session was renewed stops the send, until it is one's own again", async () => {
    const [renewal, renew] = gate();
    let sessions = 0;
    const atSend: unknown[] = [];
    const page = await Page.open({
      before: throttled,
      edge: async (call) => {
        if (call.url === "/session") {
          if (++sessions > 1) await renewal;
          return session({ token: `token-${sessions}` });
        }
        atSend.push((await owners())[0] === "other");
        return sessions > 1 ? json(200, assignment(call)) : problem(401, "session_expired", { retryable: true });
      },
    });
    page.element.submit();
    await until(() => sessions === 2, "the renewal");
    await changeLeases((lease) => {
      Object.assign(lease, { owner: "other", until: Date.now() + 1_000 });
    });
    renew();
    await page.state("done");
    equal(atSend, [false, false]);
  });
});
