/** The header as W3C Trace Context has it, rule by rule, and held against a reader that is written another way. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readTraceParent, type TraceParent } from "../../edge/trace-parent.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const valid = `00-${traceId}-${spanId}-01`;

describe("a traceparent is ignored", () => {
  const broken: [what: string, header: string | null][] = [
    ["absent", null],
    ["empty", ""],
    ["of capital digits", valid.toUpperCase()],
    ["with one capital digit", valid.replace("f", "F")],
    ["of version ff", valid.replace(/^00/, "ff")],
    ["of no version", valid.slice(3)],
    ["with a trace of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
    ["with a parent of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
    ["with a trace that is too short", `00-${traceId.slice(1)}-${spanId}-01`],
    ["with a trace that is too long", `00-${traceId}0-${spanId}-01`],
    ["with a parent that is too short", `00-${traceId}-${spanId.slice(1)}-01`],
    ["without flags", `00-${traceId}-${spanId}`],
    ["with half of its flags", `00-${traceId}-${spanId}-1`],
    ["with flags that are no digits", `00-${traceId}-${spanId}-0x`],
    ["of version 00 with more behind it", `${valid}-00`],
    ["of version 00 with a dash behind it", `${valid}-`],
    ["of version 00 with a character behind it", `${valid}0`],
    ["of another version with a character behind its flags", `${valid.replace(/^00/, "01")}0`],
    ["of another version without flags", `01-${traceId}-${spanId}-`],
    ["of another version with a trace of zeros", `cc-${"0".repeat(32)}-${spanId}-01-x`],
    ["with blanks around it", ` ${valid} `],
    ["with a line behind it", `${valid}\n`],
    ["with other separators", valid.replaceAll("-", "_")],
    ["given twice", `${valid}, ${valid}`],
    ["with digits of another script", `00-${traceId.replace("4", "４")}-${spanId}-01`],
  ];
  for (const [what, header] of broken) {
    test(what, () => assert.equal(readTraceParent(header), undefined));
  }
});

describe("a traceparent is read", () => {
  test("in version 00, with the sampled flag alone of its flags", () => {
    const sampled = (flags: string) => readTraceParent(`00-${traceId}-${spanId}-${flags}`);
    for (const flags of ["01", "03", "ff", "a1"]) assert.deepEqual(sampled(flags), { traceId, spanId, sampled: true });
    for (const flags of ["00", "02", "fe", "10"]) assert.deepEqual(sampled(flags), { traceId, spanId, sampled: false });
  });
  test("in a version to come by its first four fields, whatever follows behind a dash", () => {
    for (const version of ["01", "cc", "fe", "0f"]) {
      for (const more of ["", "-", "-what-the-future\n<will>-be", `-${"x".repeat(5_000)}`]) {
        const header = `${version}-${traceId}-${spanId}-01${more}`;
        assert.deepEqual(readTraceParent(header), { traceId, spanId, sampled: true }, header.slice(0, 80));
      }
    }
  });
});

/** The same rules, field by field and character by character. */
function bySplitting(header: string): TraceParent | undefined {
  const fields = header.split("-");
  const [version = "", trace = "", parent = "", flags = ""] = fields;
  const isHex = (text: string, length: number) =>
    text.length === length && [...text].every((character) => "0123456789abcdef".includes(character));
  if (!isHex(version, 2) || version === "ff" || (version === "00" && fields.length !== 4)) return undefined;
  if (!isHex(trace, 32) || BigInt(`0x${trace}`) === 0n || !isHex(parent, 16) || BigInt(`0x${parent}`) === 0n)
    return undefined;
  return isHex(flags, 2) ? { traceId: trace, spanId: parent, sampled: "13579bdf".includes(flags.slice(1)) } : undefined;
}

const hex = (length: number) =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length }),
    },
    { weight: 1, arbitrary: fc.constantFrom("0".repeat(length), "f".repeat(length), "A".repeat(length)) },
    { weight: 1, arbitrary: fc.string({ maxLength: length + 2 }) },
  );
const headers = fc
  .tuple(
    fc.oneof(fc.constantFrom("00", "01", "ff", "FE"), hex(2)),
    hex(32),
    hex(16),
    hex(2),
    fc.constantFrom("", "", "", "-", "-ab", "0"),
  )
  .map(([version, trace, parent, flags, more]) => `${version}-${trace}-${parent}-${flags}${more}`);

test("reading agrees with the rules field by field, for headers of every making", () => {
  fc.assert(
    fc.property(fc.oneof(headers, fc.string()), (header) => {
      assert.deepEqual(readTraceParent(header), bySplitting(header));
    }),
    { numRuns: 5_000 },
  );
});

test("whatever the header, only digits of fixed length come out", () => {
  fc.assert(
    fc.property(headers, (header) => {
      const read = readTraceParent(header);
      if (read)
        assert.match(
          JSON.stringify(read),
          /^\{"traceId":"[0-9a-f]{32}","spanId":"[0-9a-f]{16}","sampled":(?:true|false)\}$/,
        );
    }),
    { numRuns: 2_000 },
  );
});
