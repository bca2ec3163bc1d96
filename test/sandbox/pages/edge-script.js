/**
 * Loads the element as a partner's page does: one classic script of a fixed version, pinned by its hash. A partner
 * writes the tag and the hash into the page; this page learns the edge's address at run time, so that it makes the tag
 * itself, through a Trusted Types policy that lets nothing else pass.
 */

/**
 * @param {{ edgeOrigin: string, version: string }} config
 * @returns {Promise<void>} rejects when the script cannot be had
 */
export async function loadElement({ edgeOrigin, version }) {
  const folder = new URL(`/v${version}/`, edgeOrigin);
  const answer = await fetch(new URL("integrity.json", folder));
  if (!answer.ok) throw new Error(`integrity.json answered ${answer.status}`);
  const { integrity } = await answer.json();

  const script = document.createElement("script");
  script.crossOrigin = "anonymous";
  script.integrity = integrity["staff-assign.js"];
  const loaded = new Promise((resolve, reject) => {
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("staff-assign.js was not loaded")));
  });
  setSource(script, new URL("staff-assign.js", folder).href, folder.href);
  document.head.append(script);
  await loaded;
}

/**
 * @param {HTMLScriptElement} script
 * @param {string} url
 * @param {string} folder
 */
function setSource(script, url, folder) {
  const { trustedTypes } = /** @type {{ trustedTypes?: TrustedTypes }} */ (/** @type {unknown} */ (globalThis));
  const createScriptURL = (/** @type {string} */ wanted) => {
    if (!wanted.startsWith(folder)) throw new TypeError("only the edge's own script is loaded");
    return wanted;
  };
  const policy = trustedTypes?.createPolicy("demo-till", { createScriptURL }) ?? { createScriptURL };
  // the DOM's types know strings alone
  script.src = /** @type {string} */ (policy.createScriptURL(url));
}

/**
 * @typedef {{ createScriptURL: (url: string) => unknown }} Policy
 * @typedef {{ createPolicy: (name: string, policy: Policy) => Policy }} TrustedTypes
 */
