import assert from "node:assert/strict";
import { test } from "node:test";
import { isObject } from "../../edge/is-object.ts";

test("what JSON can hold is an object only between braces", () => {
  const objects = ["{}", '{"a":1}', '{"length":0}'];
  const others = ["null", "[]", '[{"a":1}]', '"{}"', "0", "true"];
  for (const text of objects) assert.equal(isObject(JSON.parse(text)), true, text);
  for (const text of others) assert.equal(isObject(JSON.parse(text)), false, text);
  assert.equal(isObject(undefined), false);
});
