/** The part of a Durable Object's `SqlStorage` that is used, named here so that it can be given something else in tests. */

export type SqlValue = string | number | null | ArrayBuffer;

export interface Sql {
  exec<Row extends Record<string, SqlValue>>(
    query: string,
    ...bindings: (SqlValue | Uint8Array)[]
  ): { toArray(): Row[]; readonly rowsWritten: number };
}
