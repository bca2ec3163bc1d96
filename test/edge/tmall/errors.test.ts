import assert from "node:assert/strict";
import { test } from "node:test";
import { assignApi, business, cardAnswer, harness, json, maskedApi, noon, topError } from "./gateway.ts";

interface Row {
  code: number | string;
  sub?: string;
  problem: string;
  reason?: string;
  field?: string;
}

const refusedRows: Row[] = [
  ...[3, 9, 21, 22, 23, 32, 33, 34, 47].map((code) => ({ code, problem: "upstream_unauthorized" })),
  { code: 24, problem: "upstream_unauthorized", reason: "signature_refused" },
  { code: 25, sub: "isv.invalid-signature", problem: "upstream_unauthorized", reason: "signature_refused" },
  { code: "25", problem: "upstream_unauthorized", reason: "signature_refused" },
  { code: 28, problem: "upstream_unauthorized", reason: "merchant_unknown" },
  { code: 29, sub: "isv.appkey-not-exists", problem: "upstream_unauthorized", reason: "merchant_unknown" },
  { code: 12, problem: "upstream_unauthorized", reason: "permission_missing" },
  { code: 13, problem: "upstream_unauthorized", reason: "permission_missing" },
  {
    code: 11,
    sub: "isv.permission-ip-whitelist-limit",
    problem: "upstream_unauthorized",
    reason: "ip_not_allowed",
  },
  ...[
    "isv.permission-api-package-empty",
    "isv.permission-api-package-not-allowed",
    "isv.permission-api-package-limit",
    "isv.permission-api-widget-only-limit",
    undefined,
  ].map((sub) => ({ code: 11, ...(sub && { sub }), problem: "upstream_unauthorized", reason: "permission_missing" })),
  { code: 15, sub: "isv.invalid-permission", problem: "upstream_unauthorized", reason: "permission_missing" },
  { code: 30, problem: "upstream_unauthorized", reason: "clock_skew" },
  { code: 31, problem: "upstream_unauthorized", reason: "clock_skew" },
  ...[26, 27, 42, 44, 53].map((code) => ({ code, problem: "upstream_unauthorized", reason: "reauthorise" })),
  { code: 40, problem: "upstream_rejected", reason: "parameter_invalid" },
  {
    code: 40,
    sub: "isv.missing-parameter:workcard_id",
    problem: "upstream_rejected",
    reason: "order_invalid",
    field: "order",
  },
  {
    code: 41,
    sub: "isv.invalid-parameter:target_worker_id",
    problem: "upstream_rejected",
    reason: "guide_invalid",
    field: "guide.id",
  },
  {
    code: 41,
    sub: "isv.invalid-parameter:target_worker_mobile",
    problem: "upstream_rejected",
    reason: "mobile_invalid",
    field: "guide.mobile",
  },
  { code: 41, sub: "isv.invalid-parameter:__proto__", problem: "upstream_rejected", reason: "parameter_invalid" },
  {
    code: 43,
    sub: "isv.parameters-mismatch:outer_id-and-workcard_id",
    problem: "upstream_rejected",
    reason: "parameter_invalid",
  },
  ...[15, 50].flatMap((code) => [
    {
      code,
      sub: "isv.invalid-parameter:service_store_id",
      problem: "upstream_rejected",
      reason: "store_invalid",
      field: "storeId",
    },
    {
      code,
      sub: "isv.workcard-not-exist:2345678",
      problem: "upstream_rejected",
      reason: "order_not_found",
      field: "order",
    },
    {
      code,
      sub: "isv.worker-not-exist:1",
      problem: "upstream_rejected",
      reason: "guide_not_found",
      field: "guide",
    },
    { code, sub: "isv.no-one-documents-this", problem: "upstream_rejected" },
    { code, sub: "isp.invalid-parameters", problem: "upstream_rejected" },
    { code, sub: "isp.top-parse-error", problem: "upstream_rejected" },
  ]),
];

