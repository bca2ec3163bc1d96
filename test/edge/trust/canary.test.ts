/**
 * Marked secrets and personal data through every route, with platforms that work, fail and quote what they were sent.
 * Afterwards every answer, every header, every line of output and every byte on disk is searched for them.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { calculateThumbprint, generateKeyPair, generateProof } from "dpop";
import { type Answer, assign, call, newOrder, wechat } from "../../support/calls.ts";
import { edgeOrigin } from "../../support/edge.ts";
import { signatureHeaders, signed204, signedError, unsigned204 } from "../../support/platform.ts";
import { formOf, noAnswer } from "../../support/upstream.ts";
import { dump, rawBytes } from "./disk.ts";
import { assignWorker, WorkCards, wechatCall } from "./platforms.ts";
import { mint, type Session, startTrust, type Trust } from "./setup.ts";

const origin = "https://pos.example";
/** Mobiles are nowhere in the clear, and neither are people whom only the platform told us of. */
const mobiles = {
  worker: "13811112222",
  hanging: "13833334444",
  search: "13855556666",
  guide: "13877778888",
  other: "13899990000",
  buyer: "13822220000",
};
const names = {
  shown: "金丝雀导购",
  worker: "金丝雀师傅",
  registered: "金丝雀店员",
  buyer: "金丝雀买家",
  other: "金丝雀同事",
};

let trust: Trust;
let page: Session;
let bound: Session;
const told: { headers: string; body: string; minted: boolean }[] = [];
/** Answers about orders on which the platform showed somebody whom no till had named. */
const taken: Answer[] = [];
/** What lay on disk while an assignment was pending, and at the end. */
let pendingDump: string;
let pendingBytes: Buffer;
let finalDump: string;
let finalBytes: Buffer;
let output: string;
const secrets: [name: string, value: string][] = [];
const tokens: string[] = [];

/** Every answer is kept, headers included. */
function recording(edge: Trust["edge"]): Trust["edge"] {
  return {
    ...edge,
    fetch: async (path, init) => {
      const response = await edge.fetch(path, init);
      const minted = path === "/v1/sessions" && response.status === 201;
      told.push({ headers: JSON.stringify([...response.headers]), body: await response.clone().text(), minted });
      return response;
    },
  };
}

const lineOf = (pem: string) => pem.split("\n").at(5) ?? pem;

function markSecrets(): void {
  const { edge, partnerApiKey, kioskApiKey, operatorKey } = trust.environment;
  const demo = JSON.parse(edge.MERCHANT_DEMO ?? "{}");
  secrets.push(
    ["private key", lineOf(demo.wechat.privateKey)],
    ["APIv3 key", demo.wechat.apiV3Key],
    ["app secret", demo.tmall.appSecret],
    ["TOP session", demo.tmall.session],
    ["TOP refresh token", demo.tmall.refreshToken],
    ["partner key", partnerApiKey],
    ["other partner's key", kioskApiKey],
    ["operator key", operatorKey],
    ["session key", edge.SESSION_KEY ?? ""],
    ["storage key", edge.STORAGE_KEY ?? ""],
  );
  for (const [name, value] of secrets) assert.ok(value.length >= 20, name);
}

const operator = () => ({ Authorization: `Bearer ${trust.environment.operatorKey}` });
const tmall = (order: string, guide: object) => ({ channel: "tmall", order, guide });
const byMobile = (order: string, mobile = mobiles.worker) => tmall(order, { mobile, name: names.worker });

/** A refusal that quotes all that TOP was sent. */
const topRefusal = () => {
  const { tmall: top } = JSON.parse(trust.environment.edge.MERCHANT_DEMO ?? "{}");
  return `session ${top.session} of ${mobiles.worker} ${names.worker} and ${mobiles.guide} refused`;
};

async function everyRoute(headers: Record<string, string>): Promise<void> {
  const { edge } = trust;
  const store = "1234567890";
  await assign(edge, headers, { ...wechat(newOrder(), "G1"), guide: { id: "G1", name: names.shown } });
  await assign(edge, headers, byMobile(String(Math.floor(Math.random() * 1e15))));
  await assign(edge, headers, tmall("5550001", { id: "42", name: names.worker }));
  await assign(edge, headers, { ...wechat("bad order", "G1"), secret: mobiles.worker });
  await assign(edge, headers, byMobile("not-a-number", mobiles.guide));
  await call(edge, "GET", "/v1/assignments?limit=100", headers);
  await call(edge, "GET", "/v1/assignments/unknown", headers);
  await call(edge, "GET", "/v1/orders/5550009?channel=tmall", headers);
  await call(edge, "GET", `/v1/guides?storeId=${store}`, headers);
  await call(edge, "POST", "/v1/guides/search", headers, { storeId: store, mobile: mobiles.search });
  const guide = { corpId: "corp", storeId: store, userId: "user-1", name: names.registered, mobile: mobiles.guide };
  const pictures = { qrCode: "https://img.example/q", avatar: "https://img.example/a" };
  await call(edge, "POST", "/v1/guides", headers, { ...guide, ...pictures });
  await call(edge, "PATCH", "/v1/guides/G1", headers, { mobile: mobiles.guide, name: names.registered });
}

