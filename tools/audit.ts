/**
 * `npm run audit -- head|verify --edge URL --merchant ALIAS [--sub-mchid N] [--shard N]`: exports where a ledger's audit
 * chain ends, and verifies the chain row by row. The operator key comes from STAFF_ASSIGN_OPERATOR_KEY, never from an
 * argument, since arguments stand in the process list.
 *
 * `head` prints one line of JSON to keep away from the edge's machine; `verify --head FILE` compares with it, which is
 * what finds a cut-off end. `verify` needs STORAGE_KEY, from the environment or from `--keys`.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isObject } from "../edge/is-object.ts";
import {
  type AuditHead,
  type AuditKey,
  type AuditPage,
  auditKeyOf,
  checkpointIsGenuine,
  genesis,
  verifyChain,
} from "../edge/ledger/audit.ts";
import { parseSecretKeys } from "../edge/read-variable.ts";
import { reasonOf } from "./serve/reason.ts";
import { readVariables, VariablesError } from "./serve/variables.ts";

const usage =
  "npm run audit -- head|verify --edge URL --merchant ALIAS [--sub-mchid N] [--shard N] [--head FILE] [--keys FILE_OR_DIR]";
const timeoutMs = 30_000;
/** Beyond every sequence number: the answer then holds the head alone. */
const pastTheEnd = 999_999_999_999_999;

class AuditError extends Error {}

const options = {
  edge: { type: "string" },
  merchant: { type: "string" },
  "sub-mchid": { type: "string" },
  shard: { type: "string", default: "0" },
  head: { type: "string" },
  keys: { type: "string" },
} as const;

async function run(args: string[]): Promise<string> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    throw new AuditError(`${error instanceof Error ? error.message.split(". ")[0] : "Bad arguments"}. Usage: ${usage}`);
  }
  const { values, positionals } = parsed;
  const { edge, merchant, shard, keys } = values;
  const [command] = positionals;
  if (positionals.length !== 1 || (command !== "head" && command !== "verify") || !edge || !merchant) {
    throw new AuditError(`Usage: ${usage}`);
  }
  const ledger = { merchant, ...(values["sub-mchid"] && { subMchid: values["sub-mchid"] }), shard };
  const read = pageReader(edge, ledger);
  if (command === "head") {
    const { head } = await read(pastTheEnd);
    if (head.seq === 0) console.error(emptyLedger);
    return JSON.stringify({ ...ledger, ...head, exportedAt: new Date().toISOString() });
  }
  return verify(read, storageKeys(keys), values.head === undefined ? undefined : readHead(values.head, ledger));
}

function parse(args: string[]) {
  return parseArgs({ args, options, allowPositionals: true });
}

type ReadPage = (after: number) => Promise<AuditPage>;

async function verify(read: ReadPage, keys: readonly AuditKey[], known: AuditHead | undefined): Promise<string> {
  let page = await read(0);
  const { checkpoint } = page;
  if (checkpoint && !checkpointIsGenuine(checkpoint, checkpoint.signature, keys)) {
    throw new AuditError(
      "The checkpoint that retention left is not genuine: rows before it were removed by somebody else.",
    );
  }
  const start: AuditHead = checkpoint ?? genesis;
  let head = start;
  let isKnownFound = known === undefined || known.seq <= start.seq;
  for (;;) {
    const verdict = verifyChain(page.rows, head, keys);
    if (verdict.kind === "broken") throw new AuditError(`Row ${verdict.seq} ${troubles[verdict.why]}.`);
    if (page.rows.some(({ seq, mac }) => seq === known?.seq && mac === known.mac)) isKnownFound = true;
    head = verdict.head;
    if (page.rows.length === 0 || head.seq >= page.head.seq) break;
    page = await read(head.seq);
  }
  if (head.seq !== page.head.seq || head.mac !== page.head.mac) {
    throw new AuditError(`The ledger ended at row ${page.head.seq} when it was opened; its rows end at ${head.seq}.`);
  }
  if (!isKnownFound) {
    throw new AuditError(
      `Row ${known?.seq}, exported earlier, is not in the chain that ends at row ${head.seq}: the end was cut off or rewritten.`,
    );
  }
  if (head.seq === 0) return emptyLedger;
  const rows = head.seq - start.seq;
  const pruned = start.seq > 0 ? `; rows up to ${start.seq} were pruned by retention, behind a signed checkpoint` : "";
  return `Intact: ${rows} rows, the last is ${head.seq}${known ? `, and the head exported earlier (${known.seq}) is kept` : ""}${pruned}.`;
}

