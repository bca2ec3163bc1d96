/** Our edge: the bundle that is deployed, on bare workerd, ledgers on local disk, every guarantee on. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { workerdConfig } from "../../../tools/serve/workerd-config.ts";
import { startWorkerd } from "../../../tools/serve/workerd-process.ts";
import { answerParent } from "../answering.ts";
import { compatibilityDate } from "../compatibility-date.ts";
import { type BenchSettings, edgeVariables } from "../settings.ts";
import { servedBy } from "./served-by.ts";

const fromRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

interface EdgeSettings extends BenchSettings {
  state: string;
  workerdArgs: string[];
  v8Flags: string[];
}

answerParent<EdgeSettings, object>(async (settings) => {
  mkdirSync(settings.state, { recursive: true });
  const environment = edgeVariables(settings);
  const config = workerdConfig({
    objects: settings.state,
    assets: fromRoot("dist/assets"),
    script: "worker.js",
    compatibilityDate: compatibilityDate(),
    variables: Object.keys(environment),
    environment: "development",
    host: "127.0.0.1",
    port: 0,
    v8Flags: settings.v8Flags,
  });
  const script = fromRoot("dist/worker/worker.js");
  return servedBy(await startWorkerd({ config, script, environment, args: settings.workerdArgs }));
});
