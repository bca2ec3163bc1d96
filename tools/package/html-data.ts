/** Custom data for VS Code's HTML: tag, attributes and their values, from the manifest. */
import type { Package } from "custom-elements-manifest/schema";
import { elementOf } from "./manifest.ts";

export function htmlDataOf(manifest: Package) {
  const { tagName, description, attributes = [] } = elementOf(manifest);
  return {
    version: 1.1,
    tags: [
      {
        name: tagName,
        description,
        attributes: attributes.map(({ name, description, type }) => {
          const values = [...(type?.text ?? "").matchAll(/"([^"]+)"/g)].map(([, value]) => ({ name: value }));
          const isFlag = type?.text === "boolean";
          // `v`: an attribute that is there or not
          return { name, description, ...(values.length > 0 && { values }), ...(isFlag && { valueSet: "v" }) };
        }),
      },
    ],
  };
}
