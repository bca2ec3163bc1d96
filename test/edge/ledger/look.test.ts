/** A look at the platform takes a connection, so it takes a place as a send does. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Lanes, longestLookWaitMs, maxSends, maxSendsOfPartner } from "../../../edge/ledger/lanes.ts";
import { look } from "../../../edge/ledger/look.ts";
import type { Call } from "../../../edge/ledger/protocol.ts";
import { ok, type Result } from "../../../edge/problem.ts";
import { isSettled, settle } from "./support.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const callOf = (partnerId: string): Call => ({
  caller: { partnerId, merchant: "demo", scopes: [] },
  limits: { sessionPerSecond: 1, sessionBurst: 1, partnerPerSecond: 1, merchantPerSecond: 1 },
  requestId: "r1",
});

function stalled(lanes: Lanes, partner: string, count: number) {
  const ends: (() => void)[] = [];
  const looks = Array.from({ length: count }, () =>
    look(lanes, callOf(partner), () => new Promise<Result<string>>((resolve) => ends.push(() => resolve(ok("seen"))))),
  );
  return { ends, looks };
}

test("looks that hang take no more places than a partner's sends may, and leave one to a send of another", async () => {
  const lanes = new Lanes();
  const { ends } = stalled(lanes, "pos", 10);
  await settle();
  assert.equal(ends.length, maxSendsOfPartner);
  assert.equal(lanes.tryEnter({ partner: "pos", subMchid: "", store: "" }), false);
  assert.equal(lanes.tryEnter({ partner: "kiosk", subMchid: "", store: "" }), true);
});

test("a look in line goes on when one before it has ended, also one that ended badly", async () => {
  const lanes = new Lanes();
  const failing = look(lanes, callOf("pos"), () => Promise.reject(new Error("a bug")));
  await assert.rejects(failing);
  const { ends, looks } = stalled(lanes, "pos", maxSendsOfPartner + 1);
  await settle();
  assert.equal(ends.length, maxSendsOfPartner);
  ends[0]?.();
  await settle();
  assert.equal(ends.length, maxSendsOfPartner + 1);
  for (const end of ends) end();
  assert.deepEqual(await Promise.all(looks), Array(maxSendsOfPartner + 1).fill(ok("seen")));
  assert.equal(lanes.tryEnter({ partner: "pos", subMchid: "", store: "" }), true);
});

test("a look that waited for its place holds it until it has ended, and leaves one place", async () => {
  const lanes = new Lanes();
  const { ends } = stalled(lanes, "pos", maxSendsOfPartner + 1);
  await settle();
  ends[0]?.();
  await settle();
  assert.equal(ends.length, maxSendsOfPartner + 1);
  assert.equal(lanes.tryEnter({ partner: "pos", subMchid: "", store: "" }), false);
  for (const end of ends) end();
  await settle();
  const entered = Array.from({ length: maxSends + 1 }, (_, index) =>
    lanes.tryEnter({ partner: `${index}`, subMchid: "", store: "" }),
  );
  assert.equal(entered.filter(Boolean).length, maxSends);
});

test("a look that found its place leaves no timer that would keep the object awake", async () => {
  mock.timers.reset();
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const lanes = new Lanes();
  const { ends, looks } = stalled(lanes, "pos", maxSendsOfPartner + 1);
  await settle();
  assert.equal(timers(), before + 1);
  for (let count = 0; count < looks.length; count++) {
    ends[count]?.();
    await settle();
  }
  await Promise.all(looks);
  assert.equal(timers(), before);
});

test("a look that finds no place in time is not made, and takes none afterwards", async () => {
  const lanes = new Lanes();
  const { ends } = stalled(lanes, "pos", maxSendsOfPartner);
  let made = false;
  const late = look(lanes, callOf("pos"), async () => {
    made = true;
    return ok("seen");
  });
  mock.timers.tick(longestLookWaitMs - 1);
  assert.equal(await isSettled(late), false);
  mock.timers.tick(1);
  const answer = await late;
  assert.equal(!answer.ok && answer.failure.code, "upstream_unavailable");
  ends[0]?.();
  await settle();
  assert.equal(made, false);
  assert.equal(lanes.tryEnter({ partner: "pos", subMchid: "", store: "" }), true);
});
