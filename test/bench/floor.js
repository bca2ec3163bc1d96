/**
 * The floor: a Worker that signs, sends and verifies, and nothing else. No session, no ledger, no second look at its
 * input. What the edge costs above this is the price of its guarantees.
 */
const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const encoder = new TextEncoder();

const der = (pem) => Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");

let imported;

async function keysOf(env) {
  imported ??= {
    sign: await crypto.subtle.importKey("pkcs8", der(env.PRIVATE_KEY), algorithm, false, ["sign"]),
    verify: await crypto.subtle.importKey("spki", der(env.PLATFORM_PUBLIC_KEY), algorithm, false, ["verify"]),
  };
  return imported;
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/healthz") return new Response("ok");
    const keys = imported ?? (await keysOf(env));
    if (pathname === "/sign") return signMany(keys, Number(searchParams.get("count")));
    return assign(request, env, keys);
  },
};

async function assign(request, env, keys) {
  const { order, guide } = await request.json();
  const path = `/v3/smartguide/guides/${guide.id}/assign`;
  const body = JSON.stringify({ sub_mchid: env.SUB_MCHID, out_trade_no: order });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const message = encoder.encode(`POST\n${path}\n${timestamp}\n${nonce}\n${body}\n`);
  const signature = Buffer.from(await crypto.subtle.sign(algorithm.name, keys.sign, message)).toString("base64");
  const answer = await fetch(env.UPSTREAM + path, {
    method: "POST",
    headers: {
      Accept: "application/json",
      Authorization: `WECHATPAY2-SHA256-RSA2048 mchid="${env.MCHID}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${env.SERIAL_NO}"`,
      "Content-Type": "application/json",
      "User-Agent": "bench-floor",
      "Wechatpay-Serial": env.PLATFORM_KEY_ID,
    },
    body,
  });
  const signed = `${answer.headers.get("Wechatpay-Timestamp")}\n${answer.headers.get("Wechatpay-Nonce")}\n${await answer.text()}\n`;
  const proof = Buffer.from(answer.headers.get("Wechatpay-Signature") ?? "", "base64");
  const verified = await crypto.subtle.verify(algorithm.name, keys.verify, proof, encoder.encode(signed));
  if (answer.status !== 204 || !verified) return new Response("not verified", { status: 502 });
  return Response.json({ status: "assigned", order, guide });
}

/** RSA-2048 signatures in a row: what the runtime can do at most. */
async function signMany(keys, count) {
  const message = encoder.encode("x".repeat(200));
  for (let index = 0; index < count; index++) await crypto.subtle.sign(algorithm.name, keys.sign, message);
  return new Response("ok");
}
