/** A session that TOP does not accept was never used: the call waits for its successor, as long as its time allows. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import type { TopGrant } from "../../../edge/channels/tmall/authorisation.ts";
import { attemptMs } from "../../../edge/ledger/schedule.ts";
import { assignApi, business, type Harness, harness, topError } from "./gateway.ts";

const successor: TopGrant = { session: "session-2", clockOffsetMs: 0, bans: [] };
const dead = () => topError(27, { sub_code: "session-expired" });
const success = () => business({ success: true });
const inAttempt = (top: Harness) => top.assign({}, { deadline: top.clock.now + attemptMs });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a dead session", () => {
  it("whose refresh brings another one in time costs nobody a refusal, and no operator a line", async () => {
    const top = await harness([dead(), success()]);
    const refresh = Promise.withResolvers<TopGrant>();
    top.authorisation.refused = () => refresh.promise;
    const verdict = inAttempt(top);
    while (top.forms.length === 0) await turn();
    top.clock.now += 3_000;
    refresh.resolve(successor);
    assert.equal((await verdict).kind, "assigned");
    assert.deepEqual(top.methods(), [assignApi, assignApi]);
    assert.deepEqual(
      top.logged.filter((line) => line.includes("top_reauthorise")),
      [],
    );
  });

  it("whose refresh comes when no time is left was not used: the next attempt sends", async () => {
    const top = await harness([dead()]);
    top.authorisation.refused = async () => {
      top.clock.now += attemptMs;
      return successor;
    };
    assert.equal((await inAttempt(top)).kind, "unsent");
    assert.equal(top.forms.length, 1);
  });

  it("without a successor is the operator's to mend, once told", async () => {
    for (const [code, more] of [
      [27, {}],
      [42, {}],
    ] as const) {
      const top = await harness([topError(code, more)]);
      const verdict = await inAttempt(top);
      assert.ok(verdict.kind === "rejected" && verdict.failure.reason === "reauthorise");
      assert.equal(top.logged.filter((line) => line.includes("top_reauthorise")).length, 1);
    }
  });

  it("whose successor cannot be asked for now was not used either: the next attempt asks", async () => {
    const top = await harness([dead(), dead(), success()]);
    top.authorisation.refused = async () => {
      throw new Error("the object is restarting");
    };
    assert.equal((await inAttempt(top)).kind, "unsent");
    top.authorisation.refused = async () => successor;
    assert.equal((await inAttempt(top)).kind, "assigned");
    assert.deepEqual(
      top.logged.filter((line) => line.includes("top_reauthorise")),
      [],
    );
  });

  it("is told to the operator when its successor is dead, too; there is no third send", async () => {
    const top = await harness([dead(), dead()]);
    top.authorisation.replacement = successor;
    const verdict = await inAttempt(top);
    assert.ok(verdict.kind === "rejected" && verdict.failure.reason === "reauthorise");
    assert.equal(top.logged.filter((line) => line.includes("top_reauthorise")).length, 1);
  });

  it("whose successor answers in doubt leaves that doubt", async () => {
    const top = await harness([dead(), new Error("reset")]);
    top.authorisation.replacement = successor;
    assert.equal((await inAttempt(top)).kind, "unknown");
  });
});

describe("an authorisation that stalls", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());
  const never = () => new Promise<never>(() => undefined);
  const pass = (top: Harness, milliseconds: number) => {
    top.clock.now += milliseconds;
    mock.timers.tick(milliseconds);
  };

  it("does not hold an attempt past its deadline: nothing was sent", async () => {
    const top = await harness([]);
    top.authorisation.grant = never;
    const verdict = inAttempt(top);
    await turn();
    pass(top, attemptMs);
    assert.equal((await verdict).kind, "unsent");
  });

  it("nor does its refresh: what the dead session was sent with was not executed", async () => {
    const top = await harness([dead()]);
    top.authorisation.refused = never;
    const verdict = inAttempt(top);
    while (top.forms.length === 0) await turn();
    for (let count = 0; count < 20; count++) await turn();
    pass(top, attemptMs);
    const { kind, ...more } = await verdict;
    assert.equal(kind, "unsent");
    assert.ok("failure" in more && more.failure.reason === "reauthorise");
  });
});
