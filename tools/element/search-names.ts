/**
 * Looks for names under which a script compresses best, by simulated annealing: the same code is 3 % smaller when every
 * letter is chosen for the text around it than when the most frequent variable has the shortest. It takes minutes.
 */
import type { Script } from "./names.ts";

/** Bytes that a worse choice may cost at first; it falls to nothing, so that the search leaves a dead end early and none late. */
const firstTemperature = 1;

/** How far away, counted in names, the text still resembles what stands here. */
const reach = 30;

/** The same numbers at every run, so that the same script gets the same names: a linear congruence modulo 2^32. */
function createRandom() {
  let state = 1;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * @param sizeOf what is to become small
 * @param steps how many choices to try, each for the price of one `sizeOf`
 * @returns the best names that were met
 */
export function searchNames(script: Script, sizeOf: (code: string) => number, steps: number): readonly string[] {
  const random = createRandom();
  const current = [...script.names];
  const letters = lettersOf(current);
  let size = sizeOf(script.rename(current));
  let best = { size, names: [...current] };
  for (let step = 0; step < steps; step++) {
    const index = Math.floor(random() * current.length);
    const near = current[index + Math.round((random() - 0.5) * 2 * reach)] ?? "";
    // squared: a name that stands often already finds more company
    const frequent = letters[Math.floor(random() ** 2 * letters.length)] ?? "";
    const to = near.length === 1 && random() < 0.9 ? near : frequent;
    const takeBack = exchange(script, current, index, to);
    if (!takeBack) continue;
    const next = sizeOf(script.rename(current));
    const temperature = firstTemperature * (1 - step / steps);
    if (next > size && random() >= Math.exp((size - next) / temperature)) takeBack();
    else size = next;
    if (size < best.size) best = { size, names: [...current] };
  }
  return best.names;
}

/** The names of one letter, the most frequent first. */
function lettersOf(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) if (name.length === 1) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

/**
 * Calls `index` by another name; those that must not share it take the former one.
 * @returns what undoes that, or nothing where it cannot be
 */
function exchange({ clashes, mayBe }: Script, names: string[], index: number, to: string): (() => void) | undefined {
  const from = names[index] as string;
  const clashing = (of: number, name: string) => [...(clashes[of] ?? [])].filter((other) => names[other] === name);
  const displaced = clashing(index, to);
  if (
    from === to ||
    !mayBe(index, to) ||
    displaced.some((other) => clashing(other, from).some((third) => third !== index))
  )
    return undefined;
  const give = (own: string, theirs: string) => {
    names[index] = own;
    for (const other of displaced) names[other] = theirs;
  };
  give(to, from);
  return () => give(from, to);
}
