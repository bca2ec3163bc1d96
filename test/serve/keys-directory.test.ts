/** A directory of keys says one thing of each variable, or the start ends in one sentence. */
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { readVariables, VariablesError } from "../../tools/serve/variables.ts";

let keys: string;
beforeEach(() => {
  keys = mkdtempSync(join(tmpdir(), "staff-assign-keys-"));
});
afterEach(() => rmSync(keys, { recursive: true, force: true }));

const put = (name: string, text: string) => writeFileSync(join(keys, name), text, { mode: 0o600 });
const refused = (message: string) =>
  assert.throws(
    () => readVariables(keys),
    (error) => {
      assert.ok(error instanceof VariablesError, String(error));
      assert.equal(error.message, message);
      return true;
    },
  );

test("a merchant in the settings and in a file of its own is refused", () => {
  put("settings.env", `MERCHANT_DEMO='{"one":1}'\n`);
  put("merchant-demo.json", `{"two":2}`);
  refused(`MERCHANT_DEMO is set by both ${join(keys, "merchant-demo.json")} and ${join(keys, "settings.env")}.`);
});

test("two spellings of one alias are refused", () => {
  put("merchant-DEMO.json", `{"one":1}`);
  put("merchant-demo.json", `{"two":2}`);
  refused(`MERCHANT_DEMO is set by both ${join(keys, "merchant-DEMO.json")} and ${join(keys, "merchant-demo.json")}.`);
});

test("merchant and partner of one name are two variables", () => {
  put("merchant-demo.json", "{}");
  put("partner-demo.json", "{}");
  assert.deepEqual(readVariables(keys).values, { MERCHANT_DEMO: "{}", PARTNER_DEMO: "{}" });
});

test("a directory that this user may not list is told in one sentence", () => {
  const nobody = 65_534;
  put("settings.env", "SESSION_KEY=x\n");
  chmodSync(keys, 0o700);
  // Nothing stops root from reading, so the attempt is made as somebody else.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(nobody);
  else chmodSync(keys, 0o300);
  try {
    refused(`${keys} cannot be read: permission denied.`);
  } finally {
    if (isRoot) process.seteuid?.(0);
    else chmodSync(keys, 0o700);
  }
});

test("a directory that may be listed and not entered is told in one sentence", () => {
  const nobody = 65_534;
  put("settings.env", "SESSION_KEY=x\n");
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(keys, nobody, nobody);
  chmodSync(keys, 0o400);
  if (isRoot) process.seteuid?.(nobody);
  try {
    refused(`${join(keys, "settings.env")} cannot be read: permission denied.`);
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(keys, 0o700);
  }
});

test("a directory in place of a file is told in one sentence", () => {
  mkdirSync(join(keys, "merchant-demo.json"));
  refused(`${join(keys, "merchant-demo.json")} cannot be read: it is a directory.`);
});
