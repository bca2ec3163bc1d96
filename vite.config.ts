/** How the element is compiled; `tools/element/bundle.ts` runs it once for each output. */
import { defineConfig } from "vite";
import { minifyTemplates } from "./tools/element/minify-templates.ts";
import { packLocales } from "./tools/element/pack-locales.ts";
import { ownTrustedTypesPolicy } from "./tools/element/trusted-types.ts";

export default defineConfig({
  plugins: [ownTrustedTypesPolicy(), packLocales(), minifyTemplates()],
  publicDir: false,
  logLevel: "warn",
  build: {
    // lowered and minified as a whole afterwards, guard included
    target: "esnext",
    minify: false,
    write: false,
    copyPublicDir: false,
    reportCompressedSize: false,
  },
});
