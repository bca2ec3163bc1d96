/** The package's types: right uses compile, wrong ones are refused, and both are as the source has them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { diagnosticsOf, makePartner } from "./support/partner.ts";

const uses: Record<string, string> = {};
for (const folder of ["fixtures", "pages"].map((name) => fileURLToPath(new URL(name, import.meta.url)))) {
  for (const name of readdirSync(folder)) uses[name] = readFileSync(join(folder, name), "utf8");
}
const { "same-as-source.ts": sameAsSource = "", "react.tsx": react = "" } = uses;
delete uses["same-as-source.ts"];
uses["preact.tsx"] = react.replace("@jsxImportSource react", "@jsxImportSource preact").replace("/react", "/preact");

const refusals = (name: string, text: string) =>
  text.split("\n").flatMap((line, index) => (line.endsWith("// refused") ? [`${name}:${index + 1}`] : []));

it("right uses in TypeScript, React, Preact and Vue compile; each wrong one is refused, and nothing else", () => {
  const told = diagnosticsOf(makePartner("types", uses));
  const places = told.map((diagnostic) => diagnostic.replace(/(:\d+): .*/, "$1"));
  const wrong = Object.entries(uses).flatMap(([name, text]) => refusals(name, text));
  assert.deepEqual([...new Set(places)].sort(), wrong.sort(), told.join("\n"));
});

it("the declarations name every public member of the source, with the same types", () => {
  const name = "same-as-source.ts";
  const globals = readFileSync(new URL("../../component/globals.d.ts", import.meta.url), "utf8");
  const folder = makePartner("source", { [name]: sameAsSource, "globals.d.ts": globals });
  const told = diagnosticsOf(folder, {
    allowImportingTsExtensions: true,
    useDefineForClassFields: false,
    skipLibCheck: true,
  });
  const unexpected = told.filter(
    (diagnostic) => !refusals(name, sameAsSource).some((place) => diagnostic.startsWith(`${place}:`)),
  );
  assert.deepEqual(unexpected, []);
  assert.equal(told.length, refusals(name, sameAsSource).length);
});
