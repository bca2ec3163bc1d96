/** The bindings of the Worker. The variables of the configuration arrive beside them as strings: `config.ts` reads those. */
import type { Ledger } from "./ledger/ledger.ts";
import type { Merchant } from "./merchant/merchant.ts";

export interface Env {
  LEDGER: DurableObjectNamespace<Ledger>;
  MERCHANT: DurableObjectNamespace<Merchant>;
  /** The element's files: Cloudflare's assets, or a `disk` service on bare workerd. */
  ASSETS: Fetcher;
  /** A coarse shield; absent on bare workerd, where the ledger's hard budget stands alone. */
  RATE_LIMIT?: RateLimit;
}
