/**
 * node:crypto, loaded when it is first needed: it brings some forty modules along, 9 ms of CPU that a start in front of
 * files, preflights and health checks is spared.
 */
let loaded: typeof import("node:crypto") | undefined;

export const nodeCrypto = (): typeof import("node:crypto") => (loaded ??= process.getBuiltinModule("node:crypto"));
