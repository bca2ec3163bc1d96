/**
 * Attributes, properties and batched rendering over Lit's templates. It takes the place of LitElement, whose base class
 * costs a sixth of the size budget: all this element needs of it is below.
 */
import { type html, render } from "lit/html.js";
import { parseGuides } from "./guide-list.ts";
import { styleText } from "./styles.ts";

/** Properties with an attribute of the same name in kebab-case. */
const texts =
  "endpoint channel order orderKind guide guideMobile guideName storeId operator checkReason sessionUrl lang theme scanner name queueMaxAge guides".split(
    " ",
  );
const flags = "dpop disabled compact auto remember".split(" ");
/** Properties without an attribute. */
const objects = "session strings fetch extension".split(" ");

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const propertyOf = new Map([...texts, ...flags].map((name) => [kebab(name), name]));

let sheet: CSSStyleSheet | undefined;

function adoptStyles(root: ShadowRoot) {
  if ("adoptedStyleSheets" in root) {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(styleText);
    }
    root.adoptedStyleSheets = [sheet];
    return;
  }
  // Before Chrome 73; under a strict style-src this needs the page's nonce, as in Lit.
  const style = document.createElement("style");
  style.nonce = (self as { litNonce?: string }).litNonce || "";
  style.textContent = styleText;
  (root as ShadowRoot).appendChild(style);
}

/** On a server there is no HTMLElement; importing must not throw there. */
const Base = (self.HTMLElement || Object) as typeof HTMLElement;

export abstract class ReactiveElement extends Base {
  static get observedAttributes() {
    return [...propertyOf.keys()];
  }

  /** Resolves after the next rendering. */
  updateComplete: Promise<void> = Promise.resolve();
  private _values: Record<string, unknown> = Object.create(null);
  private _changed = new Set<string>();
  private _waiting = false;
  /** what was set on the element before it was upgraded: it wins over attributes */
  private _early: Record<string, unknown> = {};

  constructor() {
    super();
    adoptStyles(this.attachShadow({ mode: "open" }));
    for (const name of [...texts, ...flags, ...objects]) {
      if (!Object.hasOwn(this, name)) continue;
      this._early[name] = this[name as keyof this];
      delete this[name as keyof this];
    }
  }

  /** Called once per change of several properties. */
  protected abstract _willUpdate(changed: ReadonlySet<string>): void;
  protected abstract _render(): ReturnType<typeof html>;
  protected abstract _updated(first: boolean): void;
  protected abstract _failed(error: unknown): void;

  connectedCallback() {
    this.requestUpdate();
  }

  attributeChangedCallback(attribute: string, _: string | null, value: string | null) {
    const name = propertyOf.get(attribute) as keyof this & string;
    const present = value !== null;
    const read = flags.includes(name) ? present : name === "guides" ? parseGuides(value) : present ? value : undefined;
    this[name] = read as this[typeof name];
  }

  requestUpdate() {
    if (this._waiting) return;
    this._waiting = true;
    this.updateComplete = Promise.resolve().then(() => this._update());
  }

  protected _first = true;
  private _update() {
    Object.assign(this, this._early);
    this._early = {};
    const changed = this._changed;
    this._changed = new Set();
    try {
      this._willUpdate(changed);
      this._waiting = false;
      render(this._render(), this.shadowRoot as ShadowRoot, { host: this });
      const first = this._first;
      this._first = false;
      this._updated(first);
    } catch (error) {
      // what failed once fails again
      this._waiting = true;
      this._failed(error);
    }
  }

  static {
    for (const name of [...texts, ...flags, ...objects]) {
      Object.defineProperty(ReactiveElement.prototype, name, {
        configurable: true,
        enumerable: true,
        get(this: ReactiveElement) {
          return flags.includes(name) ? this._values[name] === true : this._values[name];
        },
        set(this: ReactiveElement, value: unknown) {
          const next = flags.includes(name) ? Boolean(value) : (value ?? undefined);
          if (next === this._values[name]) return;
          this._values[name] = next;
          this._changed.add(name);
          this.requestUpdate();
        },
      });
    }
  }
}
