/**
 * The element's files, the API description and the pages behind problem types. Cloudflare's assets and a bare disk both
 * know less than a browser needs, so every header is set here, alike in both places.
 */
import { Hono } from "hono/tiny";
import { type AppEnv, respondMethodNotAllowed, respondProblem } from "./context.ts";
import { isReleased } from "./released.ts";

export const assets = new Hono<AppEnv>();

const contentTypes: Record<string, string> = {
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  json: "application/json",
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  map: "application/json",
};

const year = 31_536_000;

const versioned = /^\/(v[0-9]+\.[0-9]+\.[0-9]+)\/[a-z.-]+$/;
const page = /^\/(?:problems|playground)\/(?:common\/)?[a-z0-9_.-]*$/;
const folder = /^\/(?:problems|playground)$/;

assets.get("*", async (c) => {
  const { pathname } = new URL(c.req.url);
  if (folder.test(pathname)) return c.redirect(`${pathname}/`, 308);
  const path = fileOf(pathname);
  if (path === undefined) return respondProblem(c, { code: "not_found", detail: "There is nothing here" });
  const file = await c.env.ASSETS.fetch(new Request(new URL(path, "https://assets.invalid")));
  if (file.status !== 200) {
    await file.body?.cancel();
    return respondProblem(c, { code: "not_found", detail: "There is nothing here" });
  }
  return new Response(c.req.method === "HEAD" ? null : file.body, {
    headers: {
      "Content-Type": contentTypes[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream",
      "Cache-Control": cacheControlOf(pathname),
      // Any page may load it, with or without CORS and under any embedder policy; it holds nothing that is secret.
      "Access-Control-Allow-Origin": "*",
      "Cross-Origin-Resource-Policy": "cross-origin",
      "Timing-Allow-Origin": "*",
      "X-Content-Type-Options": "nosniff",
      "X-Request-Id": c.get("requestId"),
      ...(path.endsWith(".html") && {
        "Content-Security-Policy":
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        "Referrer-Policy": "no-referrer",
      }),
    },
  });
});

assets.all("*", (c, next) =>
  fileOf(new URL(c.req.url).pathname) === undefined ? next() : respondMethodNotAllowed(c, "GET, HEAD"),
);

/** A released file never changes, since partners pin it by its hash. Before that the next build replaces it. */
function cacheControlOf(pathname: string): string {
  const [, version] = versioned.exec(pathname) ?? [];
  if (version === undefined) return "public, max-age=300";
  return isReleased(version) ? `public, max-age=${year}, immutable` : "no-cache";
}

/** @returns the file's path in the assets, or undefined for anything that is not one of them */
function fileOf(pathname: string): string | undefined {
  if (versioned.test(pathname)) return pathname;
  if (pathname === "/v1/openapi.json") return "/openapi.json";
  if (!page.test(pathname)) return undefined;
  if (pathname.endsWith("/")) return `${pathname}index.html`;
  const name = pathname.slice(pathname.lastIndexOf("/") + 1);
  return name.includes(".") ? pathname : `${pathname}.html`;
}
