/** What the profile says is counted as it says. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { countParts, otherPart, partOf } from "../bench/profile-parts.ts";

it("an allocation belongs to whoever asked for it, not to the allocator", () => {
  assert.equal(partOf(["tcmalloc::allocate", "sqlite3Malloc", "Builtins_JSEntry"]), "SQLite and its commits");
  assert.equal(
    partOf(["tcmalloc::allocate", "v8::internal::Factory::NewString", "sqlite3_step"]),
    "JavaScript and its bindings",
  );
});

it("a function without a symbol is compiled JavaScript, and a stack that names nothing known is told as such", () => {
  assert.equal(partOf(["[unknown]", "workerd::IoContext::runImpl"]), "JavaScript and its bindings");
  assert.equal(partOf(["__memmove_avx512_unaligned_erms"]), otherPart);
  assert.equal(partOf([]), otherPart);
});

it("the platform's RSA is not mixed up with what calls it", () => {
  assert.equal(partOf(["bn_sqrx8x_internal", "BN_mod_exp_mont", "workerd::api::SubtleCrypto::sign"]), "RSA");
  assert.equal(partOf(["workerd::jsg::unwrap", "workerd::api::SubtleCrypto::sign"]), "JavaScript and its bindings");
});

it("every sample counts once, the last one without a blank line too", async () => {
  async function* lines() {
    yield* [
      "  7f01 sqlite3_step",
      "  7f02 Builtins_JSEntry",
      "",
      "",
      "  7f03 bn_mulx4x_mont",
      "",
      "  7f04 sqlite3_reset",
    ];
  }
  assert.deepEqual(
    await countParts(lines()),
    new Map([
      ["SQLite and its commits", 2],
      ["RSA", 1],
    ]),
  );
});
