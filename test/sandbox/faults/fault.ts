/**
 * What can be made to go wrong, and how a request asks for it. A fault is picked by a magic value in the request (an
 * order, guide or worker whose id carries a marker) or by one that was queued through the control API.
 */

export type Channel = "wechat" | "tmall";

export interface Fault {
  name: string;
  /** three digits, for ids that may hold digits only */
  number: string;
  /** `before`: the operation is not carried out. `after`: it is, and only the answer goes wrong. */
  stage: "before" | "after";
  effect: Effect;
}

export type Effect =
  | { kind: "transport"; how: TransportFault }
  | { kind: "signature"; how: SignatureFault }
  | { kind: "answer"; status: number; contentType: string; body: string; headers?: Record<string, string> }
  | { kind: "wechat-error"; status: number; code: string; message: string; internalCode: string; signed: boolean }
  | { kind: "top-error"; code: number; msg: string; subCode?: string; subMsg?: string }
  | { kind: "top-result"; success: unknown; msgCode: string; message: string; displayMsg?: string }
  | { kind: "top-body"; how: TopBodyFault }
  | { kind: "taken" };

/** What a network, a gateway or a middlebox does to an answer. */
export type TransportFault = "slow" | "hang" | "reset" | "truncate" | "trickle" | "huge" | "bad-gzip" | "bom";

/** What is wrong with the signature of an answer of WeChat Pay. */
export type SignatureFault =
  | "unsigned"
  | "wrong"
  | "signtest"
  | "stale"
  | "early"
  | "garbled"
  | "other-body"
  | "other-nonce"
  | "unknown-serial"
  | "unknown-public-key"
  | "no-timestamp"
  | "no-nonce"
  | "no-serial"
  | "no-signature";

/** What is wrong with the text of an answer of TOP. */
export type TopBodyFault = "xml" | "simplified" | "control-characters" | "trailing-comment" | "no-result" | "cut";

export interface Marker {
  /** name or number of the fault */
  fault: string;
  /** how often it strikes for this very id; undefined: always */
  times: number | undefined;
}

const textMarker = /^SBX([1-9]?)-([A-Z0-9_]+)(?:-|$)/;
/** 99, three digits for the fault, one for the times (0: always), and at least three of one's own. */
const digitMarker = /^99([0-9]{3})([0-9])[0-9]{3,13}$/;

/** @returns what an id asks for, or undefined for an ordinary id */
export function readMarker(id: string): Marker | undefined {
  const match = textMarker.exec(id);
  if (match) return { fault: match[2] ?? "", times: match[1] ? Number(match[1]) : undefined };
  const digits = digitMarker.exec(id);
  if (digits) return { fault: digits[1] ?? "", times: digits[2] === "0" ? undefined : Number(digits[2]) };
  return undefined;
}

/** A marker that means nothing is a mistake of whoever wrote it: it is told, not ignored. */
const unknownFault = (name: string): Fault => ({
  name,
  number: "",
  stage: "before",
  effect: {
    kind: "answer",
    status: 400,
    contentType: "text/plain; charset=utf-8",
    body: `The sandbox knows no fault ${name}; docs/sandbox.md lists them.\n`,
  },
});

/** @param wanted name or number */
export const isKnown = (faults: readonly Fault[], wanted: string): boolean =>
  faults.some(({ name, number }) => name === wanted || number === wanted);

export const findFault = (faults: readonly Fault[], wanted: string): Fault =>
  faults.find(({ name, number }) => name === wanted || number === wanted) ?? unknownFault(wanted);

export const fixedAnswer = ({ status, contentType, body, headers }: Extract<Effect, { kind: "answer" }>): Response =>
  new Response(body, { status, headers: { "Content-Type": contentType, ...headers } });

/** Struck instead of carrying the call out. */
export const before = (name: string, number: string, effect: Fault["effect"]): Fault => ({
  name,
  number,
  stage: "before",
  effect,
});

/** Struck on the answer, once the call is carried out. */
export const after = (name: string, number: string, effect: Fault["effect"]): Fault => ({
  name,
  number,
  stage: "after",
  effect,
});
