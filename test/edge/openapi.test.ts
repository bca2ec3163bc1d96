/** The API description that the Worker serves is valid, complete, and true of what the Worker answers. */
import assert from "node:assert/strict";
import { constants, publicEncrypt, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openApiDocument } from "../../tools/openapi.ts";
import {
  type Answer,
  backendHeaders,
  newOrder,
  ownConnection,
  pageHeaders,
  posOrigin,
  subMchid,
  wechat,
} from "../support/calls.ts";
import { type Edge, startEdge, type Upstream } from "../support/edge.ts";
import { type Described, Description, methods } from "../support/openapi.ts";
import { platformKeyOf, signatureHeaders, signed204, signedError, unsigned204 } from "../support/platform.ts";

const packageJson = new URL("../../package.json", import.meta.url);
const { version } = JSON.parse(await readFile(packageJson, "utf8")) as { version: string };

/** A guide that the platform never answers for in a way that proves anything. */
const unprovable = "UNPROVABLE";
/** A guide that the platform does not know. */
const unknownGuide = "UNKNOWN";

let edge: Edge;
let described: Description;
let backend: Record<string, string>;
let operator: Record<string, string>;
/** Asked for first: it takes the edge's eight seconds to answer 202. */
let unproved: Promise<Response>;

before(async () => {
  edge = await startEdge();
  edge.answerWith(platforms());
  backend = backendHeaders(edge.environment.partnerApiKey);
  operator = { Authorization: `Bearer ${edge.environment.operatorKey}` };
  // Read at once: a body that nobody reads for so long is thrown away.
  unproved = send("POST", "/v1/assignments", backend, wechat(newOrder(), unprovable)).then(
    async (answer) => new Response(await answer.text(), answer),
  );
  described = new Description((await (await edge.fetch("/v1/openapi.json")).json()) as Described);
});
after(() => edge.close());

/** Both platforms on a good day, but for the two guides above. */
function platforms(): Upstream {
  const key = platformKeyOf(edge.environment);
  const stand = JSON.parse(edge.environment.sandbox.WECHAT_MERCHANT_DEMO ?? "null") as { certificate: string };
  const { publicKey } = new X509Certificate(stand.certificate);
  const encrypted = (text: string) =>
    publicEncrypt(
      { key: publicKey, oaepHash: "sha1", padding: constants.RSA_PKCS1_OAEP_PADDING },
      Buffer.from(text),
    ).toString("base64");
  const signedJson = (value: object) => {
    const body = JSON.stringify(value);
    return new Response(body, { headers: { ...signatureHeaders(key, body), "Content-Type": "application/json" } });
  };
  const person = { name: encrypted("张三"), mobile: encrypted("13900000000") };
  const guide = { guide_id: "G1", store_id: 1234, ...person, userid: "robert", work_id: "007" };
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/router/rest") return topAnswer(await request.text());
    if (pathname.includes(unprovable)) return unsigned204();
    if (pathname.includes(unknownGuide)) return signedError(key, 404, "RESOURCE_NOT_EXISTS", "服务人员不存在");
    if (request.method === "GET") return signedJson({ data: [guide], total_count: 1, limit: 10, offset: 0 });
    return pathname === "/v3/smartguide/guides" ? signedJson({ guide_id: "G2" }) : signed204(key);
  };
}

function topAnswer(form: string): Response {
  const method = new URLSearchParams(form).get("method") ?? "";
  const worker = { worker_id: 1234567, worker_mobile: "132****8901", worker_name: "张*" };
  const cards = { workcard_d_t_o: [{ id: 2345678, status_code: "3", service_provider: worker }] };
  const result = method.endsWith(".query")
    ? { success: true, result_data: { total_count: 1, data_list: cards } }
    : { success: true };
  return Response.json({ [`${method.replaceAll(".", "_")}_response`]: { result, request_id: "req1" } });
}

