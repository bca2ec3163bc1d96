/**
 * Which upstream addresses may be called. The attacker is whoever can write one variable: a URL that reads like the
 * platform's but is not would hand them signed requests. So the parsed URL is compared with a fixed list, whole.
 */

/**
 * @returns the address in its canonical form, or undefined when it is neither on the list nor, in development, on
 * the loopback of this machine.
 */
export function allowedUpstream(
  address: string,
  allowed: readonly string[],
  environment: "production" | "development",
): string | undefined {
  const url = URL.parse(address);
  if (!url || url.username || url.password || url.search || url.hash) return undefined;
  const canonical = url.pathname === "/" ? url.origin : url.href;
  // What was written must be what is called: 0x7f000001 or an upper-case host would parse into something else.
  if (canonical !== address.replace(/\/$/, "")) return undefined;
  if (allowed.includes(canonical)) return canonical;
  const loopback = url.protocol === "http:" && (url.hostname === "127.0.0.1" || url.hostname === "localhost");
  return environment === "development" && loopback ? canonical : undefined;
}
