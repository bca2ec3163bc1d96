/**
 * The Merchant object: one a merchant, named by its alias. It holds what all ledgers of the merchant share and what
 * must change in one place only: platform certificates, the TOP session, bans.
 */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "../environment.ts";

export class Merchant extends DurableObject<Env> {}
