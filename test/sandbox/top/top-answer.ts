/** Answers of TOP in its three forms: JSON, simplified JSON, XML. Errors have one form in JSON, simplified or not. */

/** A list knows the type of its items: in full JSON and XML they stand in an element of that name. */
export interface TopList {
  itemType: string;
  items: readonly TopValue[];
}
export type TopValue = string | number | boolean | bigint | TopList | TopObject;
export interface TopObject {
  [member: string]: TopValue | undefined;
}

export type TopAnswer =
  | { kind: "result"; method: string; content: TopObject }
  | { kind: "error"; code: number; msg: string; subCode?: string; subMsg?: string };

export interface TopForm {
  format: "json" | "xml";
  simplify: boolean;
}

const isList = (value: TopValue): value is TopList =>
  typeof value === "object" && "itemType" in value && Array.isArray(value.items);

/** The leading `taobao.` is dropped; other prefixes stay. */
const rootOf = (method: string) => `${method.replace(/^taobao\./, "").replaceAll(".", "_")}_response`;

function json(value: TopValue, simplify: boolean): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) {
    const items = `[${value.items.map((item) => json(item, simplify)).join(",")}]`;
    return simplify ? items : `{${JSON.stringify(value.itemType)}:${items}}`;
  }
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [`${JSON.stringify(name)}:${json(member, simplify)}`],
  );
  return `{${members.join(",")}}`;
}

const escapeXml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function xml(name: string, value: TopValue): string {
  if (typeof value !== "object") return `<${name}>${escapeXml(String(value))}</${name}>`;
  const inner = isList(value)
    ? value.items.map((item) => xml(value.itemType, item)).join("")
    : Object.entries(value)
        .map(([member, child]) => (child === undefined ? "" : xml(member, child)))
        .join("");
  return `<${name}>${inner}</${name}>`;
}

export interface Rendered {
  body: string;
  contentType: string;
}

export function render(answer: TopAnswer, form: TopForm, requestId: string): Rendered {
  const root = answer.kind === "error" ? "error_response" : rootOf(answer.method);
  const content: TopObject =
    answer.kind === "error"
      ? { code: answer.code, msg: answer.msg, sub_code: answer.subCode, sub_msg: answer.subMsg, request_id: requestId }
      : { ...answer.content, request_id: requestId };
  if (form.format === "xml") {
    return {
      body: `<?xml version="1.0" encoding="utf-8" ?>${xml(root, content)}<!--top011229189136.center.et2-->`,
      contentType: "text/xml;charset=UTF-8",
    };
  }
  const bare = form.simplify && answer.kind === "result";
  const text = json(content, form.simplify);
  return {
    body: bare ? text : `{${JSON.stringify(root)}:${text}}`,
    contentType: "text/javascript;charset=UTF-8",
  };
}

export const topError = (code: number, msg: string, subCode?: string, subMsg?: string): TopAnswer => ({
  kind: "error",
  code,
  msg,
  ...(subCode && { subCode }),
  ...(subMsg && { subMsg }),
});
