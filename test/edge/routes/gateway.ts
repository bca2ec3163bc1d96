/** The routes alone, in this process: bindings of the test's own stand where the objects and the rate limiter would. */
import type { Body } from "../../support/calls.ts";
import { publicOrigin, variables } from "../access/support.ts";

/** Addressed by URL: its types are those of the runtime, which are not Node's. */
const { app }: { app: { fetch(request: Request, env: object, context: object): Promise<Response> } } = await import(
  new URL("../../../edge/routes/app.ts", import.meta.url).href
);

const tmall = { appKey: "12345678", appSecret: "s".repeat(32), session: "t".repeat(40) };
/** Keys that can be used, so that nothing about them is logged. */
export const usableMerchant = JSON.stringify({ tmall });
/** One merchant, `direct`, whom the partner of the access tests may act for. */
const oneMerchant = {
  ...Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith("MERCHANT_"))),
  MERCHANT_DIRECT: usableMerchant,
};

type Methods = Record<string, (...parameters: never[]) => unknown>;

export interface Bindings {
  /** the methods of every Ledger */
  ledger?: Methods;
  /** the methods of a Merchant object beside those that mint */
  merchant?: (alias: string) => Methods;
  /** whether the platform's limiter lets a call with this key pass; absent as on bare workerd */
  limiter?: (key: string) => boolean;
  variables?: Record<string, string | undefined>;
}

export interface Gateway {
  /** names of the objects that were reached, in order */
  reached: string[];
  /** keys that the limiter was asked about */
  limited: string[];
  call(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

export function gateway({ ledger = {}, merchant, limiter, variables: changed }: Bindings = {}): Gateway {
  const reached: string[] = [];
  const limited: string[] = [];
  const objects = (methodsOf: (name: string) => Methods) => ({
    getByName: (name: string) => {
      reached.push(name);
      return methodsOf(name);
    },
  });
  const env = {
    ...oneMerchant,
    ...changed,
    LEDGER: objects(() => ledger),
    MERCHANT: objects((alias) => ({ admitMint: async () => ({ ok: true, value: null }), ...merchant?.(alias) })),
    ...(limiter && {
      RATE_LIMIT: {
        limit: async ({ key }: { key: string }) => {
          limited.push(key);
          return { success: limiter(key) };
        },
      },
    }),
  };
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  return {
    reached,
    limited,
    call: async (method, path, headers = {}, body) => {
      const request = new Request(new URL(path, publicOrigin), {
        method,
        headers: { ...headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const response = await app.fetch(request, env, context);
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
    },
  };
}
