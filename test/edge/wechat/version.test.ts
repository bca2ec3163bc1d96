import assert from "node:assert/strict";
import { it } from "node:test";
import { version } from "../../../edge/version.ts";
import manifest from "../../../package.json" with { type: "json" };

it("the edge names itself by the version of the package", () => assert.equal(version, manifest.version));
