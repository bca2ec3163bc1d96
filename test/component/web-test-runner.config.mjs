/**
 * The browser suites, against the built file. Every suite runs twice: in the browser as it is, and with the newer
 * platform features taken away before the element loads.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { esbuildPlugin } from "@web/dev-server-esbuild";
import { chromeLauncher } from "@web/test-runner-chrome";
import { browserFlags, browserPath } from "../../tools/browser.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, "utf8"));
const types = { js: "text/javascript", html: "text/html", json: "application/json" };

/** Pages that a test has posted, to be opened in frames with headers of their own. */
const pages = new Map();

async function servePages(context, next) {
  const { path, request, method } = context;
  if (path === "/pages" && method === "POST") {
    let body = "";
    for await (const chunk of context.req) body += chunk;
    const id = String(pages.size + 1);
    pages.set(id, JSON.parse(body));
    context.body = id;
    return;
  }
  const page = /^\/pages\/(\d+)$/.exec(path);
  if (page) {
    const { html, headers } = pages.get(page[1]);
    context.set({ "content-type": "text/html; charset=utf-8", ...headers });
    context.body = html;
    return;
  }
  const built = /^\/built\/([\w-]+\.(js|mjs|json))$/.exec(path);
  if (built) {
    const text = await readFile(`${root}dist/assets/v${version}/${built[1]}`, "utf8");
    const { searchParams } = new URL(request.href);
    // Another version of the same file, as a page would load it from another release.
    const wanted = searchParams.get("version");
    context.set({
      "content-type": `${types[built[2] === "mjs" ? "js" : built[2]]}; charset=utf-8`,
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
    });
    if (searchParams.has("unanchored")) context.body = text.replace(/position-area|anchor-name/g, "$&-unknown");
    else context.body = wanted ? text.split(version).join(wanted) : searchParams.has("tampered") ? `${text} ` : text;
    return;
  }
  await next();
}

const group = (name, taken) => ({
  name,
  files: `${root}test/component/browser/*.test.ts`,
  testRunnerHtml: (framework) => `<!doctype html><html lang="zh-CN"><meta charset="utf-8">
    <script>window.takeAwayNewerFeatures = ${taken};</script>
    <body><script type="module" src="${framework}"></script></body></html>`,
});

const only = process.env.ONLY_GROUP;

export default {
  rootDir: root,
  nodeResolve: true,
  concurrency: 2,
  groups: [group("as it is", false), group("newer features taken away", true)].filter(
    ({ name }) => !only || name.startsWith(only),
  ),
  browsers: [
    chromeLauncher({
      // Suites run side by side, each with storage of its own.
      createPage: async ({ browser }) => (await browser.createBrowserContext()).newPage(),
      launchOptions: {
        executablePath: browserPath(),
        args: [
          ...browserFlags,
          "--disable-backgrounding-occluded-windows",
          "--disable-renderer-backgrounding",
          "--disable-background-timer-throttling",
        ],
      },
    }),
  ],
  middleware: [servePages],
  plugins: [esbuildPlugin({ ts: true, target: "es2022" })],
  testFramework: { config: { timeout: 60_000 } },
  browserStartTimeout: 60_000,
  testsFinishTimeout: 240_000,
};
