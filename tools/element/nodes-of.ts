/** Every node of a syntax tree, a parent before its children. */
export function* nodesOf<Node extends { type: string }>(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value])
      if (child && typeof child.type === "string") yield* nodesOf<Node>(child);
  }
}
