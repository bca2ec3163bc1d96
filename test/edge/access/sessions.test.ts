import assert from "node:assert/strict";
import { test } from "node:test";
import { authenticate } from "../../../edge/access/authenticate.ts";
import { authorized, configWith, mint, now, posOrigin, valueOf } from "./support.ts";

test("a minted session authenticates the page it was minted for", async () => {
  const config = configWith();
  const { token, id } = await mint(config, { origin: posOrigin });
  const caller = valueOf(await authenticate(authorized(token, { Origin: posOrigin }), config, now));
  assert.deepEqual(caller, {
    partnerId: "acme",
    merchant: "direct",
    scopes: ["assignments:write", "guides:read"],
    origin: posOrigin,
    session: { id, expiresAt: now / 1000 + 900 },
  });
});
