/**
 * A WeChat Pay of our own making for these tests: it checks requests and signs answers with node:crypto and strings
 * written out here, so that nothing of the code under test judges itself.
 */
import assert from "node:assert/strict";
import { createVerify, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { mock } from "node:test";
import type { AssignmentIntent, ChannelRuntime } from "../../../edge/channels/channel.ts";
import { createWechatChannel } from "../../../edge/channels/wechat/channel.ts";
import { importWechatCredentials, type WechatCredentials } from "../../../edge/channels/wechat/credentials.ts";
import type { CertificateSource } from "../../../edge/channels/wechat/platform-keys.ts";
import type { WechatRuntime } from "../../../edge/channels/wechat/repeat.ts";
import type { WechatSettings } from "../../../edge/channels/wechat/settings.ts";
import { attemptMs } from "../../../edge/ledger/schedule.ts";
import { fail } from "../../../edge/problem.ts";
import type { Fields } from "../../../edge/telemetry.ts";

export const rsaPair = (modulusLength = 2048) => generateKeyPairSync("rsa", { modulusLength });
export const merchant = rsaPair();
export const platform = rsaPair();
export const stranger = rsaPair();

export const pkcs8 = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();
export const spki = (key: KeyObject) => key.export({ type: "spki", format: "pem" }).toString();

export const publicKeyId = "PUB_KEY_ID_0119000001092026110100000000000001";
export const serialNo = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
export const mchid = "1900000001";
export const subMchid = "1900000109";
/** A fixed clock: 2026-11-21T02:40:00Z. */
export const epoch = 1_795_228_800_000;

export function settings(changes: Partial<WechatSettings> = {}): WechatSettings & { hosts: readonly string[] } {
  return {
    mode: "partner",
    mchid,
    serialNo,
    privateKey: pkcs8(merchant.privateKey),
    apiV3Key: "0123456789abcdef0123456789ABCDEF",
    publicKeys: { [publicKeyId]: spki(platform.publicKey) },
    hosts: ["https://api.mch.weixin.qq.com", "https://api2.mch.weixin.qq.com"],
    ...changes,
  };
}

export async function credentials(changes: Partial<WechatSettings> = {}): Promise<WechatCredentials> {
  const imported = await importWechatCredentials(settings(changes));
  assert.ok(imported.ok, imported.ok ? "" : imported.sentence);
  return imported.value;
}

export interface SeenRequest {
  url: string;
  method: string;
  headers: Headers;
  body: Buffer;
  redirect: string | undefined;
  signal: AbortSignal | undefined;
}

export type Answerer = (request: SeenRequest) => Response | Promise<Response>;

export interface AnswerOptions {
  key?: KeyObject;
  serial?: string;
  /** unix seconds */
  timestamp?: number | string;
  nonce?: string;
  signature?: string;
  signedBody?: string;
  headers?: Record<string, string>;
  /** signature headers that are left out */
  without?: string[];
}

export const clock = { now: epoch };

export const forever = () => new Promise<never>(() => {});

/** Moves the clock and the timers, which the test has mocked. */
export function pass(milliseconds: number): void {
  clock.now += milliseconds;
  mock.timers.tick(milliseconds);
}

/** Waits until so many requests are out; crypto and fetch run on real threads. */
export async function sent(runtime: TestRuntime, count: number): Promise<void> {
  while (runtime.requests.length < count) await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** An answer as WeChat Pay signs it. */
export function signedAnswer(status: number, body: string, options: AnswerOptions = {}): Response {
  const timestamp = String(options.timestamp ?? Math.floor(clock.now / 1000));
  const nonce = options.nonce ?? randomBytes(16).toString("hex");
  const message = `${timestamp}\n${nonce}\n${options.signedBody ?? body}\n`;
  const headers = new Headers({
    "Content-Type": "application/json; charset=utf-8",
    "Request-ID": "08E6F1CF0510A2-0",
    "Wechatpay-Timestamp": timestamp,
    "Wechatpay-Nonce": nonce,
    "Wechatpay-Serial": options.serial ?? publicKeyId,
    "Wechatpay-Signature":
      options.signature ?? sign("sha256", Buffer.from(message), options.key ?? platform.privateKey).toString("base64"),
    "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    ...options.headers,
  });
  for (const name of options.without ?? []) headers.delete(name);
  return new Response(status === 204 ? null : body, { status, headers });
}

export const errorAnswer = (status: number, code: string, message: string, detail?: unknown, options?: AnswerOptions) =>
  signedAnswer(status, JSON.stringify({ code, message, ...(detail !== undefined && { detail }) }), options);

export function unsignedAnswer(status: number, body: string | Uint8Array<ArrayBuffer> | null, headers = {}): Response {
  return new Response(body, { status, headers });
}

export const noCertificates: CertificateSource = {
  current: async () => fail("upstream_unavailable", "no certificates in this test"),
  refreshed: async () => fail("upstream_unavailable", "no certificates in this test"),
};

/** What the channel is given, with everything that it did written down. */
export class TestRuntime implements WechatRuntime {
  readonly requests: SeenRequest[] = [];
  readonly logs: { level: string; event: string; fields: Fields }[] = [];
  readonly counts: { counter: string; labels: Fields }[] = [];
  readonly fetch: typeof fetch;
  readonly telemetry: ChannelRuntime["telemetry"];
  random = () => 0.5;
  answerers: Answerer[];

  /** @param answerers used in turn; the last one repeats */
  constructor(...answerers: Answerer[]) {
    this.answerers = answerers;
    this.telemetry = {
      log: (level, event, fields = {}) => this.logs.push({ level, event, fields }),
      count: (counter, labels = {}) => this.counts.push({ counter, labels }),
    };
    this.fetch = async (input, init) => {
      const request: SeenRequest = {
        url: String(input),
        method: init?.method ?? "GET",
        headers: new Headers(init?.headers),
        body: Buffer.from(await new Response(init?.body ?? null).arrayBuffer()),
        redirect: init?.redirect,
        signal: init?.signal ?? undefined,
      };
      this.requests.push(request);
      const answerer = this.answerers[Math.min(this.requests.length, this.answerers.length) - 1];
      assert.ok(answerer, "no answer was prepared");
      return answerer(request);
    };
  }

  now = () => clock.now;

  sleep = async (milliseconds: number) => {
    clock.now += milliseconds;
  };

  /** Everything that operators could read. */
  written(): string {
    return JSON.stringify([this.logs, this.counts]);
  }
}

export async function channelOf(
  runtime: WechatRuntime,
  changes: Partial<WechatSettings> = {},
  certificates: CertificateSource = noCertificates,
) {
  return createWechatChannel({ credentials: await credentials(changes), certificates, runtime });
}

export const intent: AssignmentIntent = {
  channel: "wechat",
  order: "20150806125346",
  guide: { id: "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic", name: "陈小萌" },
  subMchid,
};

/** As the ledger asks for one, in the time that it gives. */
export const attempt = () => ({ uncertain: false, deadline: clock.now + attemptMs });

export interface Authorization {
  mchid: string;
  nonce: string;
  timestamp: string;
  serial: string;
  signature: string;
}

/** Reads the Authorization header as the platform documents it: scheme, one space, five quoted pairs in any order. */
function authorizationOf(request: SeenRequest): Authorization {
  const header = request.headers.get("Authorization") ?? "";
  const [scheme, rest] = [header.slice(0, header.indexOf(" ")), header.slice(header.indexOf(" ") + 1)];
  assert.equal(scheme, "WECHATPAY2-SHA256-RSA2048");
  const pairs = new Map(
    rest.split(",").map((pair) => /^([a-z_]+)="([^"]*)"$/.exec(pair)?.slice(1, 3) as [string, string]),
  );
  assert.deepEqual([...pairs.keys()].sort(), ["mchid", "nonce_str", "serial_no", "signature", "timestamp"]);
  const value = (name: string) => pairs.get(name) ?? "";
  return {
    mchid: value("mchid"),
    nonce: value("nonce_str"),
    timestamp: value("timestamp"),
    serial: value("serial_no"),
    signature: value("signature"),
  };
}

/** Fails unless the request carries a right signature over exactly what was sent. */
export function assertSigned(request: SeenRequest, key: KeyObject = merchant.publicKey): Authorization {
  const authorization = authorizationOf(request);
  const target = request.url.replace(/^https?:\/\/[^/]+/, "");
  const head = `${request.method}\n${target}\n${authorization.timestamp}\n${authorization.nonce}\n`;
  const verifier = createVerify("sha256").update(head).update(request.body).update("\n");
  assert.ok(verifier.verify(key, authorization.signature, "base64"), "the request's signature is wrong");
  return authorization;
}

/** The answer of a query that finds nobody: what a registration meets first. */
export const noGuides: Answerer = () => signedAnswer(200, '{"data":[],"total_count":0,"limit":10,"offset":0}');

/** A person to register, whom the queries of these tests know as robert. */
export const registration = {
  corpId: "ww1",
  storeId: "1",
  userId: "robert",
  name: "甲",
  mobile: "13800138000",
  qrCode: "https://a.example/",
  avatar: "https://a.example/",
  subMchid,
};
