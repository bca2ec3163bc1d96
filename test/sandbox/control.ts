/** The control API: tests and the demo page read the book here, and say what is to go wrong. */
import { sValidator } from "@hono/standard-validator";
import { Hono } from "hono";
import * as v from "valibot";
import { bookOf, keyPhases } from "./book/book.ts";
import { isKnown } from "./faults/fault.ts";
import { type SandboxEnv, settingsOf } from "./settings.ts";
import { topFaults } from "./top/top-faults.ts";
import { wechatFaults } from "./wechat/wechat-faults.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));

const FaultRequest = v.pipe(
  v.strictObject({
    fault: v.string(),
    channel: v.optional(v.picklist(["wechat", "tmall"])),
    /** host name that the client calls */
    host: v.optional(v.string()),
    /** `assign`, `register`, `query`, `update`, `certificates`, `echo`, or a method of TOP */
    operation: v.optional(v.string()),
    skip: v.optional(count, 0),
    /** null: until the faults are cleared */
    times: v.optional(v.nullable(v.pipe(count, v.minValue(1))), 1),
  }),
  v.check(({ fault, channel }) => {
    const isWechat = channel !== "tmall" && isKnown(wechatFaults, fault);
    return isWechat || (channel !== "wechat" && isKnown(topFaults, fault));
  }, "is not a fault of this channel"),
);

const phase = v.optional(v.picklist(keyPhases));

export const control = new Hono<{ Bindings: SandboxEnv }>();

control.get("/book", async (context) => {
  const limit = Number(context.req.query("limit") ?? 100);
  const book = await bookOf(context.env).read(context.req.query("order"), Number.isInteger(limit) ? limit : 100);
  return context.json(book);
});

control.post("/faults", sValidator("json", FaultRequest), async (context) => {
  const { fault, channel, host, operation, skip, times } = context.req.valid("json");
  await bookOf(context.env).queueFault({
    fault,
    ...(channel !== undefined && { channel }),
    ...(host !== undefined && { host }),
    ...(operation !== undefined && { operation }),
    skip,
    times,
  });
  return context.body(null, 204);
});

control.get("/faults", (context) => {
  const names = (faults: typeof wechatFaults) => faults.map(({ name, number, stage }) => ({ name, number, stage }));
  return context.json({ wechat: names(wechatFaults), tmall: names(topFaults) });
});

control.delete("/faults", async (context) => {
  await bookOf(context.env).clearFaults();
  return context.body(null, 204);
});

control.post(
  "/platform",
  sValidator("json", v.strictObject({ rotation: phase, migration: phase })),
  async (context) => {
    const { rotation, migration } = context.req.valid("json");
    const state = await bookOf(context.env).setPlatform({
      ...(rotation !== undefined && { rotation }),
      ...(migration !== undefined && { migration }),
    });
    return context.json(state);
  },
);

const clock = v.strictObject({ aheadSeconds: v.pipe(v.number(), v.integer()) });

control.post("/clock", sValidator("json", clock), async (context) => {
  await bookOf(context.env).setClock(context.req.valid("json").aheadSeconds * 1000);
  return context.body(null, 204);
});

/** Ends the session of every app at once, as a withdrawn grant would. */
control.post("/sessions/expire", async (context) => {
  const book = bookOf(context.env);
  for (const app of settingsOf(context.env).apps.values()) await book.expireSession(app);
  return context.body(null, 204);
});

control.post("/reset", async (context) => {
  await bookOf(context.env).reset();
  return context.body(null, 204);
});
