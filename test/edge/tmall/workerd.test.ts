import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";
import { business, cardAnswer, json, maskedApi, topError } from "./gateway.ts";

const secret = randomBytes(16).toString("hex");
const day = 86_400_000;
const tmall = {
  appKey: "12345678",
  appSecret: secret,
  session: "canary-configured",
  sessionExpiresAt: new Date(Date.now() + 400 * day).toISOString(),
};

const server = createTestHarness({
  workers: [
    {
      config: {
        name: "tmall-channel",
        main: fileURLToPath(new URL("./worker.js", import.meta.url)),
        compatibility_date: "2026-11-01",
        durable_objects: { bindings: [{ name: "MERCHANT", class_name: "Merchant" }] },
        migrations: [{ tag: "v1", new_sqlite_classes: ["Merchant"] }],
        vars: {
          STORAGE_KEY: randomBytes(32).toString("base64url"),
          ...Object.fromEntries(
            ["hmac-sha256", "hmac", "md5"].map((signMethod) => [
              `MERCHANT_${signMethod.replace("-", "").toUpperCase()}`,
              JSON.stringify({ tmall: { ...tmall, signMethod } }),
            ]),
          ),
          MERCHANT_RENEWS: JSON.stringify({ tmall: { ...tmall, refreshToken: "canary-token" } }),
        },
      },
    },
  ],
});

interface MerchantCalls {
  swapTopSession(swap: { session: string; sessionExpiresAt?: string }): Promise<unknown>;
  topStatus(): Promise<{ state: string; origin: string } | undefined>;
}
interface Bindings {
  MERCHANT: { getByName(alias: string): MerchantCalls };
}

const outbound = globalThis.fetch;
let forms: URLSearchParams[];
let answers: (() => Response)[];

before(async () => {
  await server.listen();
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    assert.equal(request.url, "https://gw.api.taobao.com/router/rest");
    forms.push(new URLSearchParams(await request.text()));
    const answer = answers.shift();
    if (!answer) throw new Error("no answer is left");
    return answer();
  };
});
beforeEach(() => {
  forms = [];
  answers = [];
});
after(async () => {
  globalThis.fetch = outbound;
  await server.close();
});

async function assign(alias: string, intent: object = {}, attempt: object = {}) {
  const body = JSON.stringify({ intent: { order: "2345678", guide: { id: "1234567" }, ...intent }, attempt });
  const response = await server.fetch(`/${alias}`, { method: "POST", body });
  return (await response.json()) as { kind: string; guide?: { id: string } };
}

const merchant = async (alias: string) => (await server.getWorker<Bindings>().getEnv()).MERCHANT.getByName(alias);

const reference = {
  hmacsha256: (text: string) => createHmac("sha256", secret).update(text).digest("hex"),
  hmac: (text: string) => createHmac("md5", secret).update(text).digest("hex"),
  md5: (text: string) => createHash("md5").update(`${secret}${text}${secret}`).digest("hex"),
};

for (const alias of ["hmacsha256", "hmac", "md5"] as const) {
  test(`workerd signs ${alias} as node:crypto does, over what the gateway receives`, async () => {
    answers = [() => business({ success: true })];
    const guide = { mobile: "13245678901", name: "@张师傅 😀+&=" };
    assert.equal((await assign(alias, { guide })).kind, "assigned");
    const form = Object.fromEntries(forms[0] ?? []);
    const { sign, ...signed } = form;
    const names = Object.keys(signed).sort();
    const text = names.map((name) => name + signed[name]).join("");
    assert.equal(sign, reference[alias](text).toUpperCase());
    assert.equal(form.target_worker_name, guide.name);
    assert.equal(form.session, "canary-configured");
  });
}

test("workerd keeps all nineteen digits of an id in an answer", async () => {
  answers = [() => cardAnswer(maskedApi, { worker: { worker_id: "7091800003790954036" } })];
  const id = "7091800003790954035";
  const verdict = await assign("hmacsha256", { guide: { id } }, { uncertain: true });
  assert.deepEqual([verdict.kind, verdict.guide?.id], ["taken", "7091800003790954036"]);
});

test("a session swapped in the Merchant object is used by the next assignment, without a deployment", async () => {
  await (await merchant("md5")).swapTopSession({ session: "canary-swapped" });
  answers = [() => business({ success: true })];
  await assign("md5");
  assert.equal(forms[0]?.get("session"), "canary-swapped");
});

test("a session that the platform refused is refreshed once, by call and alarm together, and the call sends with the new one", async () => {
  answers = [
    () => topError(27),
    () =>
      json({
        top_auth_token_refresh_response: {
          token_result: JSON.stringify({
            access_token: "canary-fresh",
            refresh_token: "canary-next",
            expires_in: 86_400,
          }),
        },
      }),
  ];
  answers.push(() => business({ success: true }));
  assert.equal((await assign("renews")).kind, "assigned");
  assert.equal(forms[1]?.get("method"), "taobao.top.auth.token.refresh");
  assert.equal(forms[1]?.get("refresh_token"), "canary-token");
  assert.equal(forms[2]?.get("session"), "canary-fresh");
  assert.equal((await (await merchant("renews")).topStatus())?.origin, "refreshed");
  assert.equal(forms.length, 3);
});

test("broken compression and an oversized body are unknown in workerd, and it serves on", async () => {
  const headers = { "content-encoding": "gzip", "content-type": "application/json" };
  answers = [
    () => new Response("this is no gzip", { headers }),
    () => new Response(" ".repeat(2 * 1024 * 1024)),
    () => business({ success: true }),
  ];
  const kinds: string[] = [];
  for (let call = 0; call < 3; call++) kinds.push((await assign("hmacsha256")).kind);
  assert.deepEqual(kinds, ["unknown", "unknown", "assigned"]);
});

test("no secret, session, token, mobile or name is in any log line", async () => {
  const lines = JSON.stringify(server.getLogs());
  assert.ok(lines.includes("top_session_swapped"));
  for (const canary of ["canary", secret, "13245678901", "张师傅"]) assert.ok(!lines.includes(canary));
});