before(async () => {
  trust = await startTrust((variables) => ({
    ...variables,
    PARTNER_POS: JSON.stringify({ ...JSON.parse(variables.PARTNER_POS ?? "{}"), origins: [origin] }),
  }));
  markSecrets();
  const { partnerApiKey } = trust.environment;
  trust.edge = recording(trust.edge);
  const cards = new WorkCards({ name: names.buyer, mobile: mobiles.buyer });
  const other = { worker_mobile: mobiles.other, worker_name: names.other };
  for (const card of ["5550009", "5550011"]) cards.workers.set(card, { worker_id: "43", ...other });
  cards.workers.set("5550012", other);

  page = await mint(trust, partnerApiKey, {
    origin,
    scope: "assignments:write assignments:read guides:read guides:write",
  });
  const keys = await generateKeyPair("ES256");
  bound = await mint(trust, partnerApiKey, { origin, jkt: await calculateThumbprint(keys.publicKey) });
  tokens.push(page.token, bound.token);
  const proof = await generateProof(keys, `${edgeOrigin}/v1/assignments`, "POST", undefined, bound.token);
  tokens.push(proof);

  const answer = (good: boolean) => async (request: Request) => {
    const body = await request.clone().text();
    const sent = { method: request.method, path: new URL(request.url).pathname, headers: request.headers, body };
    const form = formOf(sent);
    if (form && good) return cards.answer(form);
    if (form)
      return Response.json({
        error_response: {
          code: 15,
          msg: "Remote service error",
          sub_code: "isv.refused",
          sub_msg: topRefusal(),
          request_id: "r",
        },
      });
    if (!good) return signedError(trust.key, 400, "PARAM_ERROR", `手机号 ${mobiles.guide} 格式错误`);
    if (wechatCall(sent)) return signed204(trust.key);
    if (request.method === "PATCH") return signed204(trust.key);
    const reply = request.method === "POST" ? { guide_id: "G1" } : { total_count: 0, data: [], limit: 10, offset: 0 };
    const text = JSON.stringify(reply);
    return new Response(text, {
      status: 200,
      headers: { ...signatureHeaders(trust.key, text), "Content-Type": "application/json" },
    });
  };
  for (const good of [true, false]) {
    trust.upstream.answerWith(answer(good));
    await everyRoute(page.headers);
    await everyRoute(trust.backend);
    await assign(trust.edge, { ...bound.headers, DPoP: proof }, wechat(newOrder(), "G1"));
    await call(trust.edge, "GET", "/v1/operator/merchants", operator());
    await call(trust.edge, "GET", "/v1/operator/audit?merchant=demo&subMchid=1900000109", operator());
    await call(trust.edge, "PUT", "/v1/operator/merchants/demo/tmall-session", operator(), {
      session: `6100${"c".repeat(40)}`,
      sessionExpiresAt: "2020-01-01T00:00:00Z",
    });
    for (const path of ["/healthz", "/readyz", "/v1/openapi.json", `/v1/assignments?access_token=${page.token}`]) {
      await call(trust.edge, "GET", path, page.headers).catch(() => undefined);
    }
  }

  // Sends that are lost, to cards on which somebody else is found.
  trust.upstream.answerWith(async (request) => {
    const form = new URLSearchParams(await request.text());
    return form.get("method") === assignWorker ? Promise.reject(new Error("reset")) : cards.answer(form);
  });
  for (const body of [tmall("5550011", { id: "42" }), byMobile("5550012")]) {
    taken.push(await assign(trust.edge, page.headers, body), await assign(trust.edge, trust.backend, body));
  }
  await call(trust.edge, "GET", "/v1/assignments?order=5550011", trust.backend);

  await call(trust.edge, "DELETE", `/v1/sessions/${bound.id}`, { Authorization: `Bearer ${partnerApiKey}` });

  // One more is in flight, its parameters on disk, when the process dies.
  trust.upstream.answerWith(async (request) => (request.url.includes("smartguide") ? unsigned204() : noAnswer()));
  trust.upstream.forget();
  const named = { ...wechat(newOrder(), "G1"), guide: { id: "G1", name: names.shown } };
  const hanging = [byMobile("5550010", mobiles.hanging), named].map((body) =>
    assign(trust.edge, trust.backend, body).catch(() => undefined),
  );
  await trust.upstream.seen((sent) => formOf(sent)?.get("method") === assignWorker);
  await trust.upstream.seen((sent) => wechatCall(sent)?.order === named.order);
  const before = trust.edge;
  await trust.edge.kill();
  await Promise.all(hanging);
  pendingDump = dump(trust.state);
  pendingBytes = rawBytes(trust.state);

  trust.upstream.answerWith(answer(true));
  await trust.restart((same) => same);
  trust.edge = recording(trust.edge);
  for (;;) {
    const { body } = await call(trust.edge, "GET", "/v1/assignments?status=pending", trust.backend);
    if (body.data?.length === 0) break;
  }
  // A second one makes a commit in which the outcome of the first is on disk.
  await assign(trust.edge, trust.backend, wechat(newOrder(), "G1"));
  await call(trust.edge, "GET", "/v1/assignments", trust.backend);
  await trust.edge.kill();
  finalDump = dump(trust.state);
  finalBytes = rawBytes(trust.state);
  output = [...before.lines, ...trust.edge.lines].join("\n");
});
after(() => trust.close());

