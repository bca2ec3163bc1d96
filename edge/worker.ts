/** Entry of the Worker: the fetch handler and the Durable Object classes. */
import type { Env } from "./environment.ts";
import { app } from "./routes/app.ts";

export { Ledger } from "./ledger/ledger.ts";
export { Merchant } from "./merchant/merchant.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
