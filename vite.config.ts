/** How the element is compiled; `tools/element/bundle.ts` runs it once for each output. */
import { defineConfig } from "vite";
import { minifyTemplates } from "./tools/element/minify-templates.ts";
import { packLocales } from "./tools/element/pack-locales.ts";

export default defineConfig({
  plugins: [packLocales(), minifyTemplates()],
  publicDir: false,
  logLevel: "warn",
  build: {
    // lowered and minified as a whole afterwards, guard included
    target: "esnext",
    minify: "oxc",
    write: false,
    copyPublicDir: false,
    reportCompressedSize: false,
  },
});
