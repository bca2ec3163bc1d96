/** Builds what is stale, then runs the file checks in Node and the browser suites; the last line tells the sum. */
import { execFileSync } from "node:child_process";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { startTestRunner } from "@web/test-runner";

const root = fileURLToPath(new URL("../..", import.meta.url));
execFileSync(process.execPath, ["tools/build.ts", "--if-stale"], { cwd: root, stdio: "inherit" });

let passed = 0;
let failed = 0;

const files = [fileURLToPath(new URL("built-file.test.ts", import.meta.url))];
const stream = run({ files, concurrency: 1 });
stream.on("test:pass", ({ details }) => {
  if (details.type !== "suite") passed++;
});
stream.on("test:fail", ({ details }) => {
  if (details.type !== "suite") failed++;
});
const reported = stream.compose(spec);
reported.pipe(process.stdout);
await new Promise((resolve) => reported.once("end", resolve));

const runner = await startTestRunner({
  readCliArgs: true,
  autoExitProcess: false,
  argv: ["--config", "test/component/web-test-runner.config.mjs", ...process.argv.slice(2)],
});
if (!runner) throw new Error("the browser suites did not start");
await new Promise((resolve) => runner.on("stopped", resolve));
for (const session of runner.sessions.all()) {
  let results = 0;
  const suites = session.testResults ? [session.testResults] : [];
  for (let suite = suites.pop(); suite; suite = suites.pop()) {
    suites.push(...suite.suites);
    results += suite.tests.length;
    passed += suite.tests.filter((test) => test.passed).length;
    failed += suite.tests.filter((test) => !test.passed && !test.skipped).length;
  }
  // A file that did not load or brought no result is a failure of its own.
  if (session.errors.length > 0 || results === 0) failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
