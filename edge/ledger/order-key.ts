/**
 * What an order is called within a ledger. Exactly once rests on this text being the same wherever it is made: it
 * chooses the shard, it is looked up, and it is what the row holds. Kinds of the same number are different orders.
 */
import { type ChannelName, type OrderKind, orderKinds } from "../../shared/contract.ts";

export interface OrderName {
  channel: ChannelName;
  order: string;
  /** Tmall only; absent: a work card */
  orderKind?: OrderKind | undefined;
}

export const orderKeyOf = ({ channel, order, orderKind = "workcard" }: OrderName): string =>
  channel === "wechat" ? `wechat:${order}` : `tmall:${orderKind}:${order}`;

/** Every key that this order may have. */
export const orderKeysOf = (order: string): string[] => [
  orderKeyOf({ channel: "wechat", order }),
  ...orderKinds.map((orderKind) => orderKeyOf({ channel: "tmall", orderKind, order })),
];
