/** What a contender answers when it is asked where it is. */
import type { WorkerdProcess } from "../../../tools/serve/workerd-process.ts";

export interface Address {
  url: string;
  /** the process whose CPU and memory count */
  pid: number;
}

export function servedBy(workerd: WorkerdProcess): () => Promise<Address> {
  let running = true;
  void workerd.ended.then(() => {
    running = false;
  });
  process.once("SIGTERM", () => void workerd.stop().then(() => process.exit()));
  // The run was cut off: nobody else would end it.
  process.once("exit", () => running && process.kill(workerd.pid, "SIGKILL"));
  return async () => ({ url: `http://127.0.0.1:${workerd.port}`, pid: workerd.pid });
}
