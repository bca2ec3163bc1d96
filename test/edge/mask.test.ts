import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { maskMobile, maskMobilesIn, maskName } from "../../edge/mask.ts";

test("no mobile of any length shows more than seven digits or, when short, more than a third", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\+?\d{0,25}$/), (mobile) => {
      const digits = mobile.replace("+", "").length;
      const shown = maskMobile(mobile).replaceAll("*", "").length;
      assert.ok(shown <= 7);
      assert.ok(digits - shown >= 4 || shown <= digits / 3);
    }),
  );
});

test("mobiles are masked as people know it", () => {
  for (const [mobile, masked] of [
    ["13812345678", "138****5678"],
    ["+8613812345678", "138****5678"],
    ["138-1234-5678", "138****5678"],
    ["138****5678", "138****5678"],
    ["1381234*5678", "138****5678"],
    ["12345678", "****78"],
    ["12", "****"],
    ["", "****"],
    ["张师傅", "****"],
  ] as const) {
    assert.equal(maskMobile(mobile), masked);
  }
});

test("a name shows its first character only", () => {
  for (const [name, masked] of [
    ["张师傅", "张*"],
    ["张", "*"],
    ["", "*"],
    [" 😀b", "😀*"],
  ] as const) {
    assert.equal(maskName(name), masked);
  }
});

test("mobiles inside of text are masked, ids and other numbers are not", () => {
  assert.equal(maskMobilesIn("工人13812345678,单号7091800003790954036"), "工人138****5678,单号7091800003790954036");
  assert.equal(maskMobilesIn("138123456789 10086"), "138123456789 10086");
});

test("mobiles inside of text are masked however they are written, with and without their country code", () => {
  for (const mobile of [
    "13812345678",
    "+8613812345678",
    "8613812345678",
    "008613812345678",
    "+86 138 1234 5678",
    "86-138-1234-5678",
    "138-1234-5678",
  ]) {
    assert.equal(maskMobilesIn(`工人${mobile}与${mobile}`), "工人138****5678与138****5678", mobile);
  }
  for (const number of ["85213812345678", "868613812345678", "138-1234-56789", "1381-234-5678"]) {
    assert.equal(maskMobilesIn(`编号${number}`), `编号${number}`);
  }
});
