/** Revocations within a partner's means: a key that leaked cannot fill a ledger that others share. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Admission } from "../../../edge/ledger/admission.ts";
import { bench, start } from "./support.ts";

const limits = { sessionPerSecond: 2, sessionBurst: 5, partnerPerSecond: 20, merchantPerSecond: 1000 };
const expiresAt = start / 1000 + 3_660;

const opened = () => {
  const { store } = bench();
  return { store, admission: new Admission(store) };
};
const passed = (admission: Admission, partner: string, calls: number, now = start) =>
  Array.from({ length: calls }, () => admission.admitRevocation(partner, limits, now)).filter(({ ok }) => ok).length;

describe("the revocations of one partner", () => {
  test("are together as many as one session may make calls, then refused with the time to wait", () => {
    const { admission } = opened();
    assert.equal(passed(admission, "pos", 200), limits.sessionBurst);
    const refused = admission.admitRevocation("pos", limits, start);
    assert.deepEqual(refused.ok ? undefined : [refused.failure.code, refused.failure.retryAfterSeconds], [
      "rate_limited",
      1,
    ]);
    assert.equal(passed(admission, "pos", 200, start + 1000), limits.sessionPerSecond);
  });

  test("cost another partner nothing", () => {
    const { admission } = opened();
    passed(admission, "pos", 200);
    assert.equal(passed(admission, "kiosk", 200), limits.sessionBurst);
  });

  test("count in the partner's own budget", () => {
    const { admission } = opened();
    const call = { partnerId: "pos", merchant: "demo", scopes: [] };
    const calls = (count: number) =>
      Array.from({ length: count }, () => admission.admit(call, limits, start)).filter(({ ok }) => ok).length;
    passed(admission, "pos", 200);
    assert.equal(calls(200), limits.partnerPerSecond - limits.sessionBurst);
    assert.equal(passed(admission, "pos", 1, start), 0);
  });
});

describe("a session that is revoked already", () => {
  test("is not written a second time, and is told as known", () => {
    const { store, admission } = opened();
    assert.equal(admission.revoke("pos", "s1", expiresAt), true);
    const before = store.revocations();
    assert.equal(admission.revoke("pos", "s1", expiresAt + 100), false);
    assert.deepEqual(store.revocations(), before);
  });

  test("is known to the next process too", () => {
    const { store, admission } = opened();
    admission.revoke("pos", "s1", expiresAt);
    assert.equal(new Admission(store).revoke("pos", "s1", expiresAt), false);
  });

  test("is another one under another partner", () => {
    const { admission } = opened();
    admission.revoke("pos", "s1", expiresAt);
    assert.equal(admission.revoke("kiosk", "s1", expiresAt), true);
  });
});