const answers = () => told.map(({ headers, body }) => `${headers}\n${body}`).join("\n");
const absent = (place: string, text: string, [name, value]: [string, string]) => {
  const at = text.indexOf(value);
  assert.equal(at, -1, `${name} is in ${place}: …${text.slice(Math.max(0, at - 120), at)}`);
};
const hex = (text: string) => Buffer.from(text).toString("hex");

test("the run reached what it is to search: assignments, refusals, logs, pending parameters", () => {
  assert.ok(told.length > 50);
  assert.ok(told.some(({ body }) => body.includes("upstream_rejected")));
  assert.ok(output.includes('"assignment"'), "the log has a line an assignment");
  assert.equal(pendingDump.match(/^outbox: /gm)?.length, 2);
  assert.ok(finalDump.includes(names.shown), "the history shows the name that the till gave");
  assert.deepEqual(
    taken.map(({ body }) => [body.code, body.current?.observed, body.current?.guide?.name]),
    Array(4).fill(["already_assigned", true, "金*"]),
  );
});

describe("secrets", () => {
  test("of merchants, partners and operators are in no answer", () => {
    for (const secret of secrets) absent("an answer", answers(), secret);
  });
  test("are in no line of output", () => {
    for (const secret of [...secrets, ...tokens.map((token): [string, string] => ["a token", token])])
      absent("the output", output, secret);
  });
  test("are in no record and in no byte on disk", () => {
    for (const secret of [...secrets, ...tokens.map((token): [string, string] => ["a token", token])]) {
      for (const [place, text] of [
        ["a record", pendingDump],
        ["a record", finalDump],
      ] as const) {
        absent(place, text, secret);
        absent(place, text, [secret[0], hex(secret[1])]);
      }
      for (const bytes of [pendingBytes, finalBytes])
        assert.equal(bytes.indexOf(secret[1]), -1, `${secret[0]} is on disk`);
    }
  });
  test("a session's token is in the answer that made it and in no other", () => {
    for (const token of tokens) {
      const places = told.filter(({ headers, body }) => headers.includes(token) || body.includes(token));
      assert.ok(places.every(({ minted }) => minted));
    }
  });
});

describe("mobiles", () => {
  const all = () => Object.entries(mobiles);
  test("are in no answer", () => {
    for (const mobile of all()) absent("an answer", answers(), mobile);
  });
  test("are in no line of output", () => {
    for (const mobile of all()) absent("the output", output, mobile);
  });
  test("are nowhere on disk in the clear, not even while they are needed", () => {
    for (const [name, mobile] of all()) {
      absent("a record", pendingDump, [name, mobile]);
      absent("a record", finalDump, [name, mobile]);
      absent("a record", finalDump, [name, hex(mobile)]);
      for (const bytes of [pendingBytes, finalBytes]) assert.equal(bytes.indexOf(mobile), -1, `${name} is on disk`);
    }
  });
  test("are gone with the outcome: nothing sealed is left", () => {
    assert.doesNotMatch(finalDump, /^outbox: /m);
  });
});

describe("names", () => {
  test("that a till gave are told in answers and kept in the history; nobody else's are", () => {
    for (const name of ["registered", "buyer", "other"] as const) {
      absent("an answer", answers(), [name, names[name]]);
      absent("a record", finalDump, [name, names[name]]);
      absent("a record", pendingDump, [name, names[name]]);
    }
  });
  test("are in no line of output", () => {
    for (const name of Object.entries(names)) absent("the output", output, name);
  });
  test("are in the history's table and in no other", () => {
    for (const text of [pendingDump, finalDump]) {
      for (const line of text.split("\n")) {
        if (Object.values(names).some((name) => line.includes(name))) assert.match(line, /^assignments: /);
      }
    }
    for (const line of finalDump.split("\n")) if (line.startsWith("audit: ")) assert.ok(!/金丝雀/.test(line));
  });
});