for (const row of refusedRows) {
  test(`code ${row.code} ${row.sub ?? ""} is refused as ${row.problem} ${row.reason ?? ""} and not sent again`, async () => {
    const top = await harness([topError(row.code as number, row.sub ? { sub_code: row.sub } : {})]);
    const verdict = await top.assign();
    assert.ok(verdict.kind === "rejected", verdict.kind);
    assert.equal(verdict.failure.code, row.problem);
    assert.equal(verdict.failure.reason, row.reason);
    assert.equal(verdict.failure.field, row.field);
    assert.equal(verdict.failure.upstream?.code, [row.code, row.sub].filter(Boolean).join(" "));
    assert.equal(verdict.failure.upstream?.requestId, "req1");
    assert.equal(top.forms.length, 1);
  });
}

const mayHaveRun = [
  "isp.remote-service-timeout",
  "isp.top-remote-connection-timeout",
  "isp.top-remote-connection-timeout-tmall",
  "isp.remote-service-error",
  "isp.remote-connection-error",
  "isp.top-remote-connection-error",
  "isp.unknown-error",
];
for (const sub of mayHaveRun) {
  for (const code of [15, 50, 520]) {
    test(`${code} ${sub} may have run: unknown, so that the card is read before a second send`, async () => {
      const top = await harness([topError(code, { sub_code: sub })]);
      const verdict = await top.assign();
      assert.ok(verdict.kind === "unknown");
      assert.equal(verdict.failure.code, "upstream_unavailable");
      assert.equal(top.forms.length, 1);
    });
  }
}

test("code 10 without a sub_code is an exception nobody knows the effect of: unknown", async () => {
  assert.equal((await (await harness([topError(10)])).assign()).kind, "unknown");
});

for (const sub of [
  "isp.trade-service-unavailable",
  "isp.top-remote-service-unavailable",
  "isp.top-remote-service-unavailable-tmall",
  "isp.system-busy",
]) {
  test(`${sub} never reached the service: unsent, may be sent again`, async () => {
    const top = await harness([topError(15, { sub_code: sub })]);
    const verdict = await top.assign();
    assert.ok(verdict.kind === "unsent");
    assert.equal(verdict.failure.code, "upstream_unavailable");
  });
}

for (const [code, sub] of [
  [15, "isp.null-pointer-exception"],
  [15, "isp.top-mapping-parse-error"],
  [15, "isp.brand-new-fault"],
  [15, "isv.trade-service-error:WORKER_BUSY"],
  [15, undefined],
  [50, undefined],
  [52, undefined],
  [520, "nobody.knows"],
  [700, undefined],
  [9999, undefined],
] as const) {
  test(`${code} ${sub ?? ""} is not sent again; it is a refusal unless the card shows the worker`, async () => {
    const fault = () => topError(code, sub ? { sub_code: sub } : {});
    const free = await harness([fault(), cardAnswer(maskedApi)]);
    const verdict = await free.assign();
    assert.ok(verdict.kind === "rejected");
    assert.equal(verdict.failure.code, "upstream_rejected");
    const done = await harness([fault(), cardAnswer(maskedApi, { worker: { worker_id: 1234567 } })]);
    assert.equal((await done.assign()).kind, "assigned");
    assert.deepEqual(done.methods(), [assignApi, maskedApi]);
  });
}

test("a malformed error_response is never a success", async () => {
  for (const value of [null, "27", [], {}, { code: {} }, { code: "x" }]) {
    const top = await harness([json({ error_response: value, result: { success: true } }), cardAnswer(maskedApi)]);
    assert.equal((await top.assign()).kind, "rejected");
  }
});

test("an error_response counts under HTTP 400 and 500 too", async () => {
  for (const status of [400, 403, 500]) {
    const top = await harness([topError(27, {}, { status })]);
    const verdict = await top.assign();
    assert.ok(verdict.kind === "rejected" && verdict.failure.reason === "reauthorise");
  }
});

test("messages are unescaped once, on one line, capped, and never decide", async () => {
  const sub_msg = `A&apos;s&#20;&amp;lt;b&amp;gt;\u0007 &#x1F600; ${"长".repeat(400)}`;
  const top = await harness([topError(41, { msg: "Invalid session", sub_msg })]);
  const verdict = await top.assign();
  assert.ok(verdict.kind === "rejected" && verdict.failure.reason === "parameter_invalid");
  const message = verdict.failure.upstream?.message ?? "";
  assert.ok(message.startsWith("A's &lt;b&gt; 😀 长"));
  assert.equal([...message].length, 300);
});

