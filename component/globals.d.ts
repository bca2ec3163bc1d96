/** Replaced by the build with the package's version. */
declare const __VERSION__: string;
/** Replaced by the build: `document.currentScript.src` in the classic script, `import.meta.url` in the module. */
declare const __SCRIPT_URL__: string | undefined;
