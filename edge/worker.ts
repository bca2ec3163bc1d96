/** Entry of the Worker: the fetch handler and the Durable Object classes. */
import type { Env } from "./environment.ts";

export { Ledger } from "./ledger/ledger.ts";
export { Merchant } from "./merchant/merchant.ts";

export default {
  fetch: () => new Response(null, { status: 503 }),
} satisfies ExportedHandler<Env>;