test("the address that an allow-list refused goes to the operator's log, not to the page", async () => {
  const sub_msg = "appkey is only allowed to call from 198.51.100.7,2001:db8::7, but your ip is 203.0.113.9";
  const top = await harness([topError(11, { sub_code: "isv.permission-ip-whitelist-limit", sub_msg })]);
  const verdict = await top.assign();
  assert.ok(verdict.kind === "rejected");
  const message = verdict.failure.upstream?.message;
  assert.equal(message, "appkey is only allowed to call from [address],[address], but your ip is [address]");
  assert.ok(top.logged.some((line) => line.includes("top_address_refused") && line.includes("203.0.113.9")));
});

test("the operator is told the refused address behind an allow-list of any length", async () => {
  const listed = Array.from({ length: 100 }, (_, index) => `198.51.100.${index}`);
  const sub_msg = `appkey is only allowed to call from ${listed.join(",")}, but your ip is 203.0.113.9`;
  const top = await harness([topError(11, { sub_code: "isv.permission-ip-whitelist-limit", sub_msg })]);
  await top.assign();
  const [line = "{}"] = top.logged.filter((one) => one.includes("top_address_refused"));
  assert.equal(JSON.parse(line).egress, "203.0.113.9");
});

test("a session key that the platform echoes is withheld", async () => {
  const echoed: [session: string, sub_msg: string, shown: RegExp][] = [
    ["session-1", "session-1 is not valid", /^\[withheld\] is not valid$/],
    // eleven of its digits look like a mobile
    ["6100abc13812345678def", "6100abc13812345678def is not valid", /^\[withheld\] is not valid$/],
    // it lies across the end of what is shown
    ["0123456789abcdef", `${"长".repeat(292)}0123456789abcdef`, /长\[withhe/],
  ];
  for (const [session, sub_msg, shown] of echoed) {
    const top = await harness([topError(27, { sub_msg })]);
    top.authorisation.grants = { ...top.authorisation.grants, session };
    const verdict = await top.assign();
    assert.ok(verdict.kind === "rejected");
    assert.match(verdict.failure.upstream?.message ?? "", shown);
  }
});

// flow control

const banOf = (seconds: number) => `This ban will last for ${seconds} more seconds`;

for (const code of [4, 5, 6, 7, 8]) {
  test(`code ${code} with a ban of seconds is unsent, with the time to wait`, async () => {
    const top = await harness([
      topError(code, { sub_code: "accesscontrol.limited-by-api-access-count", sub_msg: banOf(1) }),
    ]);
    const verdict = await top.assign();
    assert.ok(verdict.kind === "unsent");
    assert.equal(verdict.retryAfterMs, 1000);
    assert.equal(verdict.failure.code, "rate_limited");
    assert.equal(verdict.failure.reason, "flow_control");
    assert.equal(verdict.failure.retryAfterSeconds, 1);
  });
}

test("a ban of a minute is told at once, with the seconds that are left", async () => {
  const top = await harness([
    topError(7, { sub_code: "accesscontrol.limited-by-dynamic-access-count", sub_msg: banOf(60) }),
  ]);
  const verdict = await top.assign();
  assert.ok(verdict.kind === "rejected");
  assert.deepEqual(
    { code: verdict.failure.code, reason: verdict.failure.reason, after: verdict.failure.retryAfterSeconds },
    { code: "rate_limited", reason: "flow_control", after: 60 },
  );
});

test("the quota of the day says when it ends: as the platform counts, else at midnight in GMT+8", async () => {
  const sub_code = "accesscontrol.limited-by-app-access-count";
  for (const [more, seconds] of [
    [{ sub_code, sub_msg: banOf(31_062) }, 31_062],
    [{ sub_code }, 12 * 3600],
    [{ sub_code, sub_msg: banOf(999_999_999) }, 86_400],
  ] as const) {
    const top = await harness([topError(7, more)]);
    const verdict = await top.assign();
    assert.ok(verdict.kind === "rejected");
    assert.equal(verdict.failure.reason, "daily_quota");
    assert.equal(verdict.failure.retryAfterSeconds, seconds);
  }
  const top = await harness([topError(7, { sub_code })]);
  const verdict = await top.assign();
  assert.ok(verdict.kind === "rejected" && verdict.failure.detail.includes("2026-11-23 00:00:00 (GMT+8)"));
});

test("flow control that names no duration is waited out for seconds", async () => {
  for (const fault of [topError(7), topError(15, { sub_code: "isp.call-limited" })]) {
    const verdict = await (await harness([fault])).assign();
    assert.ok(verdict.kind === "unsent" && verdict.retryAfterMs === 2000);
  }
});

test("nothing is sent while a ban stands, and sending starts again when it ends", async () => {
  const ban = topError(7, { sub_code: "accesscontrol.limited-by-api-access-count", sub_msg: banOf(30) });
  const top = await harness([ban, business({ success: true })]);
  await top.assign();
  top.clock.now = noon + 29_000;
  const during = await top.assign();
  assert.ok(during.kind === "unsent" && during.retryAfterMs === 1000);
  assert.equal(top.forms.length, 1);
  top.clock.now = noon + 30_000;
  assert.equal((await top.assign()).kind, "assigned");
});

test("a ban of one API leaves the others free; one of the app holds for all", async () => {
  const limited = (sub_code: string) => topError(7, { sub_code, sub_msg: banOf(600) });
  const one = await harness([limited("accesscontrol.limited-by-api-access-count"), cardAnswer(maskedApi)]);
  await one.assign();
  assert.ok(one.channel.readOrder);
  assert.ok((await one.channel.readOrder({ order: "2345678", orderKind: "workcard" })).ok);
  const all = await harness([limited("accesscontrol.limited-by-app-access-count")]);
  await all.assign();
  const state = await all.channel.readOrder?.({ order: "2345678", orderKind: "workcard" });
  assert.ok(state && !state.ok && state.failure.code === "rate_limited" && state.failure.retryAfterSeconds === 600);
  assert.equal(all.forms.length, 1);
});

// clock

const dated = (epochMs: number) => ({ headers: { date: new Date(epochMs).toUTCString() } });

for (const code of [30, 31]) {
  test(`code ${code} is corrected once from the platform's Date, with a new stamp and signature`, async () => {
    const top = await harness([
      topError(code, {}, dated(noon + 3_600_000)),
      business({ success: true }),
      business({ success: true }),
    ]);
    assert.equal((await top.assign()).kind, "assigned");
    const [first, second] = top.forms;
    assert.equal(first?.get("timestamp"), "2026-11-22 12:00:00");
    assert.equal(second?.get("timestamp"), "2026-11-22 13:00:00");
    assert.notEqual(first?.get("sign"), second?.get("sign"));
    // the next assignment starts with the corrected clock
    assert.equal((await top.assign()).kind, "assigned");
    assert.equal(top.forms[2]?.get("timestamp"), "2026-11-22 13:00:00");
  });
}

test("a clock that stays wrong after one correction is reported", async () => {
  const top = await harness([topError(31, {}, dated(noon)), topError(31, {}, dated(noon))]);
  const verdict = await top.assign();
  assert.ok(verdict.kind === "rejected" && verdict.failure.reason === "clock_skew");
  assert.equal(top.forms.length, 2);
});

test("a correction that the machine no longer needs is taken back, even where no Date is told", async () => {
  const top = await harness([topError(31), business({ success: true })]);
  top.authorisation.noteClock(3_600_000);
  assert.equal((await top.assign()).kind, "assigned");
  assert.deepEqual(
    top.forms.map((form) => form.get("timestamp")),
    ["2026-11-22 13:00:00", "2026-11-22 12:00:00"],
  );
});

// session

test("a session that was swapped meanwhile is used once; the refused one is never sent again", async () => {
  const top = await harness([topError(27), business({ success: true })]);
  top.authorisation.replacement = { session: "session-2", clockOffsetMs: 0, bans: [] };
  assert.equal((await top.assign()).kind, "assigned");
  assert.deepEqual(
    top.forms.map((form) => form.get("session")),
    ["session-1", "session-2"],
  );
  assert.deepEqual(top.authorisation.refusals, ["session-1"]);
});

test("a refusal of the grant's level (42, 53) does not throw the session away", async () => {
  for (const code of [42, 53]) {
    const top = await harness([topError(code)]);
    await top.assign();
    assert.deepEqual(top.authorisation.refusals, []);
    assert.ok(top.logged.some((line) => line.includes("top_reauthorise")));
  }
});
