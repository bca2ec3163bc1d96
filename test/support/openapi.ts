/**
 * An API description read as a client would: which operations it has, and whether an answer is one that it describes.
 * Answers are held more strictly than clients may: a member or a status that the description leaves out is a difference.
 */
import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export interface Described {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, unknown>>;
  components: Record<string, Record<string, unknown>>;
}

export interface Parameter {
  name: string;
  in: string;
  required: boolean;
  schema: { type?: string; minimum?: number; maximum?: number };
}

interface Operation {
  operationId: string;
  parameters?: ({ $ref: string } | Parameter)[];
  requestBody?: { content: Record<string, { examples: Record<string, { value: unknown }> }> };
  responses: Record<
    string,
    {
      headers: Record<string, { $ref?: string; required?: boolean; schema?: object }>;
      content?: Record<string, object>;
    }
  >;
}

export const methods = ["get", "post", "put", "patch", "delete"] as const;
export type Method = (typeof methods)[number];

const id = "https://description.invalid/openapi.json";
const pointer = (...steps: string[]) =>
  `${id}#/${steps.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;

export class Description {
  readonly document: Described;
  readonly #ajv: Ajv2020;

  constructor(document: Described) {
    this.document = document;
    this.#ajv = new Ajv2020({ strict: false, validateSchema: false });
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ ...closed(document), $id: id });
  }

  /** `METHOD /path` of every operation, sorted. */
  operations(): string[] {
    return Object.entries(this.document.paths)
      .flatMap(([path, item]) =>
        methods.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
      )
      .sort();
  }

  operation(method: string, path: string): Operation {
    const found = this.document.paths[path]?.[method.toLowerCase()];
    assert.ok(found, `${method} ${path} is not described`);
    return found as Operation;
  }

  queryParameters(method: string, path: string): Parameter[] {
    const { parameters = [] } = this.operation(method, path);
    return parameters.filter((one): one is Parameter => "in" in one && one.in === "query");
  }

  requestExamples(method: string, path: string): [name: string, value: unknown][] {
    const examples = this.operation(method, path).requestBody?.content["application/json"]?.examples ?? {};
    return Object.entries(examples).map(([name, { value }]) => [name, value]);
  }

  takes(method: string, path: string, body: unknown): boolean {
    const steps = ["paths", path, method.toLowerCase(), "requestBody", "content", "application/json", "schema"];
    return this.#schemaAt(...steps)(body) === true;
  }

  /** Reads an answer to its end and throws where it is none that the description has. @returns the body */
  async read(method: string, path: string, answer: Response): Promise<unknown> {
    const text = await answer.text();
    const what = `${method} ${path} → ${answer.status} ${text}`;
    const described = this.operation(method, path).responses[String(answer.status)];
    assert.ok(described, `${what}: the status is not described`);
    const at = ["paths", path, method.toLowerCase(), "responses", String(answer.status)];
    for (const [name, header] of Object.entries(described.headers)) {
      const resolved = header.$ref ? this.#component(header.$ref) : header;
      const value = answer.headers.get(name);
      if (resolved.required) assert.notEqual(value, null, `${what}: no ${name}`);
      if (value === null || !resolved.schema) continue;
      const typed = /^[0-9]+$/.test(value) ? Number(value) : value;
      assert.ok(this.#ajv.validate(resolved.schema, typed), `${what}: ${name} is ${value}`);
    }
    if (!described.content) {
      assert.equal(text, "", `${what}: a body that is not described`);
      return undefined;
    }
    const type = answer.headers.get("content-type")?.split(";")[0] ?? "none";
    assert.ok(described.content[type], `${what}: ${type} is not described`);
    const body: unknown = JSON.parse(text);
    const validate = this.#schemaAt(...at, "content", type, "schema");
    assert.ok(validate(body), `${what}\n${JSON.stringify(validate.errors, null, 2)}`);
    return body;
  }

  /** Examples that do not fit the schema they stand beside, with the place of each. */
  wrongExamples(): string[] {
    const wrong: string[] = [];
    const walk = (node: unknown, steps: string[]): void => {
      if (typeof node !== "object" || node === null) return;
      if ("schema" in node) {
        const validate = this.#schemaAt(...steps, "schema");
        const check = (value: unknown) => validate(value) || wrong.push(`${steps.join(" ")}: ${JSON.stringify(value)}`);
        if ("example" in node) check(node.example);
        if ("examples" in node) {
          const examples = Object.values(node.examples as Record<string, { $ref?: string; value?: unknown }>);
          for (const { $ref, value } of examples) check($ref ? this.#component($ref).value : value);
        }
      }
      for (const [name, child] of Object.entries(node)) walk(child, [...steps, name]);
    };
    walk(this.document.paths, ["paths"]);
    return wrong;
  }

  #schemaAt(...steps: string[]): ValidateFunction {
    const validate = this.#ajv.getSchema(pointer(...steps));
    assert.ok(validate, `no schema at ${steps.join(" ")}`);
    return validate;
  }

  #component($ref: string): { required?: boolean; schema?: object; value?: unknown } {
    const [, , kind = "", name = ""] = $ref.split("/");
    const found = this.document.components[kind]?.[name];
    assert.ok(found, `${$ref} leads nowhere`);
    return found;
  }
}

/** The same description, in which an object has no members but the named ones. */
function closed<T>(node: T): T {
  if (Array.isArray(node)) return node.map(closed) as T;
  if (typeof node !== "object" || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([name, child]) => [name, closed(child)]));
  const isOpen = copy.type === "object" && typeof copy.properties === "object" && !("additionalProperties" in copy);
  return (isOpen ? { ...copy, additionalProperties: false } : copy) as T;
}
