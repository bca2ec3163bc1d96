/** The floor on bare workerd, with the same compatibility date and the same way out as the edge. */
import { fileURLToPath } from "node:url";
import { startWorkerd } from "../../../tools/serve/workerd-process.ts";
import { answerParent } from "../answering.ts";
import { compatibilityDate } from "../compatibility-date.ts";
import type { BenchSettings } from "../settings.ts";
import { servedBy } from "./served-by.ts";

answerParent<BenchSettings & { v8Flags: string[] }, object>(async (settings) => {
  const environment = {
    UPSTREAM: settings.upstream,
    MCHID: settings.mchid,
    SUB_MCHID: settings.subMchid,
    SERIAL_NO: settings.serialNo,
    PRIVATE_KEY: settings.privateKey,
    PLATFORM_KEY_ID: settings.platformKeyId,
    PLATFORM_PUBLIC_KEY: settings.platformPublicKey,
  };
  const bindings = Object.keys(environment).map((name) => `(name = "${name}", fromEnvironment = "${name}")`);
  const config = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "floor", worker = .floor),
    (name = "internet", network = (allow = ["127.0.0.0/8"])),
  ],
  v8Flags = [${settings.v8Flags.map((flag) => `"${flag}"`).join(", ")}],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "floor")],
);

const floor :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate()}",
  bindings = [${bindings.join(", ")}],
);
`;
  const script = fileURLToPath(new URL("../floor.js", import.meta.url));
  return servedBy(await startWorkerd({ config, script, environment }));
});
