/** Renders the Markdown of `docs/problems` as pages without script or inline style: every CSP lets them through. */
import { Marked } from "marked";
import { type ProblemCode, problemCodes } from "../../shared/problem-codes.ts";

export interface ProblemPage {
  code: string;
  /** the first sentence of the page, plain text */
  summary: string;
  /** everything below the heading, HTML */
  body: string;
  /** absent for the codes that only the element knows */
  wire?: { status: number; title: string; retryable: boolean };
}

const markdown = new Marked({
  renderer: {
    /** In the repository pages link to each other as files, on the edge as codes. */
    link({ href, tokens }) {
      return `<a href="${escapeHtml(href.replace(/\.md$/, ""))}">${this.parser.parseInline(tokens)}</a>`;
    },
  },
});

const isWireCode = (code: string): code is ProblemCode => Object.hasOwn(problemCodes, code);

/** @throws Error when the page is not about this code */
export function readProblemPage(code: string, source: string): ProblemPage {
  const [heading, ...rest] = source.split("\n");
  if (heading !== `# ${code}`) throw new Error(`docs/problems/${code}.md must begin with "# ${code}"`);
  const text = rest.join("\n").trim();
  const summary = /^.*?[.:](?= |$)/m.exec(text)?.[0].replace(/[.:]$/, "").replaceAll("`", "");
  if (summary === undefined) throw new Error(`docs/problems/${code}.md must open with a sentence`);
  return {
    code,
    summary,
    body: markdown.parse(text, { async: false }),
    ...(isWireCode(code) && { wire: problemCodes[code] }),
  };
}

export function problemPage({ code, body, wire }: ProblemPage): string {
  const facts = wire
    ? `HTTP ${wire.status} · ${escapeHtml(wire.title)} · ${wire.retryable ? "worth retrying" : "retrying does not help"}`
    : "Reported by the element itself; it never crosses the wire";
  return document(
    `${code} · staff-assign`,
    `<nav><a href="./">All codes</a></nav>
<h1><code>${code}</code></h1>
<p class="facts">${facts}</p>
${body}`,
  );
}

export function indexPage(pages: readonly ProblemPage[]): string {
  const list = (chosen: readonly ProblemPage[]) =>
    chosen
      .map(
        ({ code, summary, wire }) =>
          `<li><a href="${code}"><code>${code}</code></a>${wire ? ` <span>${wire.status}</span>` : ""}<p>${escapeHtml(summary)}</p></li>`,
      )
      .join("\n");
  return document(
    "Problem codes · staff-assign",
    `<h1>Problem codes · 错误代码</h1>
<p>Every failure has one code of this closed set. Programs act on the code; cashiers read a sentence of their language.</p>
<h2>From the edge</h2>
<ul class="codes">
${list(pages.filter((page) => page.wire))}
</ul>
<h2>From the element</h2>
<ul class="codes">
${list(pages.filter((page) => !page.wire))}
</ul>`,
  );
}

function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="/problems/icon.svg">
<link rel="stylesheet" href="/problems/tokens.css">
<link rel="stylesheet" href="/problems/page.css">
</head>
<body>
<main>
${body.trim()}
</main>
</body>
</html>
`;
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
