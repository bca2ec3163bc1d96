/** The whole Worker, with a Merchant object that can be ended as the platform ends one. */
import worker, { Ledger, Merchant as RealMerchant } from "../../../edge/worker.ts";

export { Ledger };

export class Merchant extends RealMerchant {
  end() {
    this.ctx.abort("the platform moves the object");
  }
}

export default worker;
