/**
 * The keys of WeChat Pay: configured public keys and downloaded platform certificates, both at once during a
 * migration. The serial of an answer selects the key that verifies it; one key at a time encrypts. With a public key in
 * force nothing here leaves memory.
 */
import { Deadlines } from "../../deadlines.ts";
import { fail, ok, type Result } from "../../problem.ts";
import type { ChannelRuntime } from "../channel.ts";
import { normalSerial, type WechatCredentials } from "./credentials.ts";
import { importPlatformKey, type PlatformKeyPair } from "./rsa-keys.ts";

export interface PlatformCertificate {
  /** upper-case hex */
  serialNo: string;
  /** SPKI */
  publicKeyPem: string;
  /** epoch milliseconds */
  notBefore: number;
  notAfter: number;
}

/** Where platform certificates come from: the merchant's one store of them, or a fake. Answers are plain data. */
export interface CertificateSource {
  /** What is stored; downloaded first when there is nothing or when it is due. */
  current(): Promise<Result<PlatformCertificate[]>>;
  /** As `current`, after a download that an unknown serial made necessary; no more often than the cool-down allows. */
  refreshed(): Promise<Result<PlatformCertificate[]>>;
}

export interface PlatformKey extends PlatformKeyPair {
  /** what `Wechatpay-Serial` says: a certificate's serial number or a `PUB_KEY_ID_…` */
  id: string;
}

interface HeldCertificate extends PlatformKey {
  notBefore: number;
  notAfter: number;
}

/** The store keeps itself fresh; asking it hourly lets a new certificate in long before its first use, a day later. */
const askAgainMs = 60 * 60 * 1000;
const askAgainAfterFailureMs = 60 * 1000;
/** With a valid certificate at hand an assignment does not wait for a store that stalls. */
const patienceMs = 1_000;

export class PlatformKeys {
  readonly #credentials: WechatCredentials;
  readonly #source: CertificateSource;
  readonly #runtime: ChannelRuntime;
  readonly #deadlines: Deadlines;
  #certificates: readonly HeldCertificate[] = [];
  #askAgainAt = 0;

  constructor(credentials: WechatCredentials, source: CertificateSource, runtime: ChannelRuntime) {
    this.#credentials = credentials;
    this.#source = source;
    this.#runtime = runtime;
    this.#deadlines = new Deadlines(runtime.now);
  }

  /** The key that encrypts now and that answers are asked to be signed with. */
  async inForce(deadline: number): Promise<Result<PlatformKey>> {
    const { encryptWith, publicKeys } = this.#credentials;
    const publicKey = publicKeys.get(encryptWith);
    if (publicKey) return ok({ id: encryptWith, ...publicKey });
    const loaded = await this.#keepFresh(deadline);
    const newest = this.#newest(this.#runtime.now());
    if (newest) return ok(newest);
    if (!loaded.ok) return loaded;
    return fail("upstream_unauthorized", "WeChat Pay lists no platform certificate that is valid now.", {
      reason: "platform_key_missing",
    });
  }

  /** The key that an answer names; a certificate that is not known yet is looked for once. */
  async find(serial: string, deadline: number): Promise<CryptoKey | undefined> {
    if (serial.startsWith("PUB_KEY_ID_")) return this.#credentials.publicKeys.get(serial)?.verify;
    const wanted = normalSerial(serial);
    if (this.#certificates.length > 0) await this.#keepFresh(deadline);
    const known = this.#valid(wanted);
    if (known) return known.verify;
    await this.#load(() => this.#source.refreshed(), deadline);
    return this.#valid(wanted)?.verify;
  }

  /** WeChat Pay refused a key. @returns the one that took its place, where the store knows of one */
  async successorOf(refused: PlatformKey, deadline: number): Promise<PlatformKey | undefined> {
    if (this.#credentials.encryptWith !== "certificate") return undefined;
    await this.#load(() => this.#source.refreshed(), deadline);
    const now = await this.inForce(deadline);
    return now.ok && now.value.id !== refused.id ? now.value : undefined;
  }

  /** The newest is the one that lasts longest. */
  #newest(now: number): HeldCertificate | undefined {
    return this.#certificates
      .filter(({ notBefore, notAfter }) => notBefore <= now && now < notAfter)
      .reduce<HeldCertificate | undefined>(
        (best, held) => (best && best.notAfter >= held.notAfter ? best : held),
        undefined,
      );
  }

  #valid(serial: string): HeldCertificate | undefined {
    const now = this.#runtime.now();
    return this.#certificates.find(
      ({ id, notBefore, notAfter }) => normalSerial(id) === serial && notBefore <= now && now < notAfter,
    );
  }

  /** A certificate that the platform has dropped is forgotten within the hour. */
  async #keepFresh(deadline: number): Promise<Result<null>> {
    const now = this.#runtime.now();
    const held = this.#newest(now);
    if (held && now < this.#askAgainAt) return ok(null);
    const patience = held ? Math.min(deadline, now + patienceMs) : deadline;
    const loaded = await this.#load(() => this.#source.current(), patience);
    if (!loaded.ok) this.#askAgainAt = this.#runtime.now() + askAgainAfterFailureMs;
    return loaded;
  }

  async #load(read: () => Promise<Result<PlatformCertificate[]>>, deadline: number): Promise<Result<null>> {
    // A store that stalls or throws must not hold an attempt past its deadline.
    const answered = await this.#deadlines.bound(
      read().catch(() => undefined),
      deadline,
      () => undefined,
    );
    if (!answered) return fail("upstream_unavailable", "The platform certificates did not arrive in time.");
    if (!answered.ok) return answered;
    const held: HeldCertificate[] = [];
    for (const { serialNo, publicKeyPem, notBefore, notAfter } of answered.value) {
      const known = this.#certificates.find(({ id }) => id === serialNo);
      const keys = known ? { ok: true as const, value: known } : await importPlatformKey(publicKeyPem);
      if (keys.ok)
        held.push({ id: serialNo, verify: keys.value.verify, encrypt: keys.value.encrypt, notBefore, notAfter });
    }
    this.#certificates = held;
    this.#askAgainAt = this.#runtime.now() + askAgainMs;
    return ok(null);
  }
}
