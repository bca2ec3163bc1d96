/**
 * The guides of a store, as WeChat Pay keeps them. What is checked or cached before a call stands here, the calls
 * themselves in guide-calls.ts.
 */
import {
  type Guide,
  type GuidePage,
  type GuideQuery,
  type GuideRegistration,
  type GuideSearch,
  type GuideUpdate,
  guideIdPattern,
} from "../../../shared/contract.ts";
import { type Failure, fail, ok, type Result } from "../../problem.ts";
import type { GuideDirectory } from "../channel.ts";
import type { WechatClient } from "./client.ts";
import type { WechatCredentials } from "./credentials.ts";
import { type CallContext, queryGuides, queryString, registerGuide, updateGuide } from "./guide-calls.ts";
import { GuidePages } from "./guide-pages.ts";
import type { PlatformKeys } from "./platform-keys.ts";
import { callBudgetMs, type WechatRuntime } from "./repeat.ts";
import { subMerchantFault } from "./sub-merchant.ts";

type ForSubMerchant<T> = T & { subMchid?: string };

export class WechatGuides implements GuideDirectory {
  readonly #client: WechatClient;
  readonly #credentials: WechatCredentials;
  readonly #keys: PlatformKeys;
  readonly #runtime: WechatRuntime;
  readonly #pages: GuidePages;
  /** the registration under way of each person: a second one of them waits, and then finds the guide */
  readonly #registering = new Map<string, Promise<unknown>>();

  constructor(client: WechatClient, credentials: WechatCredentials, keys: PlatformKeys, runtime: WechatRuntime) {
    this.#client = client;
    this.#credentials = credentials;
    this.#keys = keys;
    this.#runtime = runtime;
    this.#pages = new GuidePages(runtime.now);
  }

  async list(asked: ForSubMerchant<GuideQuery>): Promise<Result<GuidePage>> {
    const fault = this.#faultOf(asked.subMchid, { userId: asked.userId, workId: asked.workId });
    if (fault) return { ok: false, failure: fault };
    const pageName = `${this.#credentials.mchid} ${queryString(asked)}`;
    const kept = await this.#pages.get(pageName);
    if (kept) return ok(kept);
    const { edition } = this.#pages;
    const page = await this.#underKey((context) => queryGuides(context, asked));
    if (page.ok && page.value.data.length > 0) await this.#pages.put(pageName, page.value, edition);
    return page;
  }

  /** By mobile: never cached, since the name of the page would hold it. */
  async search({ storeId, mobile, subMchid }: ForSubMerchant<GuideSearch>): Promise<Result<GuidePage>> {
    const fault = this.#faultOf(subMchid, {});
    if (fault) return { ok: false, failure: fault };
    const asked = { storeId, subMchid, limit: 10, offset: 0 };
    return withoutEcho(await this.#underKey((context) => queryGuides(context, asked, mobile)), [mobile]);
  }

  async register(guide: ForSubMerchant<GuideRegistration>): Promise<Result<Pick<Guide, "id">>> {
    const { subMchid, userId, qrCode, avatar, groupQrCode } = guide;
    const fault = this.#faultOf(subMchid, { userId, qrCode, avatar, groupQrCode });
    if (fault) return { ok: false, failure: fault };
    // The wait for its turn is part of its time: calls that stand in line must not hold their places one after another.
    const deadline = this.#runtime.now() + callBudgetMs;
    const registered = await this.#alone(`${subMchid} ${guide.storeId} ${userId}`, () =>
      this.#underKey((context) => registerGuide(context, guide), deadline),
    );
    this.#pages.clear();
    return withoutEcho(registered, [guide.name, guide.mobile]);
  }

  /** Runs it when what was begun for the same person before has ended. */
  async #alone<T>(person: string, run: () => Promise<T>): Promise<T> {
    const turn = (this.#registering.get(person) ?? Promise.resolve()).then(run, run);
    this.#registering.set(person, turn);
    try {
      return await turn;
    } finally {
      if (this.#registering.get(person) === turn) this.#registering.delete(person);
    }
  }

  async update(id: string, update: ForSubMerchant<GuideUpdate>): Promise<Result<null>> {
    // The id becomes a path segment: dots or slashes in it would turn the call into another one.
    if (!guideIdPattern.test(id)) return fail("invalid_request", "id must be the id of a guide.", { field: "id" });
    const { subMchid, qrCode, avatar, groupQrCode } = update;
    const fault = this.#faultOf(subMchid, { qrCode, avatar, groupQrCode });
    if (fault) return { ok: false, failure: fault };
    const members = { sub_mchid: subMchid, qr_code: qrCode, avatar, group_qrcode: groupQrCode };
    const updated = await this.#underKey((context) => updateGuide(context, id, members, update));
    this.#pages.clear();
    return withoutEcho(updated, [update.name, update.mobile]);
  }

  /**
   * Runs a call under the key in force. When WeChat Pay cannot open what was encrypted, a certificate may have been
   * rotated under us: the store is asked, and a newer key gets one more try.
   */
  async #underKey<T>(
    run: (context: CallContext) => Promise<Result<T>>,
    deadline = this.#runtime.now() + callBudgetMs,
  ): Promise<Result<T>> {
    const common = { client: this.#client, credentials: this.#credentials, runtime: this.#runtime, deadline };
    const key = await this.#keys.inForce(deadline);
    if (!key.ok) return key;
    const first = await run({ ...common, key: key.value });
    if (first.ok || first.failure.reason !== "platform_key_mismatch") return first;
    const successor = await this.#keys.successorOf(key.value, deadline);
    return successor ? run({ ...common, key: successor }) : first;
  }

  #faultOf(subMchid: string | undefined, clearText: Readonly<Record<string, string | undefined>>): Failure | undefined {
    return subMerchantFault(this.#credentials.mode, subMchid) ?? characterFault(clearText);
  }
}

/** APIv3 takes UTF-8 of up to three bytes a character; its gateway names no field when there is more. */
function characterFault(members: Readonly<Record<string, string | undefined>>): Failure | undefined {
  for (const [field, value] of Object.entries(members)) {
    if (value !== undefined && /[\u{10000}-\u{10ffff}]/u.test(value)) {
      return {
        code: "invalid_request",
        field,
        detail: `${field} must not contain emoji or other characters of four bytes.`,
      };
    }
  }
  return undefined;
}

/** The platform's sentence may repeat what it decrypted; problems are logged and stored, so it loses that here. */
function withoutEcho<T>(result: Result<T>, personal: readonly (string | undefined)[]): Result<T> {
  if (result.ok || result.failure.upstream?.message === undefined) return result;
  let message = result.failure.upstream.message;
  for (const value of personal) if (value) message = message.replaceAll(value, "…");
  return { ok: false, failure: { ...result.failure, upstream: { ...result.failure.upstream, message } } };
}
