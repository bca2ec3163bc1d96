/** `codes.d.ts` of the package: the closed sets, written out from where they are kept. */
import { zhCN } from "../../component/locales/zh-CN.ts";
import { elementCodes, problemCodes } from "../../shared/problem-codes.ts";
import { problemReasons } from "../../shared/problem-reasons.ts";

const union = (about: string, name: string, members: readonly string[]) =>
  `/** ${about} */\nexport type ${name} =\n${members.map((member) => `  | ${JSON.stringify(member)}`).join("\n")};\n`;

export const codesDeclaration = () =>
  [
    union("Codes that cross the wire.", "ProblemCode", Object.keys(problemCodes)),
    union("Codes that only the element and the client report.", "ElementCode", elementCodes),
    union("Why a platform refused, where that has a remedy of its own.", "ProblemReason", problemReasons),
    union(
      "Keys of the texts that a partner may replace, beside the codes and reasons.",
      "StaffAssignTextKey",
      Object.keys(zhCN),
    ),
  ].join("\n");
