/** Where this script came from, and so by default its edge; put in by the build. */
export const scriptUrl = __SCRIPT_URL__ || "";
