/**
 * Under which name the coarse rate limit counts a client. Only `Cf-Connecting-IP` is read: Cloudflare sets it and lets
 * nobody else; `X-Forwarded-For` is whatever the client says. Where nothing in front sets it, there is no coarse limit.
 */

/** An IPv6 customer has a whole /64, so each of its addresses must not be a budget of its own. */
const groupsOfPrefix = 4;

/** @returns undefined for anything that is no address */
export function clientAddress(headers: Headers): string | undefined {
  const address = headers.get("Cf-Connecting-IP")?.trim();
  if (address === undefined) return undefined;
  const mapped = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address);
  if (mapped) return mapped[1];
  if (!/^[0-9a-f:.]+$/i.test(address)) return undefined;
  const url = URL.parse(`http://[${address}]/`);
  return url ? expand(url.hostname.slice(1, -1)).slice(0, groupsOfPrefix).join(":") : undefined;
}

/** The URL parser has made the address canonical; only `::` is left to fill. */
function expand(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  if (tail === undefined) return left;
  const right = tail === "" ? [] : tail.split(":");
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
}
