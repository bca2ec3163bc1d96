/**
 * Whether, and which signals, `npm run serve` exports by OpenTelemetry. Pure. The exporters read the standard variables
 * themselves; what they would leave out or replace by a default is refused before anything starts: here what they say
 * nothing about, in sdk.ts what they complain of.
 */

export type Signal = "traces" | "metrics" | "logs";

export const signals: readonly Signal[] = ["traces", "metrics", "logs"];

/** Its message is one sentence for the operator and never holds a value: an endpoint may carry a password. */
export class ExportError extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @returns the signals that have an endpoint; none when nothing is to be exported
 * @throws ExportError
 */
export function exportedSignals(environment: Environment): Signal[] {
  if (setting(environment, "OTEL_SDK_DISABLED")?.toLowerCase() === "true") return [];
  return signals.filter((signal) => isExported(environment, signal));
}

function isExported(environment: Environment, signal: Signal): boolean {
  const kind = signal.toUpperCase();
  const exporter = `OTEL_${kind}_EXPORTER`;
  const chosen = setting(environment, exporter);
  if (chosen === "none") return false;
  const endpoint = firstSet(environment, [`OTEL_EXPORTER_OTLP_${kind}_ENDPOINT`, "OTEL_EXPORTER_OTLP_ENDPOINT"]);
  if (endpoint === undefined) return false;
  if (chosen !== undefined && chosen !== "otlp") throw new ExportError(`${exporter} must be otlp or none.`);
  if (!isWebAddress(endpoint.value)) {
    throw new ExportError(`${endpoint.name} is not an address such as http://127.0.0.1:4318.`);
  }
  const protocol = firstSet(environment, [`OTEL_EXPORTER_OTLP_${kind}_PROTOCOL`, "OTEL_EXPORTER_OTLP_PROTOCOL"]);
  if (protocol !== undefined && protocol.value !== "http/json") {
    throw new ExportError(`${protocol.name} must be http/json: nothing else is spoken here.`);
  }
  requirePairs(environment, "OTEL_EXPORTER_OTLP_HEADERS", isHeader);
  requirePairs(environment, `OTEL_EXPORTER_OTLP_${kind}_HEADERS`, isHeader);
  requirePairs(environment, "OTEL_RESOURCE_ATTRIBUTES", isAttribute);
  return true;
}

function requirePairs(environment: Environment, name: string, isPair: (text: string) => boolean): void {
  const pairs = (setting(environment, name) ?? "").split(",").map((pair) => pair.trim());
  if (pairs.every((pair) => pair === "" || isPair(pair))) return;
  throw new ExportError(`${name} must be key=value pairs with commas between them, other separators percent-encoded.`);
}

/** A broken one would be left out, and a value would end at its semicolon. */
const isHeader = (pair: string) => /^[^=;]+=[^;]+$/.test(pair) && decoded(pair) !== undefined;

/** With a broken one all would be left out, also with a key or value of more than 255 characters. */
const isAttribute = (pair: string) =>
  /^[^=]+=[^=]*$/.test(pair) && pair.split("=").every((part) => (decoded(part.trim())?.length ?? 256) <= 255);

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** An empty variable counts as unset, as OpenTelemetry has it. */
const setting = (environment: Environment, name: string) => environment[name]?.trim() || undefined;

function firstSet(environment: Environment, names: readonly string[]): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = setting(environment, name);
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:");
}
