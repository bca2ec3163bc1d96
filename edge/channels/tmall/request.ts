/** The form of one TOP call. Everything travels in the body: session and sign stay out of every URL log. */
import type { TmallCredentials } from "./credentials.ts";
import { canonicalString, signedEntries, topTimestamp } from "./signing.ts";

export type BusinessParameters = Readonly<Record<string, string | undefined>>;

/** The protocol's own parameters: nobody but this file sets them. */
const protocolParameters = new Set([
  "app_key",
  "format",
  "method",
  "partner_id",
  "session",
  "sign",
  "sign_method",
  "simplify",
  "target_app_key",
  "timestamp",
  "v",
]);

/**
 * @param business parameters of the API; one that names a protocol parameter is a mistake of ours
 * @param timeMs epoch milliseconds, already corrected by the platform's clock
 * @returns `application/x-www-form-urlencoded`, signed over exactly what it holds
 */
export async function signedForm(
  credentials: Pick<TmallCredentials, "appKey" | "signMethod" | "sign">,
  api: string,
  business: BusinessParameters,
  session: string,
  timeMs: number,
): Promise<string> {
  for (const name of Object.keys(business)) {
    if (protocolParameters.has(name)) throw new TypeError(`${name} is not a parameter of an API`);
  }
  const entries = signedEntries({
    ...business,
    method: api,
    app_key: credentials.appKey,
    session,
    timestamp: topTimestamp(timeMs),
    format: "json",
    v: "2.0",
    sign_method: credentials.signMethod,
  });
  const form = new URLSearchParams(entries);
  form.append("sign", await credentials.sign(canonicalString(entries)));
  return form.toString();
}
