/**
 * The tables of docs/sandbox.md are the test: every row is triggered once, and must answer, and be carried out or not,
 * as the row says. A fault without a row, or a row without a fault, fails too.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { RawAnswer } from "./raw-http.ts";
import { type RunningSandbox, startSandbox } from "./sandbox-harness.ts";
import { TopCaller } from "./top-caller.ts";
import { jsonOf, verifiedBy, WechatCaller } from "./wechat-caller.ts";

interface Row {
  name: string;
  number: string;
  executed: boolean;
  answer: string;
}

const docs = readFileSync(new URL("../../../docs/sandbox.md", import.meta.url), "utf8");

/** Rows of all tables under a heading: | `NAME` | `123` | yes | answer | remark | */
function rowsUnder(heading: string): Row[] {
  const section = docs.split(/^### /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(section, `docs/sandbox.md has no section ${heading}`);
  const cells = [...section.matchAll(/^\| `([A-Z0-9_]+)` +\| `([0-9]{3})` +\| (yes|no) +\| ([^|]+) \|/gm)];
  assert.notEqual(cells.length, 0, `docs/sandbox.md has no table under ${heading}`);
  return cells.map(([, name = "", number = "", executed, answer = ""]) => ({
    name,
    number,
    executed: executed === "yes",
    answer: answer.trim(),
  }));
}

const tables = {
  network: rowsUnder("Networks and gateways"),
  wechat: rowsUnder("WeChat Pay"),
  tmall: rowsUnder("TOP"),
};

let sandbox: RunningSandbox;
let wechat: WechatCaller;
let top: TopCaller;
before(async () => {
  sandbox = await startSandbox();
  wechat = new WechatCaller(sandbox.origin, JSON.parse(sandbox.environment.edge.MERCHANT_DIRECT ?? "").wechat);
  top = new TopCaller(sandbox.origin, JSON.parse(sandbox.environment.edge.MERCHANT_DEMO ?? "").tmall);
});
after(() => sandbox.close());

const executions = async (order: string) => (await sandbox.book(order)).orders[0]?.executions ?? 0;

/** What a client can make of an exchange, in the words of the tables. */
async function seen(exchange: Promise<RawAnswer>, read: (answer: RawAnswer) => string): Promise<string> {
  let answer: RawAnswer;
  try {
    answer = await exchange;
  } catch {
    return "connection cut";
  }
  if (answer.status >= 300 && answer.status < 400) return String(answer.status);
  const type = answer.headers["content-type"] ?? "";
  if (type.startsWith("text/html")) return `${answer.status} HTML`;
  if (type.startsWith("text/plain")) return String(answer.status);
  if (answer.headers["content-encoding"] === "gzip") return `${answer.status} broken gzip`;
  if (answer.body.length === 0 && answer.status === 200) return "200 empty";
  return read(answer);
}

function seenAtWechat(answer: RawAnswer): string {
  const proof = verifiedBy(answer, wechat.account.publicKeys ?? {}) ? "signed" : "not verifiable";
  const text = answer.body.toString().trim();
  if (!text.startsWith("{")) return `${answer.status}, ${proof}`;
  const { code, return_code } = jsonOf(answer);
  return `${answer.status} ${String(code ?? return_code)}, ${proof}`;
}

function seenAtTop(answer: RawAnswer): string {
  let body: Record<string, Record<string, unknown>>;
  try {
    body = JSON.parse(answer.body.toString());
  } catch {
    return "not JSON";
  }
  const error = body.error_response;
  if (error) return `code ${String(error.code)}${error.sub_code ? `, ${String(error.sub_code)}` : ""}`;
  const full = body.tmall_servicecenter_workcard_assignworker_response;
  const result = (full ?? body).result as Record<string, unknown> | undefined;
  if (!result) return "no result";
  const form = full ? "" : ", simplified";
  return `success ${JSON.stringify(result.success)}${result.msg_code ? `, ${String(result.msg_code)}` : ""}${form}`;
}

const assignAtWechat = (order: string) =>
  wechat.call({
    method: "POST",
    target: "/v3/smartguide/guides/01008370080000000001/assign",
    body: { out_trade_no: order },
  });

const assignAtTop = (order: string) =>
  top.call({
    method: "tmall.servicecenter.workcard.assignworker",
    workcard_id: order,
    target_worker_id: "20210627490142",
  });

describe("WeChat Pay: an order with a marker", () => {
  for (const row of [...tables.network, ...tables.wechat]) {
    test(`SBX-${row.name} is answered with ${row.answer}${row.executed ? ", after the assignment" : ", without an assignment"}`, async () => {
      const order = `SBX-${row.name}-1`;
      assert.equal(await seen(assignAtWechat(order), seenAtWechat), atWechat(row));
      assert.equal(await executions(order), row.executed ? 1 : 0);
    });
  }
});

describe("TOP: a work card with a marker", () => {
  for (const row of [...tables.network, ...tables.tmall]) {
    test(`99${row.number} (${row.name}) is answered with ${row.answer}${row.executed ? ", after the assignment" : ", without an assignment"}`, async () => {
      const card = `99${row.number}0001`;
      assert.equal(await seen(assignAtTop(card), seenAtTop), atTop(row));
      assert.equal(await executions(card), row.executed ? 1 : 0);
    });
  }
});

/** The network's table is in words that fit both: what is left of the genuine answer depends on the channel. */
const genuine = {
  wechat: new Map([
    ["the answer", "204, signed"],
    ["the answer, spoilt", "200, not verifiable"],
  ]),
  tmall: new Map([["the answer", "success true"]]),
};
const atWechat = ({ answer }: Row) => genuine.wechat.get(answer) ?? answer;
const atTop = ({ answer, name }: Row) =>
  answer === "the answer, spoilt"
    ? name === "TRICKLE"
      ? "success true"
      : "not JSON"
    : (genuine.tmall.get(answer) ?? answer);

test("the documentation lists every fault and no other", async () => {
  const listed = (await (await sandbox.control("/faults", undefined, "GET")).json()) as Record<
    "wechat" | "tmall",
    { name: string; number: string; stage: string }[]
  >;
  const documented = (rows: Row[]) =>
    rows.map(({ name, number, executed }) => `${name} ${number} ${executed}`).toSorted();
  const known = (faults: (typeof listed)["wechat"]) =>
    faults.map(({ name, number, stage }) => `${name} ${number} ${stage === "after"}`).toSorted();
  assert.deepEqual(known(listed.wechat), documented([...tables.network, ...tables.wechat]));
  assert.deepEqual(known(listed.tmall), documented([...tables.network, ...tables.tmall]));
});

test("a marker with a count strikes that often and then no more", async () => {
  assert.equal((await assignAtWechat("SBX2-SYSTEM_ERROR-1")).status, 500);
  assert.equal((await assignAtWechat("SBX2-SYSTEM_ERROR-1")).status, 500);
  assert.equal((await assignAtWechat("SBX2-SYSTEM_ERROR-1")).status, 204);
  assert.equal(seenAtTop(await assignAtTop("990151777")), "code 15, isp.remote-service-error");
  assert.equal(seenAtTop(await assignAtTop("990151777")), "success true");
});

test("a marker without meaning is told and not ignored", async () => {
  const answer = await assignAtWechat("SBX-NO_SUCH_FAULT-1");
  assert.equal(answer.status, 400);
  assert.match(answer.body.toString(), /knows no fault NO_SUCH_FAULT/);
});

test("a marker does not hide a mistake of the client", async () => {
  const answer = await wechat.call({
    method: "POST",
    target: "/v3/smartguide/guides/01008370080000000001/assign",
    body: { out_trade_no: "SBX-SYSTEM_ERROR-2", colour: "red" },
  });
  assert.equal(seenAtWechat(answer), "400 PARAM_ERROR, signed");
});
