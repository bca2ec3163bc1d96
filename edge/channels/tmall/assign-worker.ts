/** `tmall.servicecenter.workcard.assignworker` (apiId 46612): its parameters and its business result, pure. */
import type { OrderKind } from "../../../shared/contract.ts";
import type { AssignmentIntent } from "../channel.ts";
import { asMembers, type Members, plainText, readText, readToken } from "./answer.ts";
import type { BusinessParameters } from "./request.ts";

export const assignWorkerApi = "tmall.servicecenter.workcard.assignworker";

const orderParameter = {
  workcard: "workcard_id",
  outer: "outer_id",
  "fulfil-task": "fulfil_task_id",
} as const satisfies Record<OrderKind, string>;

/** Who acts; the platform's default is the provider. */
const operatorType = { provider: "2", store: "3" } as const;

export function assignWorkerParameters(intent: AssignmentIntent): BusinessParameters {
  const { guide, operator, extension = {} } = intent;
  return {
    [orderParameter[intent.orderKind ?? "workcard"]]: intent.order,
    ...("id" in guide
      ? { target_worker_id: guide.id }
      : { target_worker_mobile: guide.mobile, target_worker_name: guide.name }),
    type: operator && operatorType[operator],
    service_store_id: intent.storeId,
    stop_order_type_check_reason: intent.checkReason,
    ext_json: Object.keys(extension).length === 0 ? undefined : JSON.stringify(extension),
  };
}

/** `contradictory`: it says success and carries a message code that no success is known to carry. */
export type BusinessResult =
  | { kind: "success" }
  | { kind: "refused" | "contradictory"; msgCode: string | undefined; message: string }
  | { kind: "unreadable" };

/** The second and third check of an answer that holds no `error_response`: `success`, then `msg_code`. */
export function readBusinessResult(content: Members, okCodes: ReadonlySet<string>): BusinessResult {
  const result = asMembers(content.result);
  if (!result) return { kind: "unreadable" };
  const success = readSuccess(result.success);
  if (success === undefined) return { kind: "unreadable" };
  const codeText = readText(result.msg_code);
  // An object reads as no text, but it is not the absence of a code.
  const isUncoded = codeText === "" && (typeof result.msg_code !== "object" || result.msg_code === null);
  if (success && (isUncoded || okCodes.has(codeText))) return { kind: "success" };
  return {
    kind: success ? "contradictory" : "refused",
    msgCode: readToken(result.msg_code),
    // display_msg is the text that the platform means people to read
    message: plainText(readText(result.display_msg) || readText(result.msg_info)),
  };
}

/** A boolean, or its text: the APIs of this family disagree about the type. */
export function readSuccess(value: unknown): boolean | undefined {
  const text = readText(value);
  return text === "true" ? true : text === "false" ? false : undefined;
}
