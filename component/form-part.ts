/** The element's place in forms and its custom states, as far as the browser knows them. */

export class FormPart {
  private readonly _internals: ElementInternals | undefined;
  private _shown = "";

  constructor(element: HTMLElement) {
    if (element.attachInternals) this._internals = element.attachInternals();
  }

  /** @param value the id of a confirmed assignment */
  _show(state: string, value: string | null) {
    const internals = this._internals;
    if (!internals) return;
    internals.setFormValue(value);
    const { states } = internals;
    if (!states) return;
    // Chrome 90 to 124 knows only names that begin with two dashes.
    for (const dashes of ["", "--"]) {
      states.delete(dashes + this._shown);
      try {
        states.add(dashes + state);
      } catch {
        // the other form is the one this browser knows
      }
    }
    this._shown = state;
  }
}
