/**
 * Draws the element in its states with the built script and a pretended edge, for people to look at:
 * `node test/component/screenshots.ts [folder]`. Nothing is compared; the pictures kept are the reference for eyes.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import puppeteer, { type Page } from "puppeteer-core";
import { browserFlags, browserPath } from "../../tools/browser.ts";

const root = new URL("../../", import.meta.url);
const { version } = JSON.parse(await readFile(new URL("package.json", root), "utf8")) as { version: string };
const script = await readFile(new URL(`dist/assets/v${version}/staff-assign.js`, root));
const folder = process.argv[2] ?? fileURLToPath(new URL("screenshots/", import.meta.url));

interface Shot {
  name: string;
  lang: "zh-CN" | "en";
  dark?: boolean;
  width: number;
  /** attributes of each element on the page */
  elements: { attributes: string; answer?: string; act?: string }[];
}

const order = 'order="4200002015080612534600"';
const chosen = `${order} guide="LLJ2Rvx1" guide-name="张三"`;
const longNamed = `${order} guide="LLJ2Rvx4" guide-name="欧阳娜娜 Nana"`;
const states = (compact: string) => [
  { attributes: compact },
  { attributes: `${order} ${compact}` },
  { attributes: `${chosen} ${compact}` },
  { attributes: `${chosen} ${compact}`, answer: "hang", act: "submit" },
  { attributes: `${chosen} ${compact}`, answer: "assigned", act: "submit" },
  { attributes: `${chosen} ${compact}`, answer: "pending", act: "submit" },
  { attributes: `${chosen} ${compact}`, answer: "offline", act: "submit" },
  { attributes: `${chosen} ${compact}`, answer: "held", act: "submit" },
  { attributes: `${longNamed} ${compact}`, answer: "heldLong", act: "submit" },
  { attributes: `${chosen} ${compact}`, answer: "rejected", act: "submit" },
  { attributes: `${chosen} ${compact}`, answer: "unauthenticated", act: "submit" },
  { attributes: `order="AB#1" guide="LLJ2Rvx1" guide-name="张三" ${compact}` },
  { attributes: `${chosen} ${compact}`, answer: "pending", act: "leave" },
];

const shots: Shot[] = [
  { name: "zh-light-480", lang: "zh-CN", width: 1040, elements: states("") },
  { name: "zh-dark-480", lang: "zh-CN", dark: true, width: 1040, elements: states("") },
  { name: "zh-light-360", lang: "zh-CN", width: 360, elements: states("") },
  { name: "en-light-480", lang: "en", width: 1040, elements: states("") },
  { name: "zh-compact-480", lang: "zh-CN", width: 512, elements: states("compact") },
  { name: "zh-compact-360", lang: "zh-CN", width: 360, elements: states("compact") },
  { name: "en-compact-360", lang: "en", width: 360, elements: states("compact") },
  { name: "en-compact-dark-480", lang: "en", dark: true, width: 512, elements: states("compact") },
  {
    name: "zh-picker",
    lang: "zh-CN",
    width: 512,
    elements: [
      { attributes: order, act: "open" },
      { attributes: 'channel="tmall" order="9223372036854775807" guide="1001" guide-name="李师傅"' },
    ],
  },
];

const page = ({ lang, dark, width, elements }: Shot) => `<!doctype html>
<html lang="${lang}"><meta charset="utf-8"><title>staff-assign</title>
<style>html{color-scheme:${dark ? "dark" : "light"};background:${dark ? "#101114" : "#eef0f3"}}
body{margin:${width > 400 ? 16 : 12}px;display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));align-items:start}</style>
${elements.map(({ attributes, answer, act }, index) => `<staff-assign endpoint="https://edge.example" ${attributes.replace("4600", String(4600 + index))} data-answer="${answer ?? ""}" data-act="${act ?? ""}"></staff-assign>`).join("\n")}
<script>${pretendedEdge}</script>
<script src="/staff-assign.js"></script>
<script>
customElements.whenDefined("staff-assign").then(() => {
  for (const element of document.querySelectorAll("staff-assign")) {
    if (/submit|leave/.test(element.dataset.act)) element.submit().catch(() => {});
    if (element.dataset.act === "leave") element.order = "4200002015080612539999";
  }
});
</script></html>`;

