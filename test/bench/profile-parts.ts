/** Which part of the work a sample of the processor belongs to. Pure. */

/**
 * From the leaf of a stack towards its root the first function that one of these names decides: an allocation belongs to
 * whoever asked for it. The order settles what two of them name.
 */
const parts: readonly (readonly [part: string, names: RegExp])[] = [
  ["RSA", /^(bn_|BN_|__bn|mulx4x|RSA_|rsa_|bssl::.*(?:rsa|BN))/],
  [
    "garbage collection",
    /v8::internal::(?:Scaveng|MarkCompact|MinorGC|YoungGen|ConcurrentMark|Sweeper|ArrayBufferSweeper|Heap::(?:CollectGarbage|PerformGarbage|Scavenge))|cppgc::internal::(?:Sweep|Mark)/,
  ],
  [
    "compiling JavaScript",
    /v8::internal::(?:compiler|maglev|baseline|Compiler|interpreter::BytecodeGenerator|Turbo)|turboshaft/,
  ],
  ["SQLite and its commits", /sqlite|Sqlite|OutputGate/],
  [
    "call of the object (RPC)",
    /capnp|JsRpc|v8::internal::Value(?:Serializer|Deserializer)|jsg::(?:Serializer|Deserializer)|api::DurableObject|ActorChannel/,
  ],
  [
    "HTTP, in and out",
    /hyper|^<?http::|httparse|tokio|mio::|kj::.*Http|kj::http|kj::Url|ada::|jsg::Url|api::(?:Headers|Request|Response|Body|Url|URL|ReadableStream|Abort|ServiceWorkerGlobalScope::(?:fetch|request)|\(anonymous namespace\)::(?:fetch|getHeader))|tcp_|sock_|inet_|eventfd/,
  ],
  ["digests, MACs, encodings", /SHA|sha256|HMAC|Hmac|EVP_|Digest|BufferUtil|base64/],
  ["JSON", /Json/],
  ["log line", /console|vfprintf/],
  [
    "event loop, entering the isolate",
    /workerd::(?:IoContext|Worker|\(anonymous namespace\)::WorkerEntrypoint)|AsyncLock|jsg::Lock|kj::_::|kj::.*(?:Promise|EventLoop|EventPort)|kj::TaskSet|jsg::(?:Promise|OpaqueWrapp)|epoll/,
  ],
  // Compiled JavaScript has no symbol: it is what perf cannot name.
  ["JavaScript and its bindings", /^\[unknown\]$|Builtins_|v8::|workerd::jsg|cppgc/],
];

export const otherPart = "what cannot be told apart";

/** @param stack names of functions, the leaf first */
export function partOf(stack: readonly string[]): string {
  for (const name of stack) {
    const found = parts.find(([, names]) => names.test(name));
    if (found) return found[0];
  }
  return otherPart;
}

/** @param lines what `perf script -F ip,sym` prints: a line a frame, a blank one after each sample */
export async function countParts(lines: AsyncIterable<string>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let stack: string[] = [];
  const end = () => {
    if (stack.length === 0) return;
    const part = partOf(stack);
    counts.set(part, (counts.get(part) ?? 0) + 1);
    stack = [];
  };
  for await (const line of lines) {
    const [, name] = /^\s*[0-9a-f]+ (.+)$/.exec(line) ?? [];
    if (name === undefined) end();
    else stack.push(name);
  }
  end();
  return counts;
}
