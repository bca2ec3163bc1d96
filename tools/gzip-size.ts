import { gzipSync } from "node:zlib";

/** Bytes that go over the line; the measure of every size budget. */
export const gzipSize = (content: string | Uint8Array) => gzipSync(content, { level: 9 }).length;
