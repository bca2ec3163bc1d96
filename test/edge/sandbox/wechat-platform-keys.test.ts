/** Which key signs, which encrypts, and what the list of certificates holds, through rotation and migration. */
import assert from "node:assert/strict";
import { createDecipheriv, X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import { type RunningSandbox, startSandbox } from "./sandbox-harness.ts";
import { encrypt, jsonOf, verifiedBy, WechatCaller } from "./wechat-caller.ts";

let sandbox: RunningSandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.close());

const callerOf = (alias: "CERT" | "BOTH" | "DIRECT") =>
  new WechatCaller(sandbox.origin, JSON.parse(sandbox.environment.edge[`MERCHANT_${alias}`] ?? "").wechat);

const certificateOf = (age: "OLD" | "NEW") => {
  const { certificate } = JSON.parse(sandbox.environment.sandbox[`WECHAT_CERTIFICATE_${age}`] ?? "");
  const parsed = new X509Certificate(certificate);
  return {
    serial: parsed.serialNumber,
    pem: String(certificate),
    key: parsed.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
};
const certificateKeys = () => {
  const [old, fresh] = [certificateOf("OLD"), certificateOf("NEW")];
  return { [old.serial]: old.key, [fresh.serial]: fresh.key };
};

const list = (caller: WechatCaller) => caller.call({ method: "GET", target: "/v3/certificates" });
const assign = (caller: WechatCaller, order: string, serial?: string) =>
  caller.call({
    method: "POST",
    target: "/v3/smartguide/guides/01008370080000000001/assign",
    body: { out_trade_no: order },
    ...(serial && { serial }),
  });

function opened(caller: WechatCaller, row: { encrypt_certificate: Record<string, string> }): string {
  const { nonce = "", associated_data = "", ciphertext = "" } = row.encrypt_certificate;
  const bytes = Buffer.from(ciphertext, "base64");
  const cipher = createDecipheriv("aes-256-gcm", caller.account.apiV3Key, nonce).setAAD(Buffer.from(associated_data));
  cipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([cipher.update(bytes.subarray(0, -16)), cipher.final()]).toString();
}

const serials = async (caller: WechatCaller) =>
  (jsonOf(await list(caller)).data as { serial_no: string }[]).map((row) => row.serial_no);

test("a merchant that has only the public key gets no certificates, and is told what to apply for", async () => {
  const answer = await list(callerOf("DIRECT"));
  assert.equal(answer.status, 404);
  assert.deepEqual(jsonOf(answer), {
    code: "RESOURCE_NOT_EXISTS",
    message: "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥",
  });
});

test("a listed certificate opens with the APIv3 key, carries its serial, and verifies the very answer that brought it", async () => {
  const caller = callerOf("CERT");
  const answer = await list(caller);
  const [row] = jsonOf(answer).data as { serial_no: string; encrypt_certificate: Record<string, string> }[];
  assert.ok(row);
  const certificate = new X509Certificate(opened(caller, row));
  assert.equal(certificate.serialNumber, row.serial_no);
  assert.match(certificate.issuer, /Tenpay\.com Root CA/);
  const key = certificate.publicKey.export({ type: "spki", format: "pem" }).toString();
  assert.equal(verifiedBy(answer, { [row.serial_no]: key }), row.serial_no);
});

test("a rotation lists both certificates, signs with both by turns and the list with the new one, and ends with the new one alone", async () => {
  const caller = callerOf("CERT");
  const [old, fresh] = [certificateOf("OLD"), certificateOf("NEW")];
  assert.deepEqual(await serials(caller), [old.serial]);

  await sandbox.control("/platform", { rotation: "during" });
  assert.deepEqual(await serials(caller), [old.serial, fresh.serial]);
  assert.equal(verifiedBy(await list(caller), certificateKeys()), fresh.serial);
  const signers = new Set([
    verifiedBy(await assign(caller, "ROT-1"), certificateKeys()),
    verifiedBy(await assign(caller, "ROT-2"), certificateKeys()),
  ]);
  assert.deepEqual(signers, new Set([old.serial, fresh.serial]));

  await sandbox.control("/platform", { rotation: "after" });
  assert.deepEqual(await serials(caller), [fresh.serial]);
  const stale = await caller.call({
    method: "PATCH",
    target: "/v3/smartguide/guides/01008370080000000001",
    body: { name: encrypt("林晓梅", old.key) },
    serial: old.serial,
  });
  assert.match(String(jsonOf(stale).message), /Wechatpay-Serial错误/);
  await sandbox.control("/platform", { rotation: "before" });
});

test("in a migration the request's Wechatpay-Serial chooses who signs; before it certificates do, after it only the public key", async () => {
  const caller = callerOf("BOTH");
  const [publicKeyId = "", publicKey = ""] = Object.entries(caller.account.publicKeys ?? {})[0] ?? [];
  const all = { ...certificateKeys(), [publicKeyId]: publicKey };
  const old = certificateOf("OLD").serial;
  const rename = () =>
    caller.call({
      method: "PATCH",
      target: "/v3/smartguide/guides/01008370080000000001",
      body: { name: encrypt("林晓梅", publicKey) },
      serial: publicKeyId,
    });

  await sandbox.control("/platform", { migration: "before" });
  assert.equal(verifiedBy(await assign(caller, "MIG-1", publicKeyId), all), old);
  assert.match(String(jsonOf(await rename()).message), /Wechatpay-Serial错误/);

  await sandbox.control("/platform", { migration: "during" });
  assert.equal(verifiedBy(await assign(caller, "MIG-2", publicKeyId), all), publicKeyId);
  assert.equal(verifiedBy(await assign(caller, "MIG-3"), all), old);
  assert.equal((await rename()).status, 204);

  await sandbox.control("/platform", { migration: "after" });
  assert.equal(verifiedBy(await assign(caller, "MIG-4"), all), publicKeyId);
  assert.equal((await list(caller)).status, 404);
});
