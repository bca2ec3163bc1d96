/** The control API, the partner's backend, and the keys of the development environment. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readConfig } from "../../../edge/config.ts";
import { createDevEnvironment, writeDevVars } from "../../support/dev-environment.ts";
import { type RunningSandbox, startSandbox } from "./sandbox-harness.ts";
import { WechatCaller } from "./wechat-caller.ts";

let sandbox: RunningSandbox;
let edge: Server;
const minted: { authorization: string | undefined; body: Record<string, unknown> }[] = [];

before(async () => {
  edge = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      minted.push({ authorization: request.headers.authorization, body: JSON.parse(Buffer.concat(parts).toString()) });
      response.writeHead(201, { "Content-Type": "application/json" }).end('{"token":"t"}');
    });
  });
  await new Promise<void>((resolve) => edge.listen(0, "127.0.0.1", resolve));
  sandbox = await startSandbox(`http://127.0.0.1:${(edge.address() as AddressInfo).port}`);
});
after(async () => {
  await sandbox.close();
  edge.close();
});

const callerAt = (host: string) =>
  new WechatCaller(`http://${host}:${sandbox.port}`, JSON.parse(sandbox.environment.edge.MERCHANT_DIRECT ?? "").wechat);
const assignAt = (host: string, order: string) =>
  callerAt(host).call({
    method: "POST",
    target: "/v3/smartguide/guides/01008370080000000001/assign",
    body: { out_trade_no: order },
  });

describe("queued faults", () => {
  test("strike one host and leave the other, so that failover can be shown", async () => {
    await sandbox.control("/faults", { fault: "HTML_502", channel: "wechat", host: "127.0.0.1", times: null });
    assert.equal((await assignAt("127.0.0.1", "HOST-1")).status, 502);
    assert.equal((await assignAt("localhost", "HOST-1")).status, 204);
    await sandbox.control("/faults", undefined, "DELETE");
    assert.equal((await assignAt("127.0.0.1", "HOST-2")).status, 204);
  });

  test("skip and strike as often as they were told", async () => {
    await sandbox.control("/faults", {
      fault: "SYSTEM_ERROR",
      operation: "assign",
      channel: "wechat",
      skip: 1,
      times: 2,
    });
    const statuses = [];
    for (const order of ["Q1", "Q2", "Q3", "Q4"]) statuses.push((await assignAt("127.0.0.1", order)).status);
    assert.deepEqual(statuses, [204, 500, 500, 204]);
  });

  test("are refused when they are unknown or of the other channel", async () => {
    assert.equal((await sandbox.control("/faults", { fault: "NO_SUCH" })).status, 400);
    assert.equal((await sandbox.control("/faults", { fault: "UNSIGNED", channel: "tmall" })).status, 400);
    assert.equal((await sandbox.control("/faults", { fault: "UNSIGNED", times: 0 })).status, 400);
  });
});

describe("the book", () => {
  test("tells sends from executions and keeps no signature", async () => {
    await assignAt("127.0.0.1", "SBX1-SYSTEM_ERROR-BOOK");
    await assignAt("127.0.0.1", "SBX1-SYSTEM_ERROR-BOOK");
    const { orders, requests } = await sandbox.book("SBX1-SYSTEM_ERROR-BOOK");
    assert.deepEqual([orders[0]?.sends, orders[0]?.executions], [2, 1]);
    assert.deepEqual(
      requests.map(({ status, executed, answer, fault }) => ({ status, executed, answer, fault })),
      [
        { status: 204, executed: true, answer: null, fault: null },
        { status: 500, executed: false, answer: "SYSTEM_ERROR", fault: "SYSTEM_ERROR" },
      ],
    );
    assert.match(requests[0]?.headers.authorization ?? "", /signature="\[redacted\]"/);
  });

  test("forgets everything on reset", async () => {
    await assignAt("127.0.0.1", "RESET-1");
    await sandbox.control("/reset");
    const { orders, requests } = await sandbox.book();
    assert.deepEqual([orders, requests], [[], []]);
  });
});

describe("the partner's backend", () => {
  const session = (search: string, init: RequestInit = {}) =>
    fetch(`${sandbox.origin}/staff-assign/session${search}`, { method: "POST", ...init });

  test("mints a session for its own page with the partner's API key, and passes the answer on", async () => {
    minted.length = 0;
    const answer = await session("?merchant=demo", { headers: { Origin: sandbox.origin }, body: '{"jkt":"thumb"}' });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get("Cache-Control"), "no-store");
    assert.deepEqual(await answer.json(), { token: "t" });
    assert.deepEqual(minted, [
      {
        authorization: `Bearer ${sandbox.environment.partnerApiKey}`,
        body: {
          merchant: "demo",
          subMchid: "1900000109",
          scope: "assignments:write assignments:read guides:read",
          origin: sandbox.origin,
          jkt: "thumb",
        },
      },
    ]);
  });

  test("names no sub-merchant for a direct merchant", async () => {
    minted.length = 0;
    await session("?merchant=direct");
    assert.equal(minted[0]?.body.merchant, "direct");
    assert.ok(!("subMchid" in (minted[0]?.body ?? {})));
  });

  test("refuses another site's page and an unknown merchant without asking the edge", async () => {
    minted.length = 0;
    assert.equal((await session("", { headers: { Origin: "https://evil.example" } })).status, 403);
    assert.equal((await session("?merchant=__proto__")).status, 404);
    assert.deepEqual(minted, []);
  });

  test("keeps the waiting orders until a new batch is asked for, and its guides can be assigned", async () => {
    const orders = async (method: string) =>
      (
        (await (await fetch(`${sandbox.origin}/demo/orders`, { method })).json()) as {
          data: { channel: string; order: string }[];
        }
      ).data;
    const first = await orders("GET");
    assert.deepEqual(await orders("GET"), first);
    for (const { channel, order } of first) {
      assert.match(order, channel === "wechat" ? /^[0-9A-Za-z_\-|*]{1,32}$/ : /^[1-9][0-9]{0,17}$/);
    }
    assert.notDeepEqual(await orders("POST"), first);
    const { guides } = (await (await fetch(`${sandbox.origin}/demo/guides`)).json()) as { guides: { id: string }[] };
    const order = first[0]?.order ?? "";
    const answer = await callerAt("127.0.0.1").call({
      method: "POST",
      target: `/v3/smartguide/guides/${guides[0]?.id}/assign`,
      body: { out_trade_no: order },
    });
    assert.equal(answer.status, 204);
  });
});

describe("the development environment", () => {
  const origins = { edgeOrigin: "http://127.0.0.1:8787", sandboxOrigin: "http://127.0.0.1:8788" };

  test("is one that the edge reads without fault, in variables of at most 5 kB, with keys of its own each time", async () => {
    const [one, other] = await Promise.all([createDevEnvironment(origins), createDevEnvironment(origins)]);
    const config = readConfig(one.edge);
    assert.deepEqual(config.faults, []);
    assert.deepEqual([...config.merchants.keys()], ["demo", "direct", "cert", "both"]);
    for (const [name, value] of Object.entries({ ...one.edge, ...one.sandbox })) {
      assert.ok(Buffer.byteLength(value) <= 5000, name);
    }
    for (const name of ["SESSION_KEY", "STORAGE_KEY", "MERCHANT_DEMO", "MERCHANT_CERT"]) {
      assert.notEqual(one.edge[name], other.edge[name], name);
    }
    assert.match(one.partnerApiKey, /^sk_pos_[0-9A-Za-z]{40}$/);
    assert.match(one.operatorKey, /^op_[0-9A-Za-z]{40}$/);
  });

  test("is written for its owner alone, and never over an operator's own file", async () => {
    const environment = await createDevEnvironment(origins);
    const root = mkdtempSync(join(tmpdir(), "staff-assign-"));
    try {
      mkdirSync(join(root, "test/sandbox"), { recursive: true });
      const [edgeFile, sandboxFile] = [join(root, ".dev.vars"), join(root, "test/sandbox/.dev.vars")];
      assert.deepEqual(writeDevVars(root, environment), [edgeFile, sandboxFile]);
      assert.equal(statSync(edgeFile).mode & 0o777, 0o600);
      const text = readFileSync(edgeFile, "utf8");
      const merchant = /^MERCHANT_DEMO='(.*)'$/m.exec(text)?.[1];
      assert.equal(merchant, environment.edge.MERCHANT_DEMO);
      assert.deepEqual(writeDevVars(root, environment), [], "both exist");

      rmSync(sandboxFile);
      assert.equal(writeDevVars(root, environment).length, 2, "a half made here lost its twin");

      rmSync(sandboxFile);
      writeFileSync(edgeFile, "ENVIRONMENT='production'\n");
      assert.deepEqual(writeDevVars(root, environment), []);
      assert.equal(readFileSync(edgeFile, "utf8"), "ENVIRONMENT='production'\n");
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
