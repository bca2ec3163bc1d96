/** Why a file or directory cannot be used, in words for an operator. */

export const missing = "it does not exist";

const reasons: Record<string, string> = {
  ENOENT: missing,
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a directory",
  ENOTDIR: "it is not a directory",
  EROFS: "its disk is read-only",
  ENOSPC: "its disk is full",
  EIO: "its disk fails",
};

export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? (code || "unknown error");
}
