import { equal, ok, until } from "../support/assert.ts";
import { assignment, edge, json, session } from "../support/edge.ts";
import { aged, closePages, endpoint, forgetTill, order, Page, script } from "../support/page.ts";

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' https://edge.test";

describe("the script on a page", () => {
  afterEach(forgetTill);

  it("twice in the same version: silent, one working element", async () => {
    const page = await Page.open({ edge: edge(), scripts: [script, `${script}?again`] });
    equal(page.logs, []);
    equal((await page.element.submit()).status, "assigned");
  });

  for (const versions of [
    ["0.1.0", "0.9.7"],
    ["0.9.7", "0.1.0"],
  ]) {
    it(`in two versions of one major (${versions.join(", then ")}): the first stays and one warning names both`, async () => {
      const page = await Page.open({
        edge: edge(),
        scripts: versions.map((version) => `${script}?version=${version}`),
      });
      equal(page.logs.length, 1);
      ok(
        versions.every((version) => page.logs[0]?.includes(version)) && page.logs[0]?.startsWith("warn"),
        page.logs[0] ?? "",
      );
      ok(page.logs[0]?.includes(`${script}?version=${versions[1]}`), "the scripts' addresses");
      equal((page.element.constructor as unknown as { version: string }).version, versions[0]);
      equal((await page.element.submit()).status, "assigned");
    });
  }

  it("beside another major: `version_conflict`, and the first works on", async () => {
    const page = await Page.open({ edge: edge(), scripts: [`${script}?version=1.4.0`, script] });
    equal(
      page.heard("error").map((event) => event.code),
      ["version_conflict"],
    );
    ok(page.logs[0]?.startsWith("error"), "on the console");
    equal((await page.element.submit()).status, "assigned");
  });

  it("beside somebody else's element of that name: `version_conflict`, nothing thrown", async () => {
    const page = await Page.open({
      edge: edge(),
      before: (window) => {
        const Base = window.HTMLElement;
        window.customElements.define("staff-assign", class extends Base {});
      },
    });
    equal(
      page.heard("error").map((event) => event.code),
      ["version_conflict"],
    );
    equal(page.errors, []);
  });

  it("as a module works like the classic one", async () => {
    const page = await Page.open({ edge: edge(), scripts: ["/built/staff-assign.mjs"] });
    await until(() => page.element.submit, "the definition");
    equal((await page.element.submit()).status, "assigned");
  });

  it("under a strict policy without inline styles or eval: styles apply and nothing is violated", async () => {
    if (aged) return; // without adoptable sheets a strict style-src needs the page's nonce: the next test
    const page = await Page.open({
      edge: edge(),
      headers: {
        "content-security-policy": `${policy}; require-trusted-types-for 'script'; trusted-types 'none'`,
      },
    });
    equal((await page.element.submit()).status, "assigned");
    await page.state("done");
    equal(page.violations, []);
    equal(getComputedStyle(page.find(".box")).borderRadius, "12px");
  });

  it("takes the page's nonce for its styles where sheets cannot be adopted", async () => {
    const page = await Page.open({
      edge: edge(),
      headers: { "content-security-policy": policy.replace("style-src 'self'", "style-src 'nonce-abc'") },
      before: (window) => {
        window.staffAssign = { nonce: "abc" };
        Reflect.deleteProperty(window.ShadowRoot.prototype, "adoptedStyleSheets");
        Reflect.deleteProperty(window.Document.prototype, "adoptedStyleSheets");
      },
    });
    equal(page.violations, []);
    equal(getComputedStyle(page.find(".box")).borderRadius, "12px");
  });

  it("is ready once it is in the page, where a listener hears it, with the script before or after the tag", async () => {
    const element = `<staff-assign endpoint="${endpoint}" session-url="/session"></staff-assign>`;
    for (const html of [element, `<script src="${script}"></script>${element}`]) {
      const page = await Page.open({ html, edge: edge(), scripts: html === element ? [script] : [] });
      await until(() => page.heard("ready").length > 0, "the event");
      page.document.body.append(page.element);
      await page.element.updateComplete;
      equal([page.heard("ready").length, page.element.getAttribute("data-state")], [1, "idle"]);
      page.close();
    }
  });

  it("lives beside a page that runs Lit under Trusted Types", async () => {
    const page = await Page.open({
      edge: edge(),
      headers: { "content-security-policy": "require-trusted-types-for 'script'; trusted-types lit-html" },
      before: (window) => {
        (
          window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): void } }
        ).trustedTypes.createPolicy("lit-html", {});
      },
    });
    equal((await page.element.submit()).status, "assigned");
    equal(page.violations, []);
  });

  for (const policies of ["trusted-types host", "trusted-types 'none'"]) {
    it(`needs nothing from a page that requires Trusted Types and allows only \`${policies}\``, async () => {
      const page = await Page.open({
        edge: edge(),
        headers: { "content-security-policy": `require-trusted-types-for 'script'; ${policies}` },
      });
      equal((await page.element.submit()).status, "assigned");
      equal([page.errors, page.violations], [[], []]);
    });
  }

  it("blocked by connect-src: `csp_blocked`, not a network that is down", async () => {
    const page = await Page.open({
      headers: { "content-security-policy": "connect-src 'none'" },
      before: (window) => {
        window.staffAssign = {
          defaults: { session: async () => ({ token: "t", merchant: "demo", expiresIn: 900 }) },
        };
      },
    });
    const error = await page.element.submit().catch((reason) => reason);
    equal(error.code, "csp_blocked");
    ok(page.message.includes("联系管理员"), page.message);
  });

  const withoutSession = `<staff-assign endpoint="${endpoint}" session-url="session-here" order="${order}" guide="g1"></staff-assign>`;

  it("blocked by connect-src from a session address of the page's own: `csp_blocked` too", async () => {
    const page = await Page.open({
      html: withoutSession,
      headers: { "content-security-policy": `connect-src ${endpoint}` },
    });
    const error = await page.element.submit().catch((reason) => reason);
    equal(error.code, "csp_blocked");
  });

  it("whose session address answers a sign-in page tells the developer so", async () => {
    const page = await Page.open({ html: withoutSession, edge: () => new Response("<h1>sign in</h1>") });
    equal((await page.element.submit()).status, "queued");
    const [{ code, message }] = page.heard("error") as unknown as [{ code: string; message: string }];
    equal(code, "storage_unavailable");
    ok(message.includes("session-here") && message.includes("200 without JSON"), message);
  });

  it("on a page that is cross-origin isolated", async () => {
    const page = await Page.open({
      edge: edge(),
      headers: {
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      },
    });
    equal((await page.element.submit()).status, "assigned");
  });

  it("with one byte changed is refused by its hash, and the loader says so after a second try", async () => {
    const page = await Page.open({
      html: `<staff-assign><b id="fallback">请联系店长</b></staff-assign>`,
      scripts: ["/built/staff-assign-loader.js"],
      before: (window) => {
        const { set } = Object.getOwnPropertyDescriptor(window.HTMLScriptElement.prototype, "src") as {
          set(value: string): void;
        };
        Object.defineProperty(window.HTMLScriptElement.prototype, "src", {
          configurable: true,
          get(this: HTMLScriptElement) {
            return new URL(this.getAttribute("src") ?? "", window.location.href).href;
          },
          set(value: string) {
            set.call(
              this,
              value.includes("staff-assign.js") ? `${value}${value.includes("?") ? "&" : "?"}tampered` : value,
            );
          },
        });
      },
    });
    await until(() => page.heard("error").length > 0, "the report");
    equal(
      page.heard("error").map((event) => [event.code, event.retryable]),
      [["network", true]],
    );
    equal(page.window.customElements.get("staff-assign"), undefined);
    equal(page.document.querySelectorAll('script[src*="tampered"]').length, 2);
    ok(
      (page.document.querySelector("#fallback") as HTMLElement).getBoundingClientRect().height > 0,
      "fallback visible",
    );
  });

  it("through the loader with the right hash", async () => {
    const page = await Page.open({ edge: edge(), scripts: ["/built/staff-assign-loader.js"] });
    await until(() => page.element.submit, "the definition");
    equal((await page.element.submit()).status, "assigned");
  });

  it("in a WebView that lacks custom elements: fallback children and `unsupported_browser`", async () => {
    const page = await Page.open({
      html: `<staff-assign><b id="fallback">请联系店长</b></staff-assign>`,
      scripts: ["/built/staff-assign-loader.js"],
      before: (window) => Object.defineProperty(window, "customElements", { value: undefined }),
    });
    equal(
      page.heard("error").map((event) => event.code),
      ["unsupported_browser"],
    );
    equal(page.errors, []);
    ok(
      (page.document.querySelector("#fallback") as HTMLElement).getBoundingClientRect().height > 0,
      "fallback visible",
    );
  });
});

