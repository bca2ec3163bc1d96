/** The configuration, read once for each set of bindings, with one line in the log for each broken variable. */
import { type Config, readConfig } from "./config.ts";
import { consoleTelemetry } from "./telemetry.ts";

const loaded = new WeakMap<object, Config>();

export function configOf(env: object): Config {
  const known = loaded.get(env);
  if (known) return known;
  const config = readConfig({ ...env });
  for (const { variable, sentence } of config.faults) {
    consoleTelemetry.log("error", "configuration", { message: `${variable} ${sentence}` });
  }
  loaded.set(env, config);
  return config;
}
