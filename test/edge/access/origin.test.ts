import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { checkOrigin, checkSessionOrigin, corsHeaders, preflight, refusedOrigin } from "../../../edge/access/origin.ts";
import { call, codeOf, configWith, fieldOf, posOrigin, publicOrigin } from "./support.ts";

const config = configWith();
const from = (origin: string) => call({ headers: { Origin: origin } });

describe("an origin", () => {
  test("of a partner is allowed, whichever partner", () => {
    assert.deepEqual(checkOrigin(from(posOrigin), config), { kind: "allowed", origin: posOrigin });
    assert.deepEqual(checkOrigin(from("https://other.example"), config), {
      kind: "allowed",
      origin: "https://other.example",
    });
  });
  test("that is missing is absent, which is not the same as refused", () => {
    assert.deepEqual(checkOrigin(call({}), config), { kind: "absent" });
  });

  const refused = [
    "null",
    "",
    "https://pos.example.evil.com",
    "https://evilpos.example",
    "https://evil.example/https://pos.example",
    "https://pos.example.",
    "https://pos.example:443",
    "https://pos.example:8443",
    "http://pos.example",
    "HTTPS://pos.example",
    "https://POS.example",
    "https://pos.example/",
    "https://pos.example?",
    "https://pos.example#",
    "https://pos.example@evil.com",
    "https://user@pos.example",
    "https://pos.example, https://pos.example",
    "https://pos.example https://pos.example",
    "https://pos.exam%70le",
    "https://xn--ps-jbc.example",
    "https://*.example",
    "*",
    "//pos.example",
    "pos.example",
    "file://",
  ];
  for (const origin of refused) {
    test(`"${origin}" is refused`, () => {
      assert.deepEqual(checkOrigin(from(origin), config), { kind: "refused" });
    });
  }

  test("sent twice is refused, even when both are allowed", () => {
    const request = from(posOrigin);
    request.headers.append("Origin", posOrigin);
    assert.deepEqual(checkOrigin(request, config), { kind: "refused" });
  });

  test("is refused whatever one edit to a registered one makes of it", () => {
    const printable = fc.integer({ min: 0x21, max: 0x7e }).map((unit) => String.fromCharCode(unit));
    fc.assert(
      fc.property(fc.nat(posOrigin.length), fc.nat(1), printable, (at, removed, inserted) => {
        const edited = posOrigin.slice(0, at) + inserted + posOrigin.slice(at + removed);
        fc.pre(edited !== posOrigin);
        assert.deepEqual(checkOrigin(from(edited), config), { kind: "refused" });
      }),
    );
  });
});

describe("the session's origin", () => {
  const check = (method: string, headers: Record<string, string>, sessionOrigin: string | undefined) =>
    codeOf(checkSessionOrigin(call({ method, headers }), config, sessionOrigin));

  test("passes from its page only, even against another origin of the same partner", () => {
    assert.equal(check("POST", { Origin: posOrigin }, posOrigin), "ok");
    assert.equal(check("POST", { Origin: publicOrigin }, posOrigin), "origin_refused");
  });
  test("absent from the session: a backend passes, a page that holds it does not", () => {
    assert.equal(check("POST", {}, undefined), "ok");
    assert.equal(check("POST", { Origin: posOrigin }, undefined), "origin_refused");
    assert.equal(check("GET", { Origin: posOrigin }, undefined), "origin_refused");
  });
  for (const method of ["GET", "HEAD"]) {
    test(`${method} without Origin passes for a page of the edge's own origin, and no other`, () => {
      assert.equal(check(method, {}, publicOrigin), "ok");
      assert.equal(check(method, {}, posOrigin), "origin_refused");
    });
  }
  for (const method of ["POST", "PATCH", "DELETE"]) {
    test(`${method} without Origin is refused for every page`, () => {
      assert.equal(check(method, {}, publicOrigin), "origin_refused");
      assert.equal(check(method, {}, posOrigin), "origin_refused");
    });
  }
  test("without PUBLIC_ORIGIN, only development takes the request's own origin for it", () => {
    const development = configWith({ ENVIRONMENT: "development", PUBLIC_ORIGIN: "" });
    const production = configWith({ PUBLIC_ORIGIN: "" });
    const get = call({ method: "GET" });
    assert.equal(codeOf(checkSessionOrigin(get, development, publicOrigin)), "ok");
    assert.equal(codeOf(checkSessionOrigin(get, development, posOrigin)), "origin_refused");
    assert.equal(codeOf(checkSessionOrigin(get, production, publicOrigin)), "origin_refused");
  });
});

describe("preflight", () => {
  const ask = (headers: Record<string, string>) =>
    preflight(call({ method: "OPTIONS", headers: { Origin: posOrigin, ...headers } }), config);

  test("of a call that the element makes is answered with fixed lists", () => {
    const granted = ask({
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "authorization,content-type,dpop,idempotency-key,x-request-id",
    });
    assert.deepEqual(granted, {
      "Access-Control-Allow-Origin": posOrigin,
      "Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH",
      "Access-Control-Allow-Headers": "authorization, content-type, dpop, idempotency-key, x-request-id",
      "Access-Control-Max-Age": "7200",
    });
  });
  test("without extra headers, or with names in any case, is answered the same", () => {
    assert.ok(ask({ "Access-Control-Request-Method": "GET" }));
    const mixed = { "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "DPoP, Content-Type" };
    assert.ok(ask(mixed));
  });

  const refused: [string, Record<string, string>][] = [
    ["an origin that is not registered", { Origin: "https://evil.example", "Access-Control-Request-Method": "POST" }],
    ["the origin null", { Origin: "null", "Access-Control-Request-Method": "POST" }],
    ["no method", {}],
    ["an odd method", { "Access-Control-Request-Method": "TRACE" }],
    ["a method of backends", { "Access-Control-Request-Method": "DELETE" }],
    ["a method in lower case", { "Access-Control-Request-Method": "patch" }],
    [
      "an odd header",
      { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type, x-evil" },
    ],
    [
      "a header of backends",
      { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "staff-assign-merchant" },
    ],
    [
      "a trace that a page's instrumentation adds",
      { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,traceparent" },
    ],
  ];
  for (const [name, headers] of refused) {
    test(`of ${name} is refused`, () => {
      assert.equal(ask(headers), undefined);
    });
  }
  test("without Origin is refused", () => {
    const request = call({ method: "OPTIONS", headers: { "Access-Control-Request-Method": "POST" } });
    assert.equal(preflight(request, config), undefined);
  });
});

test("answers allow one origin, no credentials, and expose what the element reads", () => {
  assert.deepEqual(corsHeaders(posOrigin), {
    "Access-Control-Allow-Origin": posOrigin,
    "Access-Control-Expose-Headers": "X-Request-Id, Location, Retry-After, Server-Timing",
    "Timing-Allow-Origin": posOrigin,
    Vary: "Origin",
  });
});

test("a refusal names the member of the body that named the origin, and no member where none did", () => {
  assert.equal(fieldOf(refusedOrigin("origin")), "origin");
  const bare = refusedOrigin();
  assert.ok(!bare.ok);
  assert.equal("field" in bare.failure, false);
});
