/** Attributes, properties and batched rendering of a custom element: as much of a base class as this one needs. */
import { wait } from "./clock.ts";
import { type Description, draw } from "./dom.ts";
import { parseGuides } from "./guide-list.ts";
import { hasOwn, own } from "./own.ts";
import { styleText } from "./styles.ts";

/** Properties with an attribute of the same name in kebab-case. */
const texts =
  "endpoint channel order orderKind guide guideMobile guideName storeId operator checkReason sessionUrl lang theme scanner name queueMaxAge guides".split(
    " ",
  );
const flags = "dpop disabled compact auto remember".split(" ");
const kebab = (name: string) => name.replace(/[A-Z]/g, "-$&").toLowerCase();
const attributed = texts.concat(flags);
const attributes = attributed.map(kebab);
/** The last ones have no attribute. */
const all = attributed.concat("session strings fetch extension".split(" "));

let sheet: CSSStyleSheet | undefined;
/** The first drawing of a page waits for it: in one task with the definition it would hold up a slow till. */
let turn: Promise<void> | undefined;

function adoptStyles(root: ShadowRoot) {
  if ("adoptedStyleSheets" in root) {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(styleText);
    }
    root.adoptedStyleSheets = [sheet];
  } else {
    // Before Chrome 73; under a strict style-src this needs the page's nonce.
    const style = document.createElement("style");
    style.nonce = (own(own(self, "staffAssign"), "nonce") as string) || "";
    style.textContent = styleText;
    (root as ShadowRoot).append(style);
  }
}

/** On a server there is no HTMLElement; importing must not throw there. */
const Base = (self.HTMLElement || Object) as typeof HTMLElement;

export abstract class ReactiveElement extends Base {
  static readonly observedAttributes = attributes;

  /** Resolves after the next rendering. */
  updateComplete: Promise<void> = Promise.resolve();
  private _values: Record<string, unknown> = Object.create(null);
  private _changed = new Set<string>();
  private _waiting?: boolean;
  /** `order`, `guide` and its name, where they are what the cashier entered and the page has not set them since, not even to the same */
  readonly _byHand = new Set<string>();
  protected readonly _box: HTMLElement;
  /** what was set on the element before it was upgraded: it wins over attributes */
  private _early: Record<string, unknown> = {};

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    adoptStyles(root);
    turn = turn || wait(0);
    this._box = root.appendChild(document.createElement("div"));
    for (const name of all) {
      if (!hasOwn.call(this, name)) continue;
      this._early[name] = this[name as keyof this];
      delete this[name as keyof this];
    }
  }

  /** Called once per change of several properties. */
  protected abstract _willUpdate(changed: ReadonlySet<string>): void;
  protected abstract _render(): Description;
  /** @param focused what had the focus before */
  protected abstract _updated(focused: Element | null): void;

  attributeChangedCallback(attribute: string, _: string | null, value: string | null) {
    const name = attributed[attributes.indexOf(attribute)] as keyof this & string;
    const read = flags.includes(name) ? value !== null : name === "guides" ? parseGuides(value) : value;
    this[name] = read as this[typeof name];
  }

  requestUpdate() {
    if (this._waiting) return;
    this._waiting = true;
    this.updateComplete = this._update();
  }

  private async _update() {
    await undefined;
    Object.assign(this, this._early);
    this._early = {};
    const changed = this._changed;
    this._changed = new Set();
    this._willUpdate(changed);
    this._waiting = false;
    await turn;
    const { activeElement } = this.shadowRoot as ShadowRoot;
    draw(this._box, this._render());
    this._updated(activeElement);
  }

  static {
    for (const name of all) {
      const isFlag = flags.includes(name);
      Object.defineProperty(ReactiveElement.prototype, name, {
        get(this: ReactiveElement) {
          return isFlag ? !!this._values[name] : this._values[name];
        },
        set(this: ReactiveElement, value: unknown) {
          const next = isFlag ? !!value : value === null ? undefined : value;
          this._byHand.delete(name);
          if (next === this._values[name]) return;
          this._values[name] = next;
          // The name that the cashier chose is nobody else's.
          if (/^guide(Mobile)?$/.test(name) && this._byHand.delete("guideName")) this._values.guideName = undefined;
          // What style sheets and forms read is the attribute.
          if (/^(name|disabled)$/.test(name)) {
            if (next) this.setAttribute(name, next as string);
            else this.removeAttribute(name);
          }
          this._changed.add(name);
          this.requestUpdate();
        },
      });
    }
  }
}
