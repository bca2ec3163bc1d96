/**
 * Lit creates its Trusted Types policy under the name `lit-html` and throws when the page refuses it, for example
 * because the host page runs a Lit of its own. Ours is called `staff-assign`, and a refusal is told later, by the
 * element, instead of breaking the script.
 */
import type { Plugin } from "vite";

const lits = /(\w+)\.createPolicy\("lit-html",(\{createHTML:\w+=>\w+\})\)/;

export function ownTrustedTypesPolicy(): Plugin {
  return {
    name: "own-trusted-types-policy",
    transform(code, id) {
      if (!/\/lit-html\/(node\/)?lit-html\.js$/.test(id)) return null;
      const renamed = code.replace(
        lits,
        '(()=>{try{return $1.createPolicy("staff-assign",$2)}catch(refused){return void 0}})()',
      );
      if (renamed === code) this.error("lit-html no longer creates its policy the way this build knows");
      return { code: renamed, map: null };
    },
  };
}
