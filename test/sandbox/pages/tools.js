/** Opens and closes the drawer of the demonstration; Escape closes it and gives the focus back. */

/**
 * @param {HTMLElement} drawer
 * @param {HTMLElement} toggle
 * @param {HTMLElement} close
 * @param {() => void} onopen
 */
export function wireTools(drawer, toggle, close, onopen) {
  /** @param {boolean} open */
  const set = (open) => {
    drawer.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("tools-open", open);
    if (open) onopen();
  };
  const shut = () => {
    set(false);
    toggle.focus();
  };
  toggle.addEventListener("click", () => set(drawer.hidden === true));
  close.addEventListener("click", shut);
  drawer.addEventListener("keydown", (event) => {
    if (event.key === "Escape") shut();
  });
}
