/**
 * Turns an issue of valibot into a field and a sentence. Valibot's own messages quote the received value, which may be
 * a key or a mobile number: only messages written by this project and the expected type pass.
 */
import * as v from "valibot";

export interface IssueText {
  /** dotted path of the member */
  field?: string;
  /** follows the field: "must be a string" */
  sentence: string;
}

/** Member names come from the caller too; one that is not of this form is not repeated. */
const plainPath = /^[\w-]{1,64}(\.[\w-]{1,64}){0,15}$/;

export function describeIssue(issue: v.BaseIssue<unknown>): IssueText {
  const path = v.getDotPath(issue);
  if (path === null) return { sentence: sentenceOf(issue) };
  if (!plainPath.test(path)) return { sentence: `has a member that ${sentenceOf(issue)}` };
  return { field: path, sentence: sentenceOf(issue) };
}

function sentenceOf(issue: v.BaseIssue<unknown>): string {
  const isDefaultMessage = issue.message.startsWith("Invalid ");
  if (!isDefaultMessage) return issue.message;
  const isMember = issue.type === "strict_object" || issue.type === "object" || issue.type === "loose_object";
  if (isMember && issue.expected === "never") return "is not a known member";
  if (isMember && issue.expected !== "Object") return "is required";
  if (issue.expected === "Object") return "must be an object";
  if (issue.expected === "Array") return "must be an array";
  if (/^(string|number|boolean)$/.test(issue.expected ?? "")) return `must be a ${issue.expected}`;
  return issue.expected === null ? "is not valid" : `must be ${issue.expected}`;
}
