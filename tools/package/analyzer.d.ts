/** What the analyzer's entry offers to programs; its own declarations describe plugins only. */
declare module "@custom-elements-manifest/analyzer/index.js" {
  import type { Package } from "custom-elements-manifest/schema";

  interface SourceFile {
    readonly fileName: string;
  }

  export const ts: {
    readonly ScriptTarget: { readonly ES2022: number };
    createSourceFile(fileName: string, text: string, target: number, setParentNodes: boolean): SourceFile;
  };

  export function create(options: {
    modules: readonly SourceFile[];
    plugins: readonly never[];
    context: { dev: boolean };
  }): Package;
}
