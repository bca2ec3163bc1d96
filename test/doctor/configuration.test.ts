/** What the doctor finds in a configuration that the edge can read, without asking anybody. */
import assert from "node:assert/strict";
import { createHash, createPrivateKey } from "node:crypto";
import { before, test } from "node:test";
import { readConfig } from "../../edge/config.ts";
import { examineConfig } from "../../tools/doctor/configuration.ts";
import { createDevEnvironment } from "../support/dev-environment.ts";
import { createCertificate, createRsaKey } from "../support/test-keys.ts";

type Variables = Record<string, string>;

let variables: Variables;
before(async () => {
  const origins = { edgeOrigin: "http://127.0.0.1:8787", sandboxOrigin: "http://127.0.0.1:9" };
  ({ edge: variables } = await createDevEnvironment(origins));
});

const amend = (name: string, change: (value: Record<string, unknown>) => void): Variables => {
  const value = JSON.parse(variables[name] ?? "{}") as Record<string, unknown>;
  change(value);
  return { ...variables, [name]: JSON.stringify(value) };
};

/** One finding a line, as they are printed. */
async function told(changed: Variables): Promise<string> {
  const findings = await examineConfig(readConfig(changed));
  return findings.map(({ level, sentence }) => `${level} ${sentence}`).join("\n");
}

test("a merchant certificate that pasting has changed is read as the edge reads it", async () => {
  const key = await createRsaKey();
  const { serialNo, pem } = await createCertificate("CN=1900000101", key, key, new Date());
  const withCertificate = (certificate: string) =>
    amend("MERCHANT_DIRECT", ({ wechat }) =>
      Object.assign(wechat as object, { privateKey: key.privateKey, serialNo, certificate }),
    );
  for (const [before, lineBreak] of [
    ["", ""],
    ["", " "],
    ["", "\\n"],
    ["\ufeff", "\r\n"],
  ] as const) {
    const text = await told(withCertificate(before + pem.trim().replaceAll("\n", lineBreak)));
    assert.doesNotMatch(text, /MERCHANT_DIRECT/);
  }
  assert.match(
    await told(withCertificate(pem.slice(0, 400))),
    /^error MERCHANT_DIRECT wechat\.certificate is not a PEM/m,
  );
});

test("a private key of which one character was changed is found, in every line of it; one that is whole is not", async () => {
  const { privateKey } = await createRsaKey();
  const withKey = (pem: string) =>
    amend("MERCHANT_DIRECT", ({ wechat }) => Object.assign(wechat as object, { privateKey: pem }));
  const pkcs1 = createPrivateKey(privateKey).export({ type: "pkcs1", format: "pem" }).toString();
  for (const whole of [privateKey, pkcs1]) assert.doesNotMatch(await told(withKey(whole)), /^error MERCHANT_DIRECT/m);
  const lines = privateKey.trim().split("\n");
  for (let at = 1; at < lines.length - 1; at++) {
    const changed = lines.with(
      at,
      (lines[at] ?? "").replace(/^(.{8})(.)/, (_, start, one) => start + (one === "A" ? "B" : "A")),
    );
    assert.match(
      await told(withKey(changed.join("\n"))),
      /^error MERCHANT_DIRECT wechat\.privateKey is /m,
      `line ${at}`,
    );
  }
});

test("sub-merchants of a merchant that acts for itself are told, since a call that names one is refused", async () => {
  for (const subMchids of ["*", ["1900000109"]]) {
    const text = await told(
      amend("PARTNER_POS", (partner) => Object.assign(partner, { merchants: { direct: { subMchids } } })),
    );
    assert.match(text, /^warning PARTNER_POS lists subMchids for direct, which acts for itself/m);
    assert.doesNotMatch(text, /every sub-merchant of direct/);
  }
  assert.doesNotMatch(await told(variables), /acts for itself/);
});

test("a grant without any scope is an error", async () => {
  const merchants = { demo: { subMchids: ["1900000109"], scopes: [] } };
  const text = await told(amend("PARTNER_POS", (partner) => Object.assign(partner, { merchants })));
  assert.match(text, /^error PARTNER_POS lists no scopes for demo/m);
});

test("the API key that the documents show is found from its digest, as one that can be guessed", async () => {
  const digest = createHash("sha256").update("sk_kiosk_…").digest("hex");
  const text = await told(amend("PARTNER_KIOSK", (partner) => Object.assign(partner, { apiKeySha256: [digest] })));
  assert.match(text, /^error PARTNER_KIOSK holds the digest of an API key that can be guessed/m);
});

test("one API key in the records of two partners is found, twice in one record it does no harm", async () => {
  const { apiKeySha256 } = JSON.parse(variables.PARTNER_POS ?? "{}") as { apiKeySha256: string[] };
  const text = await told(amend("PARTNER_KIOSK", (partner) => Object.assign(partner, { apiKeySha256 })));
  assert.match(text, /^error PARTNER_POS and PARTNER_KIOSK hold the digest of one API key/m);
  const twice = [...apiKeySha256, ...apiKeySha256];
  assert.doesNotMatch(
    await told(amend("PARTNER_POS", (partner) => Object.assign(partner, { apiKeySha256: twice }))),
    /one API key/,
  );
});

test("an operator key in the place of its digest is not called missing as well", async () => {
  const text = await told({ ...variables, OPERATOR_KEY_SHA256: "op_0123456789" });
  assert.match(text, /^error OPERATOR_KEY_SHA256 must be the SHA-256 of a key in hex/m);
  assert.doesNotMatch(text, /OPERATOR_KEY_SHA256 is not set/);
});
