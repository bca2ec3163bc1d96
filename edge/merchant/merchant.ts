/**
 * The Merchant object: one a merchant, named by its alias. It holds what all ledgers of the merchant share and what
 * must change in one place only: platform certificates, the TOP session, bans.
 */
import { DurableObject } from "cloudflare:workers";
import type { PlatformCertificate } from "../channels/wechat/platform-keys.ts";
import { readConfig } from "../config.ts";
import type { Env } from "../environment.ts";
import { fail, type Result } from "../problem.ts";
import { type PlatformCertificates, platformCertificatesOf } from "./platform-certificates.ts";

export class Merchant extends DurableObject<Env> {
  #certificates: PlatformCertificates | undefined;

  /** @param alias of the merchant, which named this object */
  async platformCertificates(alias: string): Promise<Result<PlatformCertificate[]>> {
    return this.#certificatesOf(alias)?.current() ?? noWechat(alias);
  }

  /** As `platformCertificates`, after an answer named a certificate that is not among them. */
  async refreshedPlatformCertificates(alias: string): Promise<Result<PlatformCertificate[]>> {
    return this.#certificatesOf(alias)?.refreshed() ?? noWechat(alias);
  }

  #certificatesOf(alias: string): PlatformCertificates | undefined {
    if (this.#certificates) return this.#certificates;
    const settings = readConfig({ ...this.env }).merchants.get(alias)?.wechat;
    if (settings) this.#certificates = platformCertificatesOf(this.ctx.storage.sql, settings);
    return this.#certificates;
  }
}

const noWechat = (alias: string) =>
  fail("misconfigured", `MERCHANT_${alias.toUpperCase()} holds no usable wechat settings.`);