const pretendedEdge = `
const json = (status, body, headers = {}) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
const problem = (status, code, more = {}) => json(status, { type: "about:blank", title: code, status, detail: code, code, requestId: "8f3a12c94e", retryable: false, ...more });
const answers = {
  hang: () => new Promise(() => {}),
  assigned: (request) => json(200, { id: "a1", status: "assigned", channel: "wechat", order: request.order, guide: request.guide, createdAt: "2026-11-22T02:32:00Z", assignedAt: new Date().toISOString(), attempts: 1 }),
  pending: (request) => json(202, { id: "a2", status: "pending", channel: "wechat", order: request.order, guide: request.guide, createdAt: new Date().toISOString(), attempts: 1 }, { "retry-after": "30" }),
  offline: () => Promise.reject(new TypeError("Failed to fetch")),
  heldLong: () => problem(409, "already_assigned", { current: { id: "a0", guide: { id: "g2", name: "Christopher Wong" }, assignedAt: "2026-11-20T02:32:00Z" } }),
  held: () => problem(409, "already_assigned", { current: { id: "a0", guide: { id: "g2", name: "李四" }, assignedAt: new Date(Date.now() - 9e5).toISOString() } }),
  rejected: () => problem(422, "upstream_rejected", { reason: "guide_not_found", advice: { "zh-CN": "没有找到该服务人员。请重新选择。", en: "This person was not found. Choose again." } }),
  unauthenticated: () => problem(401, "session_expired", { retryable: true, advice: { "zh-CN": "登录已过期。请重新登录收银台。", en: "The sign-in has expired. Sign in to the till again." } }),
};
const names = ["张三", "李四", "王小明", "欧阳娜娜", "赵六", "陈晓", "周杰", "Amy Wong"];
  for (const element of document.querySelectorAll("staff-assign")) {
    // set before the element is defined, as an early framework does
    element.session = async () => ({ token: "t", tokenType: "Bearer", id: "s", issuedAt: new Date().toISOString(), expiresIn: 900, scope: "assignments:write guides:read", merchant: "demo", storeId: "1234" });
    element.fetch = async (url, init) => {
      if (url.includes("/v1/guides")) return json(200, { data: names.map((name, index) => ({ id: "LLJ2Rvx" + (index + 1), storeId: "1234", name, workId: "00" + (12 + index) })), total: 23, limit: 10, offset: 0 });
      return answers[element.dataset.answer](init.body ? JSON.parse(init.body) : { order: "1" });
    };
  }`;

async function settle(tab: Page, shot: Shot) {
  if (shot.elements.some(({ act }) => act === "open")) {
    await tab.evaluate(() => {
      const input = document.querySelector("staff-assign")?.shadowRoot?.querySelector<HTMLElement>("#guide");
      input?.focus();
      input?.click();
    });
  }
  // two tries of the offline one, each with its pause
  await new Promise((resolve) => setTimeout(resolve, 2500));
}

const server = createServer((request, response) => {
  const shot = shots.find(({ name }) => request.url === `/${name}`);
  const body = shot ? page(shot) : request.url === "/staff-assign.js" ? script : "";
  response.setHeader("content-type", shot ? "text/html; charset=utf-8" : "text/javascript; charset=utf-8");
  response.end(body);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
const port = typeof address === "object" && address ? address.port : 0;
const browser = await puppeteer.launch({
  executablePath: browserPath(),
  args: browserFlags,
});
try {
  await mkdir(folder, { recursive: true });
  const only = process.argv[3];
  for (const shot of shots.filter(({ name }) => !only || name.includes(only))) {
    // storage of its own: nothing is left over from the picture before
    const context = await browser.createBrowserContext();
    const tab = await context.newPage();
    tab.on("pageerror", (error) => console.error(shot.name, error));
    tab.on("console", (message) => console.log(shot.name, message.text()));
    await tab.setViewport({ width: shot.width, height: 640 });
    await tab.goto(`http://127.0.0.1:${port}/${shot.name}`);
    await settle(tab, shot);
    await writeFile(`${folder}/${shot.name}.png`, await tab.screenshot({ fullPage: true }));
    await context.close();
    console.log(`${shot.name}.png`);
  }
} finally {
  await browser.close();
  server.close();
}
