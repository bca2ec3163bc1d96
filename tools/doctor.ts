/**
 * `npm run doctor -- --keys FILE_OR_DIR [--offline]`: reads the configuration as the edge does and asks the platforms
 * what they would answer, before the first customer finds out. Exit code 1 when something cannot work, 0 with warnings.
 * Nothing it does changes anything at a platform, and nothing it prints holds a value of the configuration that is secret.
 */
import { parseArgs } from "node:util";
import { readConfig } from "../edge/config.ts";
import { examineConfig } from "./doctor/configuration.ts";
import { error, type Finding, ok } from "./doctor/finding.ts";
import { examineHosts } from "./doctor/hosts.ts";
import { examineTmall } from "./doctor/tmall.ts";
import { examineWechat } from "./doctor/wechat.ts";
import { readVariables, VariablesError } from "./serve/variables.ts";

const usage = "npm run doctor -- --keys FILE_OR_DIR [--offline]";
const marks = { ok: "ok     ", warning: "WARNING", error: "ERROR  " } as const;

const findings = await examine(process.argv.slice(2));
for (const { level, sentence } of findings) console.log(`${marks[level]} ${sentence}`);
const count = (level: Finding["level"]) => findings.filter((finding) => finding.level === level).length;
console.log(`\n${count("error")} errors, ${count("warning")} warnings.`);
process.exitCode = count("error") > 0 ? 1 : 0;

async function examine(args: string[]): Promise<Finding[]> {
  let values: { keys?: string; offline: boolean };
  try {
    const options = { keys: { type: "string" }, offline: { type: "boolean", default: false } } as const;
    ({ values } = parseArgs({ args, options }));
  } catch (problem) {
    return [error(`${problem instanceof Error ? problem.message.split(". ")[0] : "Bad arguments"}. Usage: ${usage}`)];
  }
  if (!values.keys) return [error(`--keys is missing: an env file, or a directory of JSON files. Usage: ${usage}`)];
  try {
    const variables = readVariables(values.keys);
    const warnings = variables.warnings.map((sentence): Finding => ({ level: "warning", sentence }));
    const config = readConfig(variables.values);
    const offline = [...warnings, ...(await examineConfig(config))];
    if (values.offline) return [...offline, ok("Offline: no platform was asked.")];
    const online = await Promise.all([examineHosts(config), examineWechat(config), examineTmall(config)]);
    return [...offline, ...online.flat()];
  } catch (problem) {
    if (!(problem instanceof VariablesError)) throw problem;
    return [error(problem.message)];
  }
}
