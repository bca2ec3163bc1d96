/** Joins what several ledgers tell of one tenant's history. Pure. */
import { fail, ok, type Result } from "../problem.ts";
import type { AssignmentRecord, RecordPage } from "./protocol.ts";

/** @param pages of the same cursor and limit, each newest first @returns the newest of all of them, or the first failure */
export function joinPages(pages: readonly Result<RecordPage>[], limit: number): Result<RecordPage> {
  const joined: AssignmentRecord[] = [];
  let more = false;
  for (const page of pages) {
    if (!page.ok) return page;
    joined.push(...page.value.data);
    more ||= page.value.nextCursor !== undefined;
  }
  // Ids begin with their time, so that newest first holds across ledgers.
  joined.sort((a, b) => (a.id < b.id ? 1 : -1));
  const data = joined.slice(0, limit);
  const last = data.at(-1);
  return ok({ data, ...((more || joined.length > limit) && last && { nextCursor: last.id }) });
}

/** @returns the record that one of the ledgers holds; a ledger that could not look is not one that holds nothing */
export function findRecord(answers: readonly Result<AssignmentRecord>[]): Result<AssignmentRecord> {
  const found = answers.find((answer) => answer.ok);
  const failed = answers.find((answer) => !answer.ok && answer.failure.code !== "not_found");
  return found ?? failed ?? fail("not_found", "No assignment of this tenant has this id");
}
