/** The version that the edge names itself by; a test holds it to package.json. */
export const version = "0.1.1";
