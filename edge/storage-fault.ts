/** What keeps an object from writing, told by the one part of an error's text that quotes nobody: SQLite's own code. */

/** @returns for example `SQLITE_FULL`; undefined for an error that is not the disk's */
export const storageFaultOf = (error: Error): string | undefined => /\bSQLITE_[A-Z]{2,20}\b/.exec(error.message)?.[0];
