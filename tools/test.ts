/** `npm test`: everything that must hold, cheapest first; stops at the first suite that fails. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { quietEnvironment } from "./quiet-environment.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Step {
  name: string;
  /** run side by side */
  commands: string[][];
}

const steps: Step[] = [
  {
    name: "types",
    commands: ["edge", "component", "tools", "test", "test/edge", "test/sandbox", "test/sandbox/pages"].map(
      (project) => ["tsc", "-p", project],
    ),
  },
  { name: "lint", commands: [["biome", "ci", "."]] },
  { name: "build the element within its size budget", commands: [["node", "tools/build.ts", "--check"]] },
  { name: "build the Worker within its size budget", commands: [["node", "tools/build-worker.ts"]] },
  { name: "edge and sandbox", commands: [["node", "--test", "test/edge/**/*.test.ts"]] },
  {
    name: "serve, doctor, audit",
    commands: [
      [
        "node",
        "--test",
        "test/serve/**/*.test.ts",
        "test/doctor/**/*.test.ts",
        "test/audit/**/*.test.ts",
        "test/soak/**/*.test.ts",
      ],
    ],
  },
  { name: "npm package", commands: [["node", "--test", "--test-concurrency=2", "test/package/**/*.test.ts"]] },
  { name: "element in the browser", commands: [["node", "test/component/run.ts"]] },
  { name: "end to end", commands: [["node", "--test", "--test-concurrency=1", "test/e2e/**/*.test.ts"]] },
];

for (const { name, commands } of steps) {
  console.log(`\n— ${name}`);
  const codes = await Promise.all(commands.map(run));
  if (codes.some((code) => code !== 0)) {
    console.error(`\n“${name}” failed.`);
    process.exit(1);
  }
}
console.log("\nAll suites passed.");

function run([command = "", ...args]: string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...quietEnvironment },
      stdio: "inherit",
      shell: process.platform === "win32",
    });
    child.on("error", () => resolve(1));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
