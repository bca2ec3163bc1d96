/** The element's place in forms and its custom states, as far as the browser knows them. */

/** @returns shows a state; the value is the id of a confirmed assignment */
export function createFormPart(element: HTMLElement): (state: string, value: string | null) => void {
  const internals = element.attachInternals && element.attachInternals();
  return (state, value) => {
    if (!internals) return;
    internals.setFormValue(value);
    try {
      internals.states.clear();
      internals.states.add(state);
    } catch {
      // no states before Chrome 90; until 125 their names begin with two dashes: `data-state` serves these
    }
  };
}
