/** A call about guides, handed to the channel that keeps them. The sub-merchant is the caller's own. */
import type { GuidePage } from "../../shared/contract.ts";
import type { GuideDirectory } from "../channels/channel.ts";
import type { Result } from "../problem.ts";
import type { GuideOperation } from "./protocol.ts";

export function operateGuides(
  directory: GuideDirectory,
  operation: GuideOperation,
  tenant: { subMchid?: string },
): Promise<Result<GuidePage | { id: string } | null>> {
  switch (operation.kind) {
    case "list":
      return directory.list({ ...operation.query, ...tenant });
    case "search":
      return directory.search({ ...operation.query, ...tenant });
    case "register":
      return directory.register({ ...operation.guide, ...tenant });
    case "update":
      return directory.update(operation.id, { ...operation.update, ...tenant });
  }
}
