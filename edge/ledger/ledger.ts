/** The Ledger object: the only writer of its assignments. */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "../environment.ts";

export class Ledger extends DurableObject<Env> {}
