/** `package.json` of the publishable package, from the project's own. Pure. */

interface Root {
  name: string;
  version: string;
  description: string;
  license: string;
}

/** Entries with code: each has `NAME.js` and `NAME.d.ts`. */
export const codeEntries = ["index", "define", "client", "loader", "events"] as const;
/** Entries that only add types; their code is empty, so that a plain `import` of them works. */
export const typeEntries = ["react", "preact", "vue"] as const;

export function packageJsonOf({ name, version, description, license }: Root) {
  const entry = (file: string) => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
  return {
    name,
    version,
    description,
    license,
    keywords: ["web-component", "custom-element", "pos", "wechat-pay", "smartguide", "支付即服务", "tmall"],
    type: "module",
    // define.js registers the tag; everything else may be dropped when nothing of it is used
    sideEffects: ["./define.js"],
    main: "./index.js",
    types: "./index.d.ts",
    customElements: "./custom-elements.json",
    exports: {
      ".": entry("index"),
      ...Object.fromEntries([...codeEntries.slice(1), ...typeEntries].map((file) => [`./${file}`, entry(file)])),
      "./custom-elements.json": "./custom-elements.json",
      "./vscode.html-data.json": "./vscode.html-data.json",
      "./package.json": "./package.json",
    },
    engines: { node: ">=18" },
  };
}
