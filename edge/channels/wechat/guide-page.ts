/**
 * Reads the answer of the guide query. Only what is returned is decrypted: a decryption costs half a millisecond, and
 * no mobile ever is.
 */
import type { Guide, GuidePage } from "../../../shared/contract.ts";
import { isObject } from "../../is-object.ts";
import { decryptField } from "./sensitive-fields.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Whole numbers beyond 2^53 would be rounded by a plain parse: they are kept as their digits. */
function parseLosslessly(body: Uint8Array): unknown {
  const keepDigits = (_name: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && context?.source !== undefined ? context.source : value;
  try {
    return JSON.parse(utf8.decode(body), keepDigits);
  } catch {
    return undefined;
  }
}

interface Row {
  guide_id: string;
  store_id: string;
  name: string;
  userid?: string;
  work_id?: string;
}

/** @returns undefined when the answer is not of the documented form, or holds a name that is not for this merchant */
export async function readGuidePage(
  body: Uint8Array,
  decryptKey: CryptoKey,
  asked: { limit: number; offset: number },
): Promise<GuidePage | undefined> {
  const json = parseLosslessly(body);
  if (!isObject(json)) return undefined;
  // A store without guides may come without the list.
  const rows = json.data ?? [];
  if (!Array.isArray(rows) || !rows.every(isRow)) return undefined;
  const guides = await Promise.all(rows.map((row) => readGuide(row, decryptKey)));
  if (!guides.every((guide) => guide !== undefined)) return undefined;
  return {
    data: guides,
    total: countOf(json.total_count) ?? asked.offset + guides.length,
    limit: countOf(json.limit) ?? asked.limit,
    offset: countOf(json.offset) ?? asked.offset,
  };
}

async function readGuide(row: Row, decryptKey: CryptoKey): Promise<Guide | undefined> {
  const name = await decryptField(decryptKey, row.name);
  if (name === undefined) return undefined;
  return {
    id: row.guide_id,
    storeId: row.store_id,
    name,
    ...(row.userid !== undefined && { userId: row.userid }),
    ...(row.work_id !== undefined && { workId: row.work_id }),
  };
}

const isTextOrAbsent = (value: unknown) => value === undefined || typeof value === "string";

const isRow = (value: unknown): value is Row =>
  isObject(value) &&
  typeof value.guide_id === "string" &&
  typeof value.store_id === "string" &&
  typeof value.name === "string" &&
  isTextOrAbsent(value.userid) &&
  isTextOrAbsent(value.work_id);

const countOf = (value: unknown) =>
  typeof value === "string" && /^[0-9]{1,9}$/.test(value) ? Number(value) : undefined;
