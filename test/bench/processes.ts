/** Processes of the run: started with one message, asked by messages, and what Linux says they have cost. */
import { type ChildProcess, fork } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** `getconf CLK_TCK` of every Linux on x86 and ARM: /proc counts CPU time in hundredths of a second. */
const millisecondsPerTick = 10;

export interface Worker {
  pid: number;
  ask<Answer>(question: object): Promise<Answer>;
  stop(): Promise<void>;
}

/** @param log file that takes what the process prints, as a service manager's journal would */
export function startProcess(script: string, settings: object, log: string): Worker {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, { stdio: ["ignore", openSync(log, "a"), "inherit", "ipc"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const { pid } = child;
  if (pid === undefined) throw new TypeError(`${script} did not start`);
  const ask = <Answer>(question: object) => askChild(child, script, question) as Promise<Answer>;
  child.send(settings);
  return {
    pid,
    ask,
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** One question at a time: each is answered by one message. */
function askChild(child: ChildProcess, script: string, question: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const failed = (code: number | null) => reject(new Error(`${script} ended (${code}) instead of answering`));
    child.once("exit", failed);
    child.once("message", (answer: { error?: string }) => {
      child.off("exit", failed);
      if (answer.error === undefined) resolve(answer);
      else reject(new Error(`${script}: ${answer.error}`));
    });
    child.send(question);
  });
}

/** User and system time of a process and of everything below it, in milliseconds. */
export function cpuMilliseconds(pid: number): number {
  return tree(pid).reduce((sum, member) => {
    // The second field is a name in parentheses that may hold spaces; user and system time are the 14th and 15th.
    const fields = readFileSync(`/proc/${member}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick;
  }, 0);
}

/** Resident memory of a process and of everything below it, in MiB. */
export function residentMiB(pid: number): number {
  return tree(pid).reduce((sum, member) => {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${member}/status`, "utf8")) ?? [];
    return sum + Number(kilobytes) / 1024;
  }, 0);
}

function tree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(tree)];
}
