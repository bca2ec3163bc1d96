/** The server's output reaches its reader unchanged, whoever else looks at it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import fc from "fast-check";
import { lineSplitter, passOn } from "../../tools/serve/pass-on.ts";

/** Text cut anywhere, also within a character. */
const pieces = (whole: string, cuts: readonly number[]): Buffer[] => {
  const bytes = Buffer.from(whole);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
};
const noLoss = (code: string) => assert.fail(`told of ${code}`);
const output = fc.string({ unit: fc.constantFrom("a", "\n", "\r", "导", "😀", "\u2028", "{") });

test("lines come out whole and in order, however the output is cut", () => {
  fc.assert(
    fc.property(output, fc.array(fc.nat()), (whole, cuts) => {
      const split = lineSplitter();
      const lines = pieces(whole, cuts).flatMap((piece) => split(piece));
      assert.deepEqual(lines, whole.split("\n").slice(0, -1));
    }),
  );
});

test("bytes are passed on as they are, also those after the last line", async () => {
  await fc.assert(
    fc.asyncProperty(output, fc.array(fc.nat()), async (whole, cuts) => {
      const source = new PassThrough();
      const sink = new PassThrough();
      const passed = text(sink);
      const done = passOn(source, sink, () => {}, noLoss);
      for (const piece of pieces(whole, cuts)) source.write(piece);
      source.end();
      await done;
      sink.end();
      assert.equal(await passed, whole);
    }),
  );
});

test("a line without an end is passed on and kept by nobody, and the next one is whole again", async () => {
  const split = lineSplitter();
  const megabyte = Buffer.alloc(1_000_000, "x");
  assert.deepEqual(split(megabyte), []);
  assert.deepEqual(split(Buffer.from("tail\nnext\n")), ["tail", "next"]);
});

test("a reader that does not read holds the writer back instead of filling the memory", async () => {
  const source = new PassThrough({ highWaterMark: 1_000 });
  const passed: (() => void)[] = [];
  const stuck = new Writable({ highWaterMark: 1_000, write: (_chunk, _encoding, done) => void passed.push(done) });
  void passOn(source, stuck, () => {}, noLoss);
  const block = Buffer.alloc(1_000);
  let written = 0;
  while (source.write(block) || passed.length === 0) {
    written += 1;
    assert.ok(written < 100, "nothing holds the writer back");
    await new Promise(setImmediate);
  }
  // With the reader back, the writer is let go on.
  const drained = once(source, "drain");
  stuck._write = (_chunk, _encoding, done) => done();
  for (const done of passed) done();
  await drained;
});

test("a reader that has gone does not hold the writer up, and lines are still seen", async () => {
  const source = new PassThrough();
  const gone = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(), { code: "EPIPE" })),
  });
  const seen: string[] = [];
  const done = passOn(source, gone, (lines) => seen.push(...lines), noLoss);
  source.write("first\n");
  await once(gone, "error");
  const wanted: string[] = ["first"];
  for (let n = 0; n < 200; n += 1) {
    wanted.push(`${n} ${"x".repeat(1_000)}`);
    if (!source.write(`${wanted.at(-1)}\n`)) await once(source, "drain");
  }
  source.end();
  await done;
  assert.deepEqual(seen, wanted);
});

/** A limit on the size of a file stands for the full disk. */
const limited = `ulimit -f 1; trap '' XFSZ; exec "$0" "$@"`;
/** Its standard error tells what happens, in order. */
const passing = `
  import { passOn } from ${JSON.stringify(new URL("../../tools/serve/pass-on.ts", import.meta.url).href)};
  const say = (what) => process.stderr.write(what + " ");
  await passOn(process.stdin, process.stdout, (lines) => lines.forEach(say), say);
`;

test("a full disk loses what it could not take, is told once, and gets later lines", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "staff-assign-"));
  const file = join(folder, "log");
  writeFileSync(file, Buffer.alloc(4_096));
  const log = openSync(file, "a");
  const args = ["-c", limited, process.execPath, "--input-type=module", "-e", passing];
  const child = spawn("sh", args, { stdio: ["pipe", log, "pipe"] });
  try {
    assert.ok(child.stdin && child.stderr);
    let told = "";
    const telling = child.stderr.on("data", (chunk: Buffer) => {
      told += chunk.toString();
    });
    const toldOf = async (what: string) => {
      while (!told.includes(what)) await once(telling, "data");
    };
    const ended = once(child, "close");
    child.stdin.write("first\n");
    await toldOf("EFBIG");
    child.stdin.write("second\n");
    await toldOf("second");
    truncateSync(file);
    child.stdin.end("third\n");
    assert.deepEqual(await ended, [0, null]);
    assert.equal(readFileSync(file, "utf8"), "third\n");
    assert.equal(told, "first EFBIG second third ");
  } finally {
    child.kill("SIGKILL");
    closeSync(log);
    rmSync(folder, { recursive: true });
  }
});
