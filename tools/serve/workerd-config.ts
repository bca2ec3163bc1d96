/**
 * The Cap'n Proto configuration of bare workerd. Pure. It names variables and holds no value: workerd takes those from
 * its environment, so that no secret lies in a file or in the process list.
 */

export interface WorkerdSettings {
  /** absolute paths */
  objects: string;
  assets: string;
  /** file name of the bundled Worker, beside the configuration */
  script: string;
  compatibilityDate: string;
  /** names of the environment variables that become bindings */
  variables: readonly string[];
  environment: "production" | "development";
  host: string;
  port: number;
  /** further ones, for measuring */
  v8Flags?: readonly string[];
}

/** Never to be changed: object ids derive from them, and the files below `objects` are named by them. */
const uniqueKeys = { Ledger: "staff-assign-ledger", Merchant: "staff-assign-merchant" } as const;

/** The merchant's upstreams are public; only development has stand-ins on this machine. */
const reachable = { production: ["public"], development: ["public", "127.0.0.0/8", "::1/128"] } as const;

const socketName = "http";

/**
 * MiB of each half of V8's young generation. Left to itself it begins with 4 and grows to 16 as garbage survives, and with it
 * the garbage that the old generation may hold before it is collected: of a fixed size it keeps memory steady.
 */
const semiSpaceMiB = 8;
const memoryFlags = [`--min-semi-space-size=${semiSpaceMiB}`, `--max-semi-space-size=${semiSpaceMiB}`];

export function workerdConfig(settings: WorkerdSettings): string {
  const { objects, assets, script, compatibilityDate, variables, environment, host, port, v8Flags = [] } = settings;
  const bindings = [
    ...variables.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`),
    `(name = "LEDGER", durableObjectNamespace = "Ledger")`,
    `(name = "MERCHANT", durableObjectNamespace = "Merchant")`,
    `(name = "ASSETS", service = "assets")`,
  ];
  const namespaces = Object.entries(uniqueKeys).map(
    ([className, uniqueKey]) => `(className = "${className}", uniqueKey = "${uniqueKey}", enableSql = true)`,
  );
  const allow = reachable[environment].map(text);
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "assets", disk = (path = ${text(assets)})),
    (name = "objects", disk = (path = ${text(objects)}, writable = true)),
    (name = "internet", network = (allow = [${allow.join(", ")}], tlsOptions = (trustBrowserCas = true))),
  ],
  v8Flags = [${[...memoryFlags, ...v8Flags].map(text).join(", ")}],
  sockets = [(name = "${socketName}", address = ${text(`${bracketed(host)}:${port}`)}, http = (), service = "edge")],
);

const edge :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${text(script)})],
  compatibilityDate = ${text(compatibilityDate)},
  bindings = [
    ${bindings.join(",\n    ")},
  ],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}

/** As it stands before a port. */
export const bracketed = (host: string) => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);

/** @throws TypeError for text that the format cannot hold */
function text(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  if (/[\u0000-\u001f\u007f]/.test(value)) throw new TypeError("a path or address holds a control character");
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
