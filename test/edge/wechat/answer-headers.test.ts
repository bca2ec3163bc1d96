/** What the headers of an answer tell beside its signature. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { internalCodeOf, requestIdOf, retryAfterOf } from "../../../edge/channels/wechat/answer-headers.ts";

const now = Date.parse("2026-11-22T08:00:00Z");
const wait = (value?: string) => retryAfterOf(new Headers(value === undefined ? {} : { "Retry-After": value }), now);
const idOf = (value?: string) => requestIdOf(new Headers(value === undefined ? {} : { "Request-ID": value }));

test("the request id is passed on only as printable ASCII of a sane length", () => {
  assert.equal(idOf("08F011768B864E2B6F90FEAD00EA17E32A-0"), "08F011768B864E2B6F90FEAD00EA17E32A-0");
  assert.equal(idOf("x".repeat(128)), "x".repeat(128));
  for (const bad of ["", "a b", "é", "x".repeat(129)]) assert.equal(idOf(bad), undefined, bad);
  assert.equal(idOf(), undefined);
});

test("the internal code is what stands behind the last hyphen, if digits alone do", () => {
  assert.equal(internalCodeOf("08F0-11-268435461"), "268435461");
  assert.equal(internalCodeOf("08F0-0"), "0");
  for (const none of ["08F0", "08F0-", "08F0-12x", "08F0-1234567890123", "12-a", undefined]) {
    assert.equal(internalCodeOf(none), undefined, String(none));
  }
});

test("Retry-After is seconds or an HTTP date, never negative, never more than a quarter of an hour", () => {
  assert.equal(wait("2"), 2000);
  assert.equal(wait(" 2 "), 2000);
  assert.equal(wait("0"), 0);
  assert.equal(wait("900"), 900_000);
  assert.equal(wait("901"), 900_000);
  assert.equal(wait("999999999"), 900_000);
  assert.equal(wait("Sun, 22 Nov 2026 08:00:05 GMT"), 5000);
  assert.equal(wait("Sun, 22 Nov 2026 07:00:00 GMT"), 0);
});

test("a Retry-After that is nothing of the kind is none", () => {
  for (const bad of [
    undefined,
    "",
    " ",
    "-1",
    "1.5",
    "soon",
    "1234567890",
    "2026-11-22",
    "xSun, 22 Nov 2026 08:00:05 GMT",
  ]) {
    assert.equal(wait(bad), undefined, String(bad));
  }
  assert.equal(wait("Sun, 22 Nov 2026 08:00:05 GMT+0100"), undefined);
});