describe("the element on a page", () => {
  afterEach(forgetTill);

  it("keeps attributes and properties that were set before it was defined; a property wins", async () => {
    const page = await Page.open({ scripts: [], edge: edge() });
    Object.assign(page.element, { guide: "early", guides: [{ id: "early", name: "早" }], auto: true });
    const tag = page.document.createElement("script");
    tag.src = script;
    page.document.body.append(tag);
    await until(() => page.sends.length === 1, "the send");
    equal(page.sends[0]?.body?.guide, { id: "early", name: "张三" });
  });

  it("draws and calls in later tasks than that of its definition, and loses nothing that is asked for meanwhile", async () => {
    const page = await Page.open({ scripts: [], edge: edge() });
    Object.assign(page.element, { guide: "early" });
    const tag = page.document.createElement("script");
    tag.src = script;
    const loaded = new Promise<{ drawn: number; calls: number; result: Promise<{ status: string }> }>((resolve) =>
      tag.addEventListener("load", () => {
        const [drawn, calls] = [page.root.querySelectorAll("div *").length, page.calls.length];
        page.element.focus();
        resolve({ drawn, calls, result: page.element.submit() });
      }),
    );
    page.document.body.append(tag);
    const { drawn, calls, result } = await loaded;
    equal([drawn, calls], [0, 0]);
    equal((await result).status, "assigned");
    equal(page.sends[0]?.body?.guide, { id: "early", name: "张三" });
  });

  it("focuses what is to be filled next, also when it was asked to before it was drawn", async () => {
    const page = await Page.open({ html: `<staff-assign></staff-assign>`, scripts: [] });
    const tag = page.document.createElement("script");
    tag.src = script;
    tag.addEventListener("load", () => page.element.focus());
    page.document.body.append(tag);
    await until(() => page.root?.activeElement?.id === "order", "the order field");
    page.element.order = "o1";
    page.element.focus();
    await until(() => page.root.activeElement?.id === "guide", "the guide field");
  });

  it("works detached, and used before its first rendering", async () => {
    const page = await Page.open({ html: "<p></p>", edge: edge() });
    const element = page.document.createElement("staff-assign") as never as typeof page.element;
    Object.assign(element, { endpoint, sessionUrl: "/session", order, guide: "g1" });
    equal((await element.submit()).status, "assigned");
  });

  it("renders again after every change of every reactive property, in the built file", async () => {
    const page = await Page.open({ edge: edge() });
    const values: Record<string, unknown> = {
      endpoint: "https://e2.test",
      channel: "tmall",
      order: "55",
      orderKind: "outer",
      guide: "9",
      guideMobile: "13800001111",
      guideName: "新",
      storeId: "7",
      operator: "provider",
      checkReason: "1",
      sessionUrl: "/s2",
      dpop: true,
      lang: "en",
      theme: "dark",
      scanner: "off",
      disabled: true,
      name: "n",
      compact: true,
      auto: false,
      remember: true,
      queueMaxAge: 5,
      guides: [],
      session: async () => ({}),
      strings: {},
      extension: {},
    };
    for (const [name, value] of Object.entries(values)) {
      const element = page.element as unknown as Record<string, unknown>;
      ok(!Object.hasOwn(page.element, name), `${name} is no own property`);
      element[name] = value;
      equal(typeof element[name] === "function" || element[name] === value, true, name);
    }
    await page.element.updateComplete;
    ok(page.find(".box").className.includes("tmall") && page.find(".box").className.includes("compact"), "rendered");
    ok(page.root.textContent?.includes("Assign"), "in English");
  });

  it("reads page-wide defaults, as own members only", async () => {
    const page = await Page.open({
      html: "<staff-assign></staff-assign>",
      edge: edge(),
      before: (window) => {
        Object.assign(window.Object.prototype, {
          guide: "polluted",
          timeoutMs: 0,
          merchant: "polluted",
          code: "polluted",
          storeId: "666",
          replaces: "polluted",
        });
        window.staffAssign = { defaults: { endpoint, sessionUrl: "/session", lang: "en" } };
      },
    });
    Object.assign(page.element, { order, guide: "g1" });
    equal((await page.element.submit({})).status, "assigned");
    equal(page.sends[0]?.body, { channel: "wechat", order, guide: { id: "g1" } });
    equal((page.window.staffAssign as { version: string }).version !== undefined, true);
  });

  it("is not heard by listeners for change, input, close, error or submit of the page", async () => {
    const page = await Page.open({
      html: `<form><staff-assign endpoint="${endpoint}" session-url="/session" guides='[{"id":"g1","name":"张三"}]'></staff-assign></form>`,
      edge: edge(),
    });
    const heard: string[] = [];
    for (const type of ["change", "close", "error", "submit", "load", "toggle", "select", "invalid"]) {
      page.document.addEventListener(type, () => heard.push(type));
    }
    const input = page.find<HTMLInputElement>("#order");
    input.focus();
    input.value = order;
    input.dispatchEvent(
      new page.window.InputEvent("input", { bubbles: true, composed: true, inputType: "insertFromPaste" }),
    );
    input.dispatchEvent(new page.window.KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true }));
    await page.element.updateComplete;
    page.element.guide = "g1";
    await page.element.submit();
    equal(heard, []);
  });

  it("takes part in forms: its value is the assignment, reset and disabled are honoured", async () => {
    if (aged) return; // before Chrome 77 there is no such thing
    const page = await Page.open({
      html: `<form><fieldset><staff-assign name="staff" endpoint="${endpoint}" session-url="/session" order="${order}" guide="g1"></staff-assign></fieldset></form>`,
      edge: edge(),
    });
    const form = page.document.querySelector("form") as HTMLFormElement;
    equal(new FormData(form).get("staff"), null);
    await page.element.submit();
    await page.state("done");
    equal(new FormData(form).get("staff"), "a1");
    ok(page.element.matches(":state(done)"), ":state()");
    form.reset();
    await page.state("idle");
    equal(
      [page.element.order, new FormData(form).get("staff")],
      [order, null],
      "what the page wrote into the attribute:",
    );
    ok(!page.element.matches(":state(done)"), "one state at a time");
    const input = page.find<HTMLInputElement>("#order");
    const isOff = async (fieldset: boolean) => {
      (form.firstElementChild as HTMLFieldSetElement).disabled = fieldset;
      await page.element.updateComplete;
      return [page.element.matches(":disabled"), input.disabled];
    };
    equal(
      [await isOff(true), await isOff(false)],
      [
        [true, true],
        [false, false],
      ],
    );
    page.element.disabled = true;
    equal(
      [await isOff(true), await isOff(false)],
      [
        [true, true],
        [true, true],
      ],
      "disabled by itself:",
    );
  });

  it("takes `theme`, `name` and `disabled` as properties, too: React and Vue set these", async () => {
    const page = await Page.open({
      html: `<form><staff-assign endpoint="${endpoint}" session-url="/session" order="${order}" guide="g1"></staff-assign></form>`,
      edge: edge(),
    });
    const element = page.element as unknown as Record<string, unknown>;
    Object.assign(element, { theme: "dark", name: "staff" });
    await page.element.updateComplete;
    equal(getComputedStyle(page.find(".box")).colorScheme, "dark");
    await page.element.submit();
    await page.state("done");
    const value = () => new FormData(page.document.querySelector("form") as HTMLFormElement).get("staff");
    if (!aged) equal(value(), "a1");
    element.disabled = true;
    equal([page.element.hasAttribute("disabled"), value()], [true, null]);
    Object.assign(element, { theme: undefined, name: null, disabled: false });
    equal(
      ["name", "disabled"].map((name) => page.element.hasAttribute(name)),
      [false, false],
    );
    await page.element.updateComplete;
    equal(getComputedStyle(page.find(".box")).colorScheme, "normal");
  });

  it("holds its size and colours against resets, a 62.5 % root, zoomed text and RTL", async () => {
    const plain = await Page.open({ edge: edge() });
    const { width, height } = plain.element.getBoundingClientRect();
    const page = await Page.open({
      edge: edge(),
      html: `<style>html{font-size:62.5%}*{margin:0!important;font:9px serif;line-height:1;color:red;box-sizing:content-box;text-transform:uppercase;letter-spacing:9px}
      body{direction:rtl;overflow:hidden;transform:translateZ(0)}</style><div><staff-assign endpoint="${endpoint}" session-url="/session" order="${order}" guide="g1" guide-name="张三"></staff-assign></div>`,
    });
    const rect = page.element.getBoundingClientRect();
    equal([Math.round(rect.width), Math.round(rect.height)], [Math.round(width), Math.round(height)]);
    const { fontSize, letterSpacing, textTransform } = getComputedStyle(page.find(".words"));
    equal([fontSize, letterSpacing, textTransform], ["14px", "normal", "none"]);
    equal(getComputedStyle(page.find(".box")).direction, "rtl");
    const avatar = page.find(".avatar").getBoundingClientRect();
    ok(avatar.left > page.find("#guide").getBoundingClientRect().left, "the avatar is on the right");
  });

  it("shows names with markup, direction marks, emoji or 1 KB as text, in the same height", async () => {
    const page = await Page.open({ edge: edge() });
    const { height } = page.element.getBoundingClientRect();
    for (const name of ["<img src=x onerror=alert(1)>", "\u202eabc", "👩‍🍳🧑🏿‍🍳", "很".repeat(1000)]) {
      page.element.guideName = name;
      await page.element.updateComplete;
      equal(page.root.querySelector("img"), null);
      equal(page.element.getBoundingClientRect().height, height, name.slice(0, 20));
      ok(page.find(".box").scrollWidth <= page.find(".box").clientWidth + 1, "no overflow");
    }
  });

  it("has no stale session after it came back from the back/forward cache", async () => {
    let tokens = 0;
    let passed = 0;
    const page = await Page.open({
      edge: (call) => (call.url === "/session" ? session({ token: `t${++tokens}` }) : json(200, assignment(call))),
      before: (window) => {
        const now = window.performance.now.bind(window.performance);
        window.performance.now = () => now() + passed;
      },
    });
    await until(() => tokens === 1, "a session");
    passed = 3_600_000;
    page.window.dispatchEvent(new page.window.PageTransitionEvent("pageshow", { persisted: true }));
    await page.element.submit();
    equal(
      page.sends.map(({ headers }) => headers.authorization),
      ["Bearer t2"],
    );
  });

  it("keeps several elements on one page apart", async () => {
    const html = ["o1", "o2", "o3"]
      .map(
        (id) => `<staff-assign endpoint="${endpoint}" session-url="/session" order="${id}" guide="g1"></staff-assign>`,
      )
      .join("");
    const page = await Page.open({
      html,
      edge: edge((call) => (call.body?.order === "o2" ? json(422, {}) : json(200, assignment(call)))),
    });
    const { elements } = page;
    await elements[0]?.submit();
    equal(
      elements.map(({ state }) => state),
      ["done", "idle", "idle"],
    );
    equal(page.calls.filter(({ url }) => url === "/session").length, 1);
  });

  it("assigns by itself with `auto`, once for each order and guide, and not while somebody types", async () => {
    const page = await Page.open({
      html: `<staff-assign auto endpoint="${endpoint}" session-url="/session"></staff-assign>`,
      edge: edge(),
    });
    page.element.guide = "g1";
    const input = page.find<HTMLInputElement>("#order");
    input.focus();
    input.value = "4200";
    input.dispatchEvent(new page.window.InputEvent("input", { bubbles: true, inputType: "insertText" }));
    await page.element.updateComplete;
    equal(page.sends.length, 0);
    page.element.order = "o1";
    await page.state("done");
    page.element.order = "o2";
    page.element.guide = "g1";
    await until(() => page.sends.length === 2, "the second");
    await page.state("done");
    equal(
      page.sends.map(({ body }) => body?.order),
      ["o1", "o2"],
    );
  });

  it("remembers a guide who was assigned before the session came", async () => {
    const html = `<staff-assign remember auto endpoint="${endpoint}" session-url="/session" order="o1" guide="g1" guide-name="张三"></staff-assign>`;
    const page = await Page.open({ html, edge: edge() });
    await page.state("done");
    page.close();
    const next = await Page.open({ html: html.replace(/ order.*三"/, ""), edge: edge() });
    await until(() => next.element.guide === "g1", "remembered");
  });

  it("keeps the guide for the next order, and over a reload, with `remember`; without it a choice is for one order", async () => {
    for (const [attribute, kept] of [
      ["remember", "g1"],
      ["", undefined],
    ] as const) {
      const html = `<staff-assign ${attribute} endpoint="${endpoint}" session-url="/session" guides='[{"id":"g1","name":"张三"}]'></staff-assign>`;
      const page = await Page.open({ html, edge: edge() });
      page.element.order = "o1";
      page.find("#guide").click();
      await page.element.updateComplete;
      page.find("[role=option]").click();
      await page.element.submit();
      page.element.order = "o2";
      await page.element.updateComplete;
      equal(page.element.guide, kept);
      closePages();
      if (attribute) {
        const next = await Page.open({ html, edge: edge() });
        await until(() => next.element.guide === "g1", "remembered");
      }
    }
  });
});
