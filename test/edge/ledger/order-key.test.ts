import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { orderKeyOf, orderKeysOf } from "../../../edge/ledger/order-key.ts";
import { type OrderKind, orderKinds } from "../../../shared/contract.ts";

const kinds: (OrderKind | undefined)[] = [undefined, ...orderKinds];
const name = fc.oneof(
  fc.record({ channel: fc.constant("wechat" as const), order: fc.string() }),
  fc.record({ channel: fc.constant("tmall" as const), order: fc.string(), orderKind: fc.constantFrom(...kinds) }),
);

test("two orders have one key only if they are one order", () => {
  const asOne = ({ channel, order, orderKind }: { channel: string; order: string; orderKind?: string | undefined }) =>
    JSON.stringify([channel, order, channel === "tmall" ? (orderKind ?? "workcard") : null]);
  fc.assert(
    fc.property(name, name, fc.boolean(), (one, other, same) => {
      const second = same ? { ...other, order: one.order } : other;
      assert.equal(orderKeyOf(one) === orderKeyOf(second), asOne(one) === asOne(second));
    }),
  );
});

test("a search by number finds the order whatever its channel and kind", () => {
  fc.assert(fc.property(name, (one) => assert.ok(orderKeysOf(one.order).includes(orderKeyOf(one)))));
});

test("the keys on disk stay what they were: a ledger that exists knows its orders again", () => {
  assert.deepEqual(orderKeysOf("17"), ["wechat:17", "tmall:workcard:17", "tmall:outer:17", "tmall:fulfil-task:17"]);
});
