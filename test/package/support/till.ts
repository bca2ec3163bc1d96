/** One server that is a partner's page, its backend and the edge, and a browser before it. Written from the HTTP contract. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import puppeteer, { type Page } from "puppeteer-core";
import { build } from "vite";
import { browserFlags, browserPath } from "../../../tools/browser.ts";

const root = new URL("../../../", import.meta.url);
export const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
export const scriptPath = `/v${version}/staff-assign.js`;
export const loaderPath = `/v${version}/staff-assign-loader.js`;
export const orderNumber = "4200002015080612534600";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Send {
  body: { order: string; guide: { id?: string } };
  key: string | undefined;
}

export interface Till {
  origin: string;
  /** assignments that the edge was asked for */
  sends: Send[];
  /** sessions that the backend was asked for */
  sessions: number;
  /** answers to one path, in order; the last one stays */
  answers: Map<string, Answer[]>;
  /** how often a path was asked for, query included */
  asked: string[];
  /** @returns the page, and what went wrong on it */
  open(html: string, before?: () => void): Promise<{ page: Page; errors: string[]; console: string[] }>;
  reset(): void;
  stop(): Promise<void>;
}

export const text =
  (body: string, type = "text/html", status = 200): Answer =>
  (_, response) =>
    response
      .writeHead(status, {
        "content-type": `${type}; charset=utf-8`,
        "access-control-allow-origin": "*",
        "cache-control": "no-store",
      })
      .end(body);
export const script = (body: string) => text(body, "text/javascript");
const json = (body: unknown) => text(JSON.stringify(body), "application/json");
/** Takes the request and never says a word. */
export const stall: Answer = () => {};

export const builtFile = (name: string) => readFileSync(new URL(`dist/assets/v${version}/${name}`, root), "utf8");

export async function openTill(): Promise<Till> {
  const till: Till = {
    origin: "",
    sends: [],
    sessions: 0,
    answers: new Map(),
    asked: [],
    async open(html, before) {
      till.answers.set("/", [text(`<!doctype html><html lang="zh-CN"><title>till</title>${html}</html>`)]);
      const errors: string[] = [];
      const console: string[] = [];
      page.removeAllListeners("pageerror").removeAllListeners("console");
      // one page for all tests, emptied in between: opening one takes longer than most tests
      await page.goto("about:blank");
      await devtools.send("Storage.clearDataForOrigin", { origin: till.origin, storageTypes: "all" });
      if (prepared) await page.removeScriptToEvaluateOnNewDocument(prepared);
      prepared = before && (await page.evaluateOnNewDocument(before)).identifier;
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => console.push(message.text()));
      await page.goto(`${till.origin}/`, { waitUntil: "domcontentloaded" });
      return { page, errors, console };
    },
    reset() {
      till.answers.clear();
      till.answers.set(scriptPath, [script(builtFile("staff-assign.js"))]);
      till.answers.set(loaderPath, [script(builtFile("staff-assign-loader.js"))]);
      till.answers.set("/session", [session]);
      till.answers.set("/v1/assignments", [assign]);
      till.answers.set("/favicon.ico", [text("", "image/x-icon", 404)]);
      till.sends.length = till.asked.length = till.sessions = 0;
    },
    async stop() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };

  const session: Answer = (request, response) => {
    till.sessions++;
    json(sessionAnswer)(request, response);
  };
  const assign: Answer = async (request, response) => {
    let sent = "";
    for await (const chunk of request) sent += chunk;
    const body = JSON.parse(sent);
    till.sends.push({ body, key: request.headers["idempotency-key"]?.toString() });
    const assigned = {
      ...body,
      id: `a${till.sends.length}`,
      status: "assigned",
      createdAt: "2026-11-22T02:00:00Z",
      attempts: 1,
    };
    json(assigned)(request, response);
  };
  const server = createServer((request, response) => {
    const url = request.url ?? "/";
    till.asked.push(url);
    const answers = till.answers.get(url.replace(/\?.*/, "")) ?? [text("not found", "text/plain", 404)];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  till.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await puppeteer.launch({
    executablePath: browserPath(),
    args: [...browserFlags, "--disable-features=BackForwardCache"],
  });
  const page = await browser.newPage();
  const devtools = await page.createCDPSession();
  let prepared: string | undefined;
  till.reset();
  return till;
}

const sessionAnswer = {
  token: "t1",
  tokenType: "Bearer",
  id: "s1",
  expiresIn: 900,
  scope: "",
  merchant: "demo",
};

/** A page's program as one classic script. Development builds: they are what StrictMode checks in. */
export async function bundlePage(entry: string, plugins: NonNullable<Parameters<typeof build>[0]>["plugins"] = []) {
  const output = await build({
    configFile: false,
    logLevel: "error",
    publicDir: false,
    plugins,
    define: {
      "process.env.NODE_ENV": JSON.stringify("development"),
      __VUE_OPTIONS_API__: "false",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "tillPage", fileName: "page" } },
  });
  const [chunk] = (Array.isArray(output) ? output : [output]).flatMap((one) => ("output" in one ? one.output : []));
  if (chunk?.type !== "chunk") throw new Error(`${entry} made no code`);
  return chunk.code;
}

/** Waits for a condition on the page; what has not come in a quarter of a minute does not come on a slow machine either. */
export const until = (page: Page, look: string) => page.waitForFunction(look, { polling: 20, timeout: 15_000 });