/** As it is before the first call, and as it looks under a number that was mistyped: the edge cannot tell them apart. */
const emptyLedger =
  "Empty: this ledger never had a row. If it should have some, compare --merchant, --sub-mchid and --shard.";

const troubles = {
  missing: "is missing: it was deleted",
  edited: "was edited, or the row before it was",
  "unknown-key": "is signed with a STORAGE_KEY that is not given; add the keys that were in use before",
} as const;

function pageReader(edge: string, ledger: Record<string, string>): ReadPage {
  const operatorKey = process.env.STAFF_ASSIGN_OPERATOR_KEY;
  if (!operatorKey) throw new AuditError("STAFF_ASSIGN_OPERATOR_KEY is not set: the operator key, op_….");
  // A header cannot carry it, which would look like an edge that does not answer.
  if (!/^[\x21-\x7e]+$/.test(operatorKey)) throw new AuditError("STAFF_ASSIGN_OPERATOR_KEY is no operator key.");
  const base = URL.parse("/v1/operator/audit", edge);
  if (!base || !/^https?:$/.test(base.protocol))
    throw new AuditError("--edge must be an origin such as https://edge.example.");
  return async (after) => {
    const url = new URL(base);
    url.search = new URLSearchParams({ ...ledger, after: String(after) }).toString();
    let response: Response;
    try {
      response = await fetch(url, {
        headers: { Authorization: `Bearer ${operatorKey}` },
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch {
      throw new AuditError(`${base.origin} does not answer.`);
    }
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok || !isPage(body)) {
      const { code, detail }: Record<string, unknown> = isObject(body) ? body : {};
      const said = `${base.origin} answers ${response.status} ${code ?? ""}: ${detail ?? "no audit record"}`;
      const hint = typeof code === "string" ? hints[code] : undefined;
      throw new AuditError(hint === undefined ? said : `${said} (${hint})`);
    }
    return body;
  };
}

/** What the command knows of its own call, and the edge does not. */
const hints: Readonly<Record<string, string | undefined>> = {
  unauthenticated: "the key in STAFF_ASSIGN_OPERATOR_KEY is none of these",
  not_found: "compare --merchant, --sub-mchid and --shard; an edge without OPERATOR_KEY_SHA256 has no audit call",
};

const isPage = (body: unknown): body is AuditPage => isObject(body) && Array.isArray(body.rows) && isObject(body.head);

function storageKeys(keysPath: string | undefined): AuditKey[] {
  const text = keysPath === undefined ? process.env.STORAGE_KEY : readVariables(keysPath).values.STORAGE_KEY;
  if (!text) throw new AuditError("STORAGE_KEY is not set: give it in the environment, or name the file with --keys.");
  const parsed = parseSecretKeys(text);
  if (!parsed.ok) throw new AuditError(`STORAGE_KEY ${parsed.sentence}.`);
  return parsed.value.map(auditKeyOf);
}

function readHead(file: string, ledger: Record<string, string>): AuditHead {
  let known: Record<string, unknown>;
  try {
    known = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch (error) {
    throw new AuditError(
      `${file} is not an exported head: ${error instanceof SyntaxError ? "no JSON" : reasonOf(error)}.`,
    );
  }
  const { seq, mac } = known;
  if (typeof seq !== "number" || typeof mac !== "string") throw new AuditError(`${file} is not an exported head.`);
  if (["merchant", "subMchid", "shard"].some((member) => known[member] !== ledger[member])) {
    throw new AuditError(`${file} is the head of another ledger.`);
  }
  return { seq, mac };
}

try {
  console.log(await run(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof AuditError || error instanceof VariablesError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
