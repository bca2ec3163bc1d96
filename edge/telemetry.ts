/**
 * What operators see: structured log lines and counters. Callers pass fields that are safe by construction: ids,
 * codes, durations, counts. Secrets, tokens, mobiles and names are never handed to this file. A counter is a line, too:
 * a Worker has no metrics of its own, and whoever collects the lines counts them.
 */
export type Fields = Record<string, string | number | boolean | undefined>;

export interface Telemetry {
  /** One line of JSON. */
  log(level: "info" | "warn" | "error", event: string, fields?: Fields): void;
  /** Adds one to a counter; labels are low in cardinality (merchant, host, cause). */
  count(counter: string, labels?: Fields): void;
}

export const consoleTelemetry: Telemetry = {
  log(level, event, fields = {}) {
    console[level === "info" ? "log" : level](JSON.stringify({ time: time(), level, event, ...fields }));
  },
  count(counter, labels = {}) {
    console.log(JSON.stringify({ time: time(), level: "info", event: "count", counter, ...labels }));
  },
};

/** RFC 3339, in UTC: bare workerd stamps no line. */
const time = () => new Date().toISOString();
