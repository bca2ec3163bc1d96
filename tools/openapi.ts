/**
 * The description of the HTTP API in OpenAPI 3.1, made when the project is built and served as a file. What it says of
 * requests comes from the very schemas that the edge validates with; what it says of answers is held to the contract's
 * types here and to the running Worker by its test.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWhole } from "./docs/write-whole.ts";
import { parameterRef, parameters, securitySchemes } from "./openapi/access.ts";
import { answerSchemas } from "./openapi/answer-schemas.ts";
import { headers } from "./openapi/answers.ts";
import { problemExamples } from "./openapi/examples.ts";
import { partnerPaths } from "./openapi/paths.ts";
import { requestSchemas } from "./openapi/request-schemas.ts";
import { operatorSchemas, servicePaths } from "./openapi/service-paths.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const paths = Object.fromEntries(
  Object.entries({ ...partnerPaths, ...servicePaths }).map(([path, methods]) => [
    path,
    { parameters: [parameterRef("RequestId")], ...methods },
  ]),
);

/** @param version of the release, `major.minor.patch` */
export function openApiDocument(version: string): object {
  return {
    openapi: "3.1.1",
    info: {
      title: "staff-assign",
      version,
      summary: "Says who served an order, over WeChat Pay smartguide or the Tmall service center",
      description:
        "Every error is a problem document (RFC 9457) with a code of a closed set. An unknown path answers 404, a method that a path does not have 405 with `Allow`; HEAD goes wherever GET does. Under `/v1` an Origin that no partner has is refused before anything else is looked at.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The edge that serves this description" }],
    tags: [
      { name: "Sessions", description: "For a partner's backend" },
      { name: "Assignments", description: "Who serves which order" },
      { name: "Orders", description: "Orders as the platform has them" },
      { name: "Guides", description: "Who can be assigned" },
      {
        name: "Operator",
        description: "For who runs the edge; without an operator key in its configuration these answer 404",
      },
      { name: "Service", description: "For anyone" },
    ],
    paths,
    components: {
      schemas: { ...requestSchemas, ...answerSchemas, ...operatorSchemas },
      securitySchemes,
      parameters,
      headers,
      examples: problemExamples,
    },
  };
}

/** Writes `openapi.json` as a whole. @param outDir the folder of the assets */
export async function buildOpenApi({ outDir, version }: { outDir: string; version: string }): Promise<void> {
  await writeWhole(join(outDir, "openapi.json"), `${JSON.stringify(openApiDocument(version))}\n`);
}

if (import.meta.main) {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  await buildOpenApi({ outDir: join(root, "dist/assets"), version });
}
