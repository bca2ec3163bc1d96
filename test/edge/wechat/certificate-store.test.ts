/** A merchant's store of platform certificates: filled when it must be, by one download, and never more often than that. */
import assert from "node:assert/strict";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { beforeEach, it } from "node:test";
import type { PlatformCertificate } from "../../../edge/channels/wechat/platform-keys.ts";
import { PlatformCertificates } from "../../../edge/merchant/platform-certificates.ts";
import { fail, ok, type Result } from "../../../edge/problem.ts";
import type { Sql } from "../../../edge/sql.ts";
import { clock, epoch, mchid, TestRuntime } from "./support.ts";

const second = 1_000;
const hour = 3_600_000;

/** The store keeps a certificate as it was told of it, and looks at nothing but its end. */
const certificate = (serialNo: string, notAfter: string): PlatformCertificate => ({
  serialNo,
  publicKeyPem: `key of ${serialNo}`,
  notBefore: epoch - hour,
  notAfter: Date.parse(notAfter),
});
const older = certificate("5DEA10EF55877E3CF6C33255C2E7DEFFF7E427E1", "2027-01-01T00:00:00Z");
const newer = certificate("5DEA10EF55877E3CF6C33255C2E7DEFFF7E427E2", "2031-12-01T00:00:00Z");
const both = ok([newer, older]);
const unavailable = fail("upstream_unavailable", "x", { reason: "platform_key_missing" });

let runtime: TestRuntime;
beforeEach(() => {
  clock.now = epoch;
  runtime = new TestRuntime();
});

function store(
  download: (insists: boolean) => Promise<Result<PlatformCertificate[]>>,
  database = new DatabaseSync(":memory:"),
  of = mchid,
) {
  const sql: Sql = {
    exec: <Row>(query: string, ...bindings: unknown[]) => {
      const rows = database.prepare(query).all(...(bindings as SQLInputValue[])) as Row[];
      return { toArray: () => rows, rowsWritten: 0 };
    },
  };
  return new PlatformCertificates({ sql, mchid: of, download, now: () => clock.now, telemetry: runtime.telemetry });
}

const counted = (...answers: Result<PlatformCertificate[]>[]) => {
  const download = async () => {
    download.calls += 1;
    const answer = answers[Math.min(download.calls, answers.length) - 1];
    assert.ok(answer);
    return answer;
  };
  download.calls = 0;
  return download;
};

it("is filled once, survives a restart, and is refreshed before 12 hours, though not all the time", async () => {
  const database = new DatabaseSync(":memory:");
  const download = counted(both);
  assert.deepEqual(await store(download, database).current(), both);
  clock.now += 8 * hour;
  assert.deepEqual(await store(download, database).current(), both);
  assert.equal(download.calls, 1);
  clock.now += 4 * hour - 1;
  await store(download, database).current();
  assert.equal(download.calls, 2);
});

it("is filled anew, also for an unknown serial, after a clock that ran ahead was set right", async () => {
  const database = new DatabaseSync(":memory:");
  const download = counted(both);
  clock.now += 24 * hour;
  await store(download, database).current();
  await store(download, database).refreshed();
  clock.now -= 24 * hour;
  await store(download, database).refreshed();
  assert.equal(download.calls, 3);
  clock.now -= 2 * hour;
  await store(download, database).current();
  assert.equal(download.calls, 4);
});

it("a hundred callers at once share one download", async () => {
  const download = counted(both);
  const certificates = store(download);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => (index % 2 ? certificates.current() : certificates.refreshed())),
  );
  assert.equal(download.calls, 1);
  for (const answer of answers) assert.deepEqual(answer, both);
});

it("who asks about an unknown serial while a download is under way waits for that one and spends no other", async () => {
  const { promise, resolve } = Promise.withResolvers<Result<PlatformCertificate[]>>();
  let calls = 0;
  const certificates = store(() => {
    calls += 1;
    return calls === 1 ? promise : Promise.resolve(both);
  });
  const first = certificates.current();
  const meanwhile = certificates.refreshed();
  resolve(ok([older]));
  assert.deepEqual([await first, await meanwhile], [ok([older]), ok([older])]);
  assert.deepEqual(await certificates.refreshed(), both, "the look that was not spent is there for the next one");
  assert.equal(calls, 2);
});

it("a flood of unknown serials downloads once a minute, also over restarts", async () => {
  const database = new DatabaseSync(":memory:");
  const download = counted(both);
  await store(download, database).current();
  for (let call = 0; call < 50; call++) assert.deepEqual(await store(download, database).refreshed(), both);
  assert.equal(download.calls, 2);
  clock.now += 59 * second;
  await store(download, database).refreshed();
  assert.equal(download.calls, 2);
  clock.now += second;
  await store(download, database).refreshed();
  assert.equal(download.calls, 3);
});

it("a failed refresh keeps what is still valid, and tries again ten seconds later", async () => {
  const download = counted(both, unavailable, both);
  const certificates = store(download);
  await certificates.current();
  clock.now += 11 * hour;
  assert.deepEqual(await certificates.current(), both);
  clock.now += 9 * second;
  assert.deepEqual(await certificates.current(), both);
  assert.equal(download.calls, 2, "not at every call");
  clock.now += second;
  await certificates.current();
  assert.equal(download.calls, 3);
});

it("a download insists where nothing is stored or an answer cannot be verified, and not where it is merely due", async () => {
  const insistence: boolean[] = [];
  const certificates = store(async (insists) => {
    insistence.push(insists);
    return both;
  });
  await certificates.current();
  clock.now += 11 * hour;
  await certificates.current();
  await certificates.refreshed();
  assert.deepEqual(insistence, [true, false, true]);
});

it("with nothing stored a failure is the answer, and is not hammered", async () => {
  const download = counted(unavailable);
  const certificates = store(download);
  for (let call = 0; call < 5; call++) assert.deepEqual(await certificates.current(), unavailable);
  assert.equal(download.calls, 1);
});

it("once all of them have expired it looks anew, however recent the last look was", async () => {
  const download = counted(ok([older]), ok([newer]));
  const certificates = store(download);
  clock.now = older.notAfter - hour;
  assert.deepEqual(await certificates.current(), ok([older]));
  clock.now = older.notAfter;
  assert.deepEqual(await certificates.current(), ok([newer]));
});

it("expired certificates are not given out, dropped ones are forgotten", async () => {
  const download = counted(both, ok([newer]));
  const certificates = store(download);
  await certificates.current();
  clock.now = Date.parse("2027-01-01T00:00:00Z");
  assert.deepEqual(await certificates.current(), ok([newer]));
});

it("certificates of the merchant number that the alias had before are not given out", async () => {
  const database = new DatabaseSync(":memory:");
  await store(counted(both), database).current();
  const download = counted(ok([newer]));
  assert.deepEqual(await store(download, database, "1900000002").current(), ok([newer]));
  assert.equal(download.calls, 1);
});

it("operators are told which certificates came, and of a failure also what is still in use", async () => {
  const certificates = store(counted(both, unavailable));
  await certificates.current();
  clock.now += 11 * hour;
  await certificates.current();
  assert.deepEqual(runtime.logs, [
    {
      level: "info",
      event: "wechat_certificates_refreshed",
      fields: { mchid, serials: `${newer.serialNo} ${older.serialNo}` },
    },
    {
      level: "error",
      event: "wechat_certificates_failed",
      fields: { mchid, code: "upstream_unavailable", reason: "platform_key_missing", kept: 2 },
    },
  ]);
});
