/** The edge on bare workerd beside a platform of the test's own, with what most of the trust suites need. */
import { createHash, randomBytes } from "node:crypto";
import { type Body, backendHeaders, call, subMchid } from "../../support/calls.ts";
import { createDevEnvironment, type DevEnvironment } from "../../support/dev-environment.ts";
import { edgeOrigin } from "../../support/edge.ts";
import { accepting, type PlatformKey, platformKeyOf } from "../../support/platform.ts";
import { startUpstream, type UpstreamServer } from "../../support/upstream.ts";
import { startWorkerd, stateDirectory, type Workerd } from "../../support/workerd.ts";

export type Variables = Record<string, string>;

export interface Trust {
  readonly environment: DevEnvironment;
  readonly upstream: UpstreamServer;
  readonly key: PlatformKey;
  readonly directKey: PlatformKey;
  /** directory of the objects' files */
  readonly state: string;
  edge: Workerd;
  /** Headers of the partner `pos`' backend. */
  readonly backend: Record<string, string>;
  /** Kills the process and starts it over the same files, with other variables. */
  restart(change: (variables: Variables) => Variables): Promise<void>;
  close(): Promise<void>;
}

export async function startTrust(change: (variables: Variables) => Variables = (same) => same): Promise<Trust> {
  const upstream = await startUpstream();
  const environment = await createDevEnvironment({ edgeOrigin, sandboxOrigin: upstream.origin });
  const key = platformKeyOf(environment);
  const directory = await stateDirectory();
  upstream.answerWith(accepting(key));
  const trust: Trust = {
    environment,
    upstream,
    key,
    directKey: platformKeyOf(environment, "DIRECT"),
    state: directory.path,
    edge: await startWorkerd(directory.path, change(environment.edge)),
    backend: backendHeaders(environment.partnerApiKey),
    restart: async (again) => {
      await trust.edge.kill();
      trust.edge = await startWorkerd(directory.path, again(change(environment.edge)));
    },
    close: async () => {
      await trust.edge.kill();
      await upstream.close();
      await directory.remove();
    },
  };
  return trust;
}

/** A partner's variable changed, say with limits or keys of its own. */
export function partnerWith(variable: string | undefined, more: object): string {
  return JSON.stringify({ ...(JSON.parse(variable ?? "{}") as object), ...more });
}

/** A further partner that may act for `demo`, with its API key. */
export function newPartner(id: string, more: object = {}): { variable: Variables; apiKey: string } {
  const apiKey = `sk_${id}_${randomBytes(24).toString("base64url")}`;
  const apiKeySha256 = [createHash("sha256").update(apiKey).digest("hex")];
  const record = {
    apiKeySha256,
    origins: [`https://${id}.example`],
    merchants: { demo: { subMchids: [subMchid] } },
    ...more,
  };
  return { variable: { [`PARTNER_${id.toUpperCase()}`]: JSON.stringify(record) }, apiKey };
}

export interface Session {
  id: string;
  token: string;
  headers: Record<string, string>;
}

/** @param request beyond the merchant `demo` and its first sub-merchant; `origin` and `jkt` decide the headers */
export async function mint(
  trust: Trust,
  apiKey: string,
  request: { origin?: string; [member: string]: unknown } = {},
): Promise<Session> {
  const body = { merchant: "demo", ...(!("merchant" in request) && { subMchid }), ...request };
  const answer = await call(trust.edge, "POST", "/v1/sessions", { Authorization: `Bearer ${apiKey}` }, body);
  const { id, token, tokenType }: Body = answer.body;
  if (id === undefined || token === undefined) throw new Error(`no session: ${JSON.stringify(answer.body)}`);
  const { origin } = request;
  return {
    id,
    token,
    headers: { Authorization: `${tokenType} ${token}`, ...(origin !== undefined && { Origin: origin }) },
  };
}
