/** `npm run audit` against the real Worker, through a go-between that edits what the ledger says. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assign, backendHeaders, newOrder, subMchid, wechat } from "../support/calls.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { accepting, platformKeyOf } from "../support/platform.ts";

const script = fileURLToPath(new URL("../../tools/audit.ts", import.meta.url));

interface Page {
  rows: { seq: number; at: number; entry: string; mac: string }[];
  head: { seq: number; mac: string };
  checkpoint?: { seq: number; mac: string; signature: string };
}

let edge: Edge;
let goBetween: Server;
let origin: string;
let folder: string;
let tamper: (page: Page) => void;

before(async () => {
  edge = await startEdge();
  edge.answerWith(accepting(platformKeyOf(edge.environment)));
  const headers = backendHeaders(edge.environment.partnerApiKey);
  for (let count = 0; count < 3; count++) await assign(edge, headers, wechat(newOrder(), "GUIDE1"));
  goBetween = createServer((request, response) => {
    void (async () => {
      const { authorization = "" } = request.headers;
      const answer = await edge.fetch(request.url ?? "/", { headers: { Authorization: authorization } });
      const page = (await answer.json()) as Page;
      if (answer.ok) tamper(page);
      response.writeHead(answer.status).end(JSON.stringify(page));
    })();
  });
  await new Promise<void>((resolve) => goBetween.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(goBetween.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), "staff-assign-audit-"));
});
beforeEach(() => {
  tamper = () => undefined;
});
after(async () => {
  goBetween.closeAllConnections();
  goBetween.close();
  await edge.close();
  rmSync(folder, { recursive: true, force: true });
});

async function audit(command: "head" | "verify", more: string[] = [], env: Record<string, string> = {}) {
  const args = [script, command, "--edge", origin, "--merchant", "demo", "--sub-mchid", subMchid, ...more];
  const child = spawn(process.execPath, args, {
    env: {
      STAFF_ASSIGN_OPERATOR_KEY: edge.environment.operatorKey,
      STORAGE_KEY: edge.environment.edge.STORAGE_KEY,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, text };
}

async function exportHead(): Promise<string> {
  const file = join(folder, "head.json");
  writeFileSync(file, (await audit("head")).text);
  return file;
}

test("an untouched chain is intact, and so is the head that was exported earlier", async () => {
  const head = await exportHead();
  const { code, text } = await audit("verify", ["--head", head]);
  assert.equal(code, 0, text);
  assert.match(text, /^Intact: 6 rows, the last is 6, and the head exported earlier \(6\) is kept/);
});

test("an edited row is found at its place", async () => {
  tamper = ({ rows }) => {
    for (const row of rows) if (row.seq === 3) row.entry = row.entry.replace("GUIDE1", "GUIDE2").replace("{", "{ ");
  };
  const { code, text } = await audit("verify");
  assert.equal(code, 1);
  assert.match(text, /^Row 3 was edited/);
});

test("a deleted row is found at its place", async () => {
  tamper = (page) => {
    page.rows = page.rows.filter(({ seq }) => seq !== 4);
  };
  const { code, text } = await audit("verify");
  assert.equal(code, 1);
  assert.match(text, /^Row 4 is missing/);
});

test("a cut-off end is found with the head that was exported earlier", async () => {
  const head = await exportHead();
  tamper = (page) => {
    page.rows = page.rows.filter(({ seq }) => seq <= 4);
    const last = page.rows.at(-1);
    page.head = { seq: last?.seq ?? 0, mac: last?.mac ?? "genesis" };
  };
  const { code, text } = await audit("verify", ["--head", head]);
  assert.equal(code, 1);
  assert.match(text, /^Row 6, exported earlier, is not in the chain that ends at row 4/);
});

test("an end that was cut off under a running edge is found without a head", async () => {
  tamper = (page) => {
    page.rows = page.rows.filter(({ seq }) => seq <= 4);
  };
  assert.match((await audit("verify")).text, /^The ledger ended at row 6.*its rows end at 4/);
});

test("a start that was cut off behind a forged checkpoint is found", async () => {
  tamper = (page) => {
    const cut = page.rows[1];
    assert.ok(cut);
    page.rows = page.rows.filter(({ seq }) => seq > cut.seq);
    page.checkpoint = { seq: cut.seq, mac: cut.mac, signature: cut.mac };
  };
  assert.match((await audit("verify")).text, /^The checkpoint that retention left is not genuine/);
});

test("a ledger without a row, as a mistyped sub-merchant has it, is not called intact", async () => {
  const mistyped = ["--sub-mchid", "1900000199"];
  const verified = await audit("verify", mistyped);
  assert.equal(verified.code, 0, verified.text);
  assert.match(verified.text, /^Empty: this ledger never had a row\..* compare .*--sub-mchid/);
  const exported = await audit("head", mistyped);
  assert.match(exported.text, /^Empty: this ledger never had a row/m);
  assert.match(exported.text, /^\{"merchant":"demo","subMchid":"1900000199","shard":"0","seq":0,/m);
});

test("a chain under a key that is not given is told apart from an edited one", async () => {
  const { code, text } = await audit("verify", [], { STORAGE_KEY: randomBytes(32).toString("base64url") });
  assert.equal(code, 1);
  assert.match(text, /^Row 1 is signed with a STORAGE_KEY that is not given/);
});

test("whatever is missing is named in one sentence", async () => {
  assert.match((await audit("verify", [], { STORAGE_KEY: "" })).text, /^STORAGE_KEY is not set/);
  assert.match(
    (await audit("head", [], { STAFF_ASSIGN_OPERATOR_KEY: "" })).text,
    /^STAFF_ASSIGN_OPERATOR_KEY is not set/,
  );
  assert.match(
    (await audit("head", [], { STAFF_ASSIGN_OPERATOR_KEY: "op_wrong" })).text,
    / answers 401 unauthenticated: An operator key .* is required.* STAFF_ASSIGN_OPERATOR_KEY is none of these\)$/m,
  );
  for (const key of ["op_…", "op_a\nb"]) {
    const { code, text } = await audit("head", [], { STAFF_ASSIGN_OPERATOR_KEY: key });
    assert.equal(code, 1);
    assert.match(text, /^STAFF_ASSIGN_OPERATOR_KEY is no operator key\.$/m);
  }
  assert.match((await audit("head", ["--shard", "9"])).text, / answers 404 not_found: .* \(compare .*--shard/);
  assert.match((await audit("verify", ["--head", script])).text, /is not an exported head/);
  assert.match((await audit("head", ["--nonsense"])).text, /Usage: npm run audit/);
});
