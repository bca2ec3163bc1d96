/** A browser keeps for a year what may be pinned, and nothing that the next build replaces. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createProject, type Project } from "./project.ts";
import { createWorkplace, type Served, serve, type Workplace } from "./served.ts";

let project: Project;
let workplace: Workplace;
let served: Served | undefined;
before(() => {
  project = createProject();
  workplace = createWorkplace({
    ENVIRONMENT: "development",
    SESSION_KEY: "c2VjcmV0LXRoYXQtbXVzdC1uZXZlci1iZS1wcmludGVk",
  });
});
after(() => {
  project.remove();
  workplace.remove();
});

const npm = (...args: string[]) => project.run("npm", ["run", "--silent", ...args]);
const succeeds = (...args: string[]) => {
  const { status, stdout, stderr } = npm(...args);
  assert.equal(status, 0, stdout + stderr);
  return stdout;
};

/** What the built Worker answers on bare workerd, by version. */
async function answersOf(...versions: string[]) {
  served = await serve(workplace, { script: join(project.root, "tools/serve.ts") });
  try {
    const answers = versions.map(async (version) => {
      const answer = await served?.fetch(`/v${version}/staff-assign.js`);
      return [version, answer?.status, answer?.headers.get("cache-control"), (await answer?.text())?.slice(0, 20)];
    });
    return await Promise.all(answers);
  } finally {
    await served.stop();
  }
}

const kept = "public, max-age=31536000, immutable";

test("an unreleased version is served and revalidated each time; released, it stays as it is for ever", async () => {
  project.element("1.0.0", "one");
  const refused = npm("build", "--", "--released");
  assert.equal(refused.status, 1);
  assert.equal(refused.stderr, "v1.0.0 is not released: npm run release, then commit releases/.\n");

  assert.match(
    succeeds("build"),
    /For production: v1\.0\.0 is not released: npm run release, then commit releases\/\./,
  );
  assert.deepEqual(await answersOf("1.0.0"), [["1.0.0", 200, "no-cache", "one"]]);

  succeeds("release");
  assert.doesNotMatch(succeeds("build", "--", "--released"), /not released/);
  assert.deepEqual(await answersOf("1.0.0"), [["1.0.0", 200, kept, "one"]]);

  project.element("1.1.0", "two");
  succeeds("build");
  assert.deepEqual(await answersOf("1.0.0", "1.1.0"), [
    ["1.0.0", 200, kept, "one"],
    ["1.1.0", 200, "no-cache", "two"],
  ]);
});

test("a release takes what the sources build now, not what lies there from an earlier build", () => {
  project.element("2.0.0", "old");
  assert.equal(project.run("node", ["tools/build.ts"]).status, 0);
  project.element("2.0.0", "new");
  succeeds("release");
  assert.equal(project.read("releases/v2.0.0/staff-assign.js"), "new");
});
