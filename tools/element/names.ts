/**
 * The short names in a minified script, as something that can be chosen: which variables and private members there are,
 * which of them must not share a name, and the script under other names.
 */
import { type AnyNode, type AssignmentProperty, type Identifier, type Property, parse } from "acorn";
import { analyze, type Scope } from "eslint-scope";
import { nodesOf } from "./nodes-of.ts";

export interface Script {
  /** of every variable and private member, in the order in which they first stand in the code */
  names: readonly string[];
  /** by index: the others that must be called differently */
  clashes: readonly ReadonlySet<number>[];
  /** Whether nothing else in the code, such as a public property, keeps that name from it. */
  mayBe(index: number, name: string): boolean;
  rename(names: readonly string[]): string;
}

type Pair = Property | AssignmentProperty;

interface Named {
  name: string;
  /** where it stands: offsets into the code */
  starts: number[];
  /** for a variable, the scopes in which its name has to mean it */
  scopes: ReadonlySet<Scope>;
  home: Scope | undefined;
}

/** A place in the code where a name stands: alone, or as `key: value`, which may become `{ name }` and the reverse. */
interface Place {
  start: number;
  end: number;
  key?: { name: string; named: number | undefined };
  named: number;
}

/** @param members the names of private members, which stand for nothing else in the code */
export function readScript(code: string, members: Iterable<string>): Script {
  const program = parse(code, { ecmaVersion: 2020, sourceType: "script", ranges: true });
  const { found, others, pairs } = propertiesOf(program, new Set(members));
  const { variables, globals } = variablesOf(program);
  const all = [...variables, ...found]
    .filter(({ starts }) => starts.length > 0)
    .sort((a, b) => Math.min(...a.starts) - Math.min(...b.starts));
  const at = new Map(all.flatMap(({ starts }, index) => starts.map((start) => [start, index] as const)));
  if (at.size !== all.reduce((sum, { starts }) => sum + starts.length, 0))
    throw new TypeError("two names in one place: this kind of scope is not known here");

  const places = placesOf(all, at, pairs);
  const between = places.map(({ start }, index) => code.slice(places[index - 1]?.end ?? 0, start));
  const rest = code.slice(places.at(-1)?.end ?? 0);
  return {
    names: all.map(({ name }) => name),
    clashes: clashesOf(all),
    mayBe: (index, name) => !(all[index]?.home ? globals : others).has(name),
    rename(names) {
      let renamed = "";
      places.forEach(({ key, named }, index) => {
        const name = names[named];
        const keyName = key && (key.named === undefined ? key.name : names[key.named]);
        renamed += between[index];
        renamed += keyName === undefined || keyName === name ? name : `${keyName}:${name}`;
      });
      return renamed + rest;
    },
  };
}

function variablesOf(program: AnyNode): { variables: Named[]; globals: ReadonlySet<string> } {
  const { scopes } = analyze(program as Parameters<typeof analyze>[0], { ecmaVersion: 2020, sourceType: "script" });
  const variables = scopes.flatMap((home) =>
    home.variables
      // a class's own name for itself, where nobody uses it, is the variable outside once more
      .filter(({ defs, references }) => defs.length > 0 && !(home.type === "class" && references.length === 0))
      .map(({ name, defs, references }) => {
        const visible = new Set([home]);
        // `catch (e) { let e }` is an error, though the block is a scope of its own
        if (home.type === "catch") for (const block of home.childScopes) visible.add(block);
        for (const { from } of references)
          for (let scope: Scope | null = from; scope && scope !== home; scope = scope.upper) visible.add(scope);
        const identifiers = [...defs.map((def) => def.name), ...references.map(({ identifier }) => identifier)];
        const starts = new Set(identifiers.map((identifier) => (identifier as unknown as Identifier).start));
        return { name, starts: [...starts], scopes: visible, home };
      }),
  );
  const globals = new Set(scopes[0]?.through.map(({ identifier }) => (identifier as { name: string }).name));
  return { variables, globals };
}

/** The private members, the names of all other properties, and the properties that are written as `name` or `key: name`. */
function propertiesOf(program: AnyNode, members: ReadonlySet<string>) {
  const starts = new Map<string, number[]>();
  const others = new Set<string>();
  const pairs: Pair[] = [];
  for (const node of nodesOf(program)) {
    let key: AnyNode | undefined;
    if (node.type === "MemberExpression" && !node.computed) key = node.property;
    else if (node.type === "MethodDefinition" && !node.computed) key = node.key;
    else if (node.type === "Property" && !node.computed) {
      if (variableOf(node)) pairs.push(node);
      key = node.key;
      // counted with the variable, in whose place it stands
      if (node.shorthand && key.type === "Identifier" && members.has(key.name)) continue;
    }
    if (key?.type !== "Identifier") continue;
    if (members.has(key.name)) starts.set(key.name, [...(starts.get(key.name) ?? []), key.start]);
    else others.add(key.name);
  }
  // A member that stands in the place of a variable only keeps its name: no other may take that.
  for (const { key } of pairs) if (key.type === "Identifier" && !starts.has(key.name)) others.add(key.name);
  const found: Named[] = [...starts].map(([name, at]) => ({ name, starts: at, scopes: new Set(), home: undefined }));
  return { found, others, pairs };
}

/** The variable that a property reads or binds, where it is one: of `{ a }`, `{ a: b }`, `{ a: b = 1 }`. */
function variableOf({ key, value, method, kind }: Pair): Identifier | undefined {
  if (method || kind !== "init" || key.type !== "Identifier") return undefined;
  const target = value.type === "AssignmentPattern" ? value.left : value;
  return target.type === "Identifier" ? target : undefined;
}

function placesOf(all: readonly Named[], at: ReadonlyMap<number, number>, pairs: readonly Pair[]): Place[] {
  const places = new Map<number, Place>();
  for (const [start, named] of at) places.set(start, { start, end: start + (all[named]?.name.length ?? 0), named });
  const memberAt = new Map(all.flatMap(({ name, home }, index) => (home ? [] : [[name, index] as const])));
  for (const pair of pairs) {
    const value = variableOf(pair);
    const named = value && at.get(value.start);
    if (!value || named === undefined || pair.key.type !== "Identifier") continue;
    const { name, start } = pair.key;
    places.delete(value.start);
    places.set(start, { start, end: value.end, named, key: { name, named: memberAt.get(name) } });
  }
  return [...places.values()].sort((a, b) => a.start - b.start);
}

function clashesOf(all: readonly Named[]): ReadonlySet<number>[] {
  const sets = all.map(() => new Set<number>());
  all.forEach((one, index) => {
    for (let other = 0; other < index; other++) {
      if (!clash(one, all[other] as Named)) continue;
      sets[index]?.add(other);
      sets[other]?.add(index);
    }
  });
  return sets;
}

/** Members share no name among themselves; each may share one with any variable. */
function clash(one: Named, other: Named): boolean {
  if (!one.home || !other.home) return one.home === other.home;
  return one.scopes.has(other.home) || other.scopes.has(one.home);
}
