/** Placeholder entry replaced with the element's build. */
export {};