const send = (method: string, url: string, headers: Record<string, string> = {}, body?: unknown): Promise<Response> =>
  edge.fetch(url, {
    method,
    headers: { ...headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });

type Body = Answer["body"];

/** Sends, and holds the answer to the description. */
async function answered(
  status: number,
  method: string,
  path: string,
  { url = path, headers = backend, body }: { url?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Body> {
  const answer = await send(method, url, headers, body);
  assert.equal(answer.status, status, `${method} ${url} → ${answer.status} ${await answer.clone().text()}`);
  return ((await described.read(method, path, answer)) ?? {}) as Body;
}

describe("the description", () => {
  test("is valid OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone({ ...described.document }));
    assert.ok(valid, JSON.stringify(errors, null, 2));
    assert.match(described.document.openapi, /^3\.1\./);
  });

  test("is served as this version of the project describes itself", () => {
    assert.deepEqual(described.document, JSON.parse(JSON.stringify(openApiDocument(version))));
    assert.equal(described.document.info.version, version);
  });

  test("has references that lead somewhere, components that are used, and operation ids that differ", () => {
    const text = JSON.stringify(described.document);
    const used = new Set([...text.matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, name]) => name));
    const { securitySchemes, ...components } = described.document.components;
    const kept = Object.entries(components).flatMap(([kind, all]) => Object.keys(all).map((name) => `${kind}/${name}`));
    assert.deepEqual([...used].sort(), kept.sort());
    for (const name of Object.keys(securitySchemes ?? {})) assert.ok(text.includes(`"${name}":[`), name);
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  test("shows examples that fit their schemas", () => {
    assert.deepEqual(described.wrongExamples(), []);
  });
});

/** Every operation of the Worker, with a call that it answers, and how. */
const served: [operation: string, status: number, call: () => Parameters<typeof answered>[3] | Promise<object>][] = [
  ["DELETE /v1/sessions/{id}", 204, async () => ({ url: `/v1/sessions/${(await minted()).id}` })],
  [
    "DELETE /v1/operator/merchants/{alias}/tmall-bans",
    204,
    () => ({ url: "/v1/operator/merchants/demo/tmall-bans", headers: operator }),
  ],
  ["GET /healthz", 200, () => ({ headers: {} })],
  ["GET /readyz", 200, () => ({ headers: {} })],
  ["GET /v1/assignments", 200, () => ({ url: "/v1/assignments?channel=wechat&limit=2" })],
  ["GET /v1/assignments/{id}", 200, async () => ({ url: `/v1/assignments/${(await assigned()).id}` })],
  ["GET /v1/guides", 200, () => ({ url: "/v1/guides?storeId=1234" })],
  ["GET /v1/openapi.json", 200, () => ({ headers: {} })],
  [
    "GET /v1/operator/audit",
    200,
    () => ({ url: `/v1/operator/audit?merchant=demo&subMchid=${subMchid}`, headers: operator }),
  ],
  ["GET /v1/operator/merchants", 200, () => ({ headers: operator })],
  ["GET /v1/orders/{order}", 200, () => ({ url: "/v1/orders/2345678?channel=tmall" })],
  ["GET /v{version}/{file}", 200, () => ({ url: `/v${version}/integrity.json`, headers: {} })],
  ["PATCH /v1/guides/{id}", 204, () => ({ url: "/v1/guides/G1", body: { mobile: "13900000001" } })],
  ["POST /v1/assignments", 200, () => ({ body: wechat(newOrder(), "G1") })],
  ["POST /v1/guides", 201, () => ({ body: exampleOf("POST", "/v1/guides") })],
  ["POST /v1/guides/search", 200, () => ({ body: exampleOf("POST", "/v1/guides/search") })],
  ["POST /v1/sessions", 201, () => ({ body: { merchant: "demo", subMchid, origin: posOrigin } })],
  [
    "PUT /v1/operator/merchants/{alias}/tmall-session",
    200,
    () => ({
      url: "/v1/operator/merchants/demo/tmall-session",
      headers: operator,
      body: { session: "6100another", sessionExpiresAt: new Date(Date.now() + 86_400_000).toISOString() },
    }),
  ],
];

const minted = () => answered(201, "POST", "/v1/sessions", { body: { merchant: "demo", subMchid, storeId: "1234" } });
const assigned = () => answered(200, "POST", "/v1/assignments", { body: wechat(newOrder(), "G1") });
const exampleOf = (method: string, path: string) => described.requestExamples(method, path)[0]?.[1];
/** A path with something in place of its parameters. */
const anyOf = (path: string) =>
  path
    .replace("{version}", version)
    .replace("{file}", "integrity.json")
    .replace(/\{\w+\}/g, "1");

describe("every operation that the Worker serves is described, and no other", () => {
  test("paths and methods are the same", () => {
    assert.deepEqual(described.operations(), served.map(([operation]) => operation).sort());
  });

  for (const [operation, status, call] of served) {
    const [method = "", path = ""] = operation.split(" ");
    test(`${operation} answers ${status} as described`, async () => {
      await answered(status, method, path, await call());
    });
    test(`methods beside ${operation} that are not described answer 405`, async () => {
      const item = described.document.paths[path] ?? {};
      for (const other of methods.filter((name) => !(name in item))) {
        const answer = await send(other.toUpperCase(), anyOf(path), path.includes("operator") ? operator : {});
        const { code } = (await answer.json()) as Body;
        assert.deepEqual([answer.status, code], [405, "method_not_allowed"], other);
        assert.ok(answer.headers.get("allow")?.split(", ").includes(method), other);
      }
    });
  }
});

describe("answers beside the usual one are as described", () => {
  const post = "/v1/assignments";

  test("a session that is bound to a store and a key", async () => {
    const jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    const session = await answered(201, "POST", "/v1/sessions", { body: { merchant: "direct", storeId: "1234", jkt } });
    assert.equal(session.tokenType, "DPoP");
  });
  test("Tmall assignments, one that was before, one that is replaced", async () => {
    for (const [name, body] of described.requestExamples("POST", post)) {
      if (name.startsWith("tmall")) await answered(200, "POST", post, { body });
    }
    const order = newOrder();
    const { id } = await answered(200, "POST", post, { body: wechat(order, "G1") });
    assert.equal((await answered(200, "POST", post, { body: wechat(order, "G1") })).replayed, true);
    await answered(200, "POST", post, { body: wechat(order, "G2", { replaces: id }) });
    const old = await answered(200, "GET", "/v1/assignments/{id}", { url: `/v1/assignments/${id}` });
    assert.equal(old.status, "superseded");
  });
  test("409 with who holds the order, within a partner and across partners", async () => {
    const order = newOrder();
    await answered(200, "POST", post, { body: wechat(order, "G1") });
    const own = await answered(409, "POST", post, { body: wechat(order, "G2") });
    assert.equal(own.current?.guide?.id, "G1");
    const headers = backendHeaders(edge.environment.kioskApiKey);
    const foreign = await answered(409, "POST", post, { headers, body: wechat(order, "G2") });
    assert.deepEqual([foreign.current?.id, foreign.current?.guide], [undefined, undefined]);
  });
  test("422 for a refusal of the platform, which the history keeps with its problem", async () => {
    const order = newOrder();
    assert.equal((await answered(422, "POST", post, { body: wechat(order, unknownGuide) })).code, "upstream_rejected");
    const { data } = await answered(200, "GET", post, { url: `/v1/assignments?order=${order}&status=failed` });
    assert.equal(data?.[0]?.problem?.code, "upstream_rejected");
    await answered(422, "PATCH", "/v1/guides/{id}", { url: `/v1/guides/${unknownGuide}`, body: { name: "李四" } });
  });
  test("422 for an idempotency key that was used for something else", async () => {
    const headers = { ...backend, "Idempotency-Key": newOrder() };
    await answered(200, "POST", post, { headers, body: wechat(newOrder(), "G1") });
    const other = await answered(422, "POST", post, { headers, body: wechat(newOrder(), "G1") });
    assert.equal(other.code, "idempotency_key_reused");
  });
  test("400, 413 and 415 for bodies, 401 and 403 for callers, 404 for what is not there", async () => {
    await answered(400, "POST", post, { body: wechat("", "G1") });
    const large = JSON.stringify({ a: "x".repeat(65_536) });
    await answered(413, "POST", post, { headers: { ...backend, ...ownConnection }, body: large });
    await answered(415, "POST", post, { headers: { ...backend, "Content-Encoding": "gzip" }, body: {} });
    await answered(401, "POST", post, { headers: {}, body: {} });
    await answered(403, "POST", post, { headers: { ...backend, Origin: "https://evil.example" }, body: {} });
    const page = await pageHeaders(edge, edge.environment.partnerApiKey);
    await answered(403, "GET", "/v1/orders/{order}", { url: "/v1/orders/1?channel=tmall", headers: page });
    await answered(404, "GET", "/v1/assignments/{id}", { url: "/v1/assignments/none" });
    await answered(404, "DELETE", "/v1/sessions/{id}", { url: `/v1/sessions/nobody~-~${"a".repeat(24)}` });
    await answered(404, "GET", "/v1/operator/audit", { url: "/v1/operator/audit?merchant=none", headers: operator });
    await answered(401, "GET", "/v1/operator/merchants", { headers: backend });
    await answered(404, "GET", "/v{version}/{file}", { url: "/v0.0.0/staff-assign.js", headers: {} });
  });
  test("400 for a session to revoke whose tenant is named wrongly, 403 for one of a merchant that is not granted", async () => {
    const url = "/v1/sessions/signed-by-the-partner";
    const headers = { ...backend, "Staff-Assign-Sub-Mchid": "../1900000109" };
    const wrong = await answered(400, "DELETE", "/v1/sessions/{id}", { url, headers });
    assert.equal(wrong.field, "Staff-Assign-Sub-Mchid");
    await answered(204, "DELETE", "/v1/sessions/{id}", { url });
    await answered(403, "POST", "/v1/sessions", { body: { merchant: "nobody", subMchid } });
  });
  test("202 with Location and Retry-After for what is not proved in time", async () => {
    const answer = await unproved;
    assert.equal(answer.status, 202);
    const { id, status } = (await described.read("POST", post, answer)) as Body;
    assert.equal(status, "pending");
    assert.equal(answer.headers.get("location"), `/v1/assignments/${id}`);
  });
});

describe("what the description says of requests is what the Worker does", () => {
  test("every request example is taken", async () => {
    const calls = described.operations().map((operation) => operation.split(" ") as [string, string]);
    for (const [method, path] of calls) {
      for (const [name, body] of described.requestExamples(method, path)) {
        const headers = path.includes("operator") ? operator : backend;
        const answer = await send(method, path.replace("{alias}", "demo").replace("{id}", "G1"), headers, body);
        assert.notEqual(answer.status, 400, `${path} ${name}: ${await answer.text()}`);
      }
    }
  });

  const guide = { id: "1234567" };
  const bodies: [name: string, path: string, body: unknown][] = [
    ["no channel", "/v1/assignments", { order: "A", guide: { id: "G" } }],
    ["an order of 33 characters", "/v1/assignments", wechat("A".repeat(33), "G1")],
    ["a member that is unknown", "/v1/assignments", { ...wechat("A", "G1"), note: "" }],
    ["a Tmall order as a number", "/v1/assignments", { channel: "tmall", order: 2345678, guide }],
    ["a Tmall guide of nothing", "/v1/assignments", { channel: "tmall", order: "1", guide: {} }],
    [
      "a Tmall guide of two",
      "/v1/assignments",
      { channel: "tmall", order: "1", guide: { ...guide, mobile: "13900000000" } },
    ],
    ["a store that is not named", "/v1/assignments", { channel: "tmall", order: "1", guide, operator: "store" }],
    ["an extension of numbers", "/v1/assignments", { channel: "tmall", order: "1", guide, extension: { a: 1 } }],
    ["a session that lives too long", "/v1/sessions", { merchant: "demo", subMchid, expiresIn: 3601 }],
    ["a guide without mobile", "/v1/guides/search", { storeId: "1234" }],
    ["an array", "/v1/guides", []],
  ];
  for (const [name, path, body] of bodies) {
    test(`${name} is refused by both`, async () => {
      assert.equal(described.takes("POST", path, body), false);
      await answered(400, "POST", path, { body });
    });
  }

  for (const [path, query] of [
    ["/v1/assignments", "?"],
    ["/v1/guides", "?storeId=1234&"],
    ["/v1/operator/audit", `?merchant=demo&subMchid=${subMchid}&`],
  ] as const) {
    test(`numbers in the query of ${path} end where both say`, async () => {
      const headers = path.includes("operator") ? operator : backend;
      const bounded = described.queryParameters("GET", path).filter(({ schema }) => schema.maximum !== undefined);
      assert.ok(bounded.length > 0);
      for (const { name, schema } of bounded) {
        const { minimum = 0, maximum = 0 } = schema;
        const ask = (value: number) => send("GET", `${path}${query}${name}=${value}`, headers);
        const statuses = await Promise.all([minimum - 1, minimum, maximum, maximum + 1].map(ask));
        assert.deepEqual(
          statuses.map(({ status }) => status),
          [400, 200, 200, 400],
          name,
        );
      }
    });
  }
});
