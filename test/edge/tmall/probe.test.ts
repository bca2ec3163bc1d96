import assert from "node:assert/strict";
import { test } from "node:test";
import { probeTmall } from "../../../edge/channels/tmall/probe.ts";
import { assignApi, cardAnswer, fullApi, harness, json, maskedApi, taskApi, topError, wrapped } from "./gateway.ts";

test("a probe asks every query that a read-back needs, and writes nothing", async () => {
  const top = await harness([cardAnswer(maskedApi), cardAnswer(fullApi), wrapped(taskApi, { result: {} })]);
  const results = await probeTmall(top.options);
  assert.deepEqual(
    results.map(({ api, failure }) => [api, failure]),
    [
      [maskedApi, undefined],
      [fullApi, undefined],
      [taskApi, undefined],
    ],
  );
  assert.ok(!top.methods().includes(assignApi));
});

test("a probe names what is missing, and takes a card that is not there for a yes", async () => {
  const top = await harness([
    topError(11, { sub_code: "isv.permission-api-package-limit" }),
    topError(15, { sub_code: "isv.workcard-not-exist:1" }),
    json("<html>"),
  ]);
  const results = await probeTmall(top.options);
  assert.deepEqual(
    results.map(({ failure }) => failure && [failure.code, failure.reason]),
    [["upstream_unauthorized", "permission_missing"], undefined, ["upstream_unverified", undefined]],
  );
});

test("a probe tells a session key that is not accepted from a grant that does not suffice", async () => {
  const top = await harness([topError(27), topError(42), cardAnswer(taskApi)]);
  const results = await probeTmall(top.options);
  assert.deepEqual(
    results.map(({ failure, sessionIsDead }) => [failure?.reason, sessionIsDead]),
    [
      ["reauthorise", true],
      ["reauthorise", false],
      [undefined, undefined],
    ],
  );
});
