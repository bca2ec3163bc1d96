/**
 * Reads a body whose sender may lie about its length or never stop: bytes are counted as they arrive, and what is beyond
 * the cap is neither kept nor waited for. Time is the caller's to bound.
 */
const noBytes = new Uint8Array();

/**
 * @param body null where there is none, as of a 204
 * @returns undefined when there is more than the cap
 * @throws when the body ends before it is complete
 */
export async function readCapped(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  if (!body) return noBytes;
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      // Not awaited: a sender that never stops must not hold up the answer.
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    chunks.push(value);
  }
  const [only] = chunks;
  if (chunks.length === 1 && only) return only;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
