/** Assertions for suites that run in the browser. */

export function ok(value: unknown, message: string): asserts value {
  if (!value) throw new Error(message);
}

export function equal(actual: unknown, expected: unknown, message = "") {
  const [a, b] = [JSON.stringify(actual) ?? "undefined", JSON.stringify(expected) ?? "undefined"];
  if (a !== b) throw new Error(`${message} expected ${b}, got ${a}`);
}

/** Waits for a condition; what has not come in a quarter of a minute does not come on a slow machine either. */
export async function until<T>(look: () => T, what: string): Promise<NonNullable<T>> {
  const limit = performance.now() + 15_000;
  for (;;) {
    const value = look();
    if (value) return value as NonNullable<T>;
    if (performance.now() > limit) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A promise, and what resolves it. */
export function gate(): [opened: Promise<void>, open: () => void] {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, () => open()];
}
