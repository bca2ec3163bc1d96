import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { AssignmentIntent } from "../../../edge/channels/channel.ts";
import { decide, type Known } from "../../../edge/ledger/decide.ts";
import { type IdentityKeys, identityKeyOf } from "../../../edge/ledger/identity.ts";
import { newRow, wantedOf } from "../../../edge/ledger/new-row.ts";
import { start } from "./support.ts";

const keyOf = (byte: number) => identityKeyOf(new Uint8Array(32).fill(byte));
const caller = { partnerId: "pos" };
const guides = [{ mobile: "13800000000" }, { mobile: "13800000001" }, { id: "42" }, { id: "43" }];
const intentFor = (guide: AssignmentIntent["guide"]): AssignmentIntent => ({
  channel: "tmall",
  order: "1",
  orderKind: "workcard",
  guide,
});
const wantedUnder = (keys: IdentityKeys, guide: AssignmentIntent["guide"], idempotencyKey?: string) =>
  wantedOf(caller, intentFor(guide), undefined, idempotencyKey, keys);
const knownUnder = (keys: IdentityKeys, guide: AssignmentIntent["guide"], idempotencyKey?: string): Known => ({
  ...newRow("one", start, wantedUnder(keys, guide, idempotencyKey), intentFor(guide), idempotencyKey, false),
  state: "assigned",
  inFlight: false,
});

/** What a rotation may have left: the key of then is somewhere in the list of today, or the only one. */
const rotation = fc
  .uniqueArray(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 4 })
  .chain((bytes) => fc.record({ bytes: fc.constant(bytes), past: fc.constantFrom(...bytes) }))
  .map(({ bytes, past }) => {
    const [first = 0, ...others] = bytes;
    const today: IdentityKeys = [keyOf(first), ...others.map(keyOf)];
    return { past: [keyOf(past)] as IdentityKeys, today };
  });

describe("whichever of today's storage keys was the first one then", () => {
  test("the same guide is the same, and another one another", () => {
    fc.assert(
      fc.property(rotation, fc.constantFrom(...guides), fc.constantFrom(...guides), (keys, past, today) => {
        const { kind } = decide(wantedUnder(keys.today, today), undefined, knownUnder(keys.past, past));
        assert.equal(kind, past === today ? "join" : "conflict");
      }),
    );
  });
  test("the same request under an idempotency key is the same, and another one is refused", () => {
    fc.assert(
      fc.property(rotation, fc.constantFrom(...guides), fc.constantFrom(...guides), (keys, past, today) => {
        const { kind } = decide(wantedUnder(keys.today, today, "k"), knownUnder(keys.past, past, "k"), undefined);
        assert.equal(kind, past === today ? "join" : "key-reused");
      }),
    );
  });
});

test("a digest under a key that was taken away is nobody's", () => {
  const { kind } = decide(
    wantedUnder([keyOf(2), keyOf(3)], { mobile: "13800000000" }),
    undefined,
    knownUnder([keyOf(1)], { mobile: "13800000000" }),
  );
  assert.equal(kind, "conflict");
});

test("earlier keys are asked only where the present one differs: an assignment that is new, or known, costs nothing more", () => {
  const asked: string[] = [];
  const watch = (guide: AssignmentIntent["guide"], key?: string) => {
    const wanted = wantedUnder([keyOf(2), keyOf(1)], guide, key);
    const { earlier } = wanted;
    assert.ok(earlier);
    const watched = () => {
      asked.push("asked");
      return earlier();
    };
    return { ...wanted, earlier: watched };
  };
  const known = knownUnder([keyOf(2)], { mobile: "13800000000" }, "k");
  decide(watch({ mobile: "13800000000" }, "k"), undefined, undefined);
  decide(watch({ mobile: "13800000000" }, "k"), known, known);
  decide(watch({ mobile: "13800000000" }), undefined, known);
  assert.deepEqual(asked, []);
  assert.equal(wantedUnder([keyOf(1)], { id: "42" }).earlier, undefined, "one key: there is nothing to ask");
});
