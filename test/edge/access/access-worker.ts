/** A Worker that does nothing but ask the access checks, so that they are seen in the runtime they are written for. */

import { authenticatePartner } from "../../../edge/access/api-key.ts";
import { authenticate } from "../../../edge/access/authenticate.ts";
import { readJson } from "../../../edge/access/read-json.ts";
import { mintSession } from "../../../edge/access/sessions.ts";
import { validate } from "../../../edge/access/validate.ts";
import { type Config, readConfig } from "../../../edge/config.ts";
import { createSealer } from "../../../edge/seal.ts";
import { SessionRequestSchema } from "../../../shared/contract.ts";

let config: Config | undefined;

export default {
  async fetch(request: Request, env: Record<string, unknown>): Promise<Response> {
    config ??= readConfig(env);
    switch (new URL(request.url).pathname) {
      case "/faults":
        return Response.json(config.faults);
      case "/sessions": {
        const partner = authenticatePartner(request, config);
        const body = partner.ok ? await readJson(request) : partner;
        const asked = body.ok ? validate(SessionRequestSchema, body.value) : body;
        if (!partner.ok || !asked.ok) return Response.json(partner.ok ? asked : partner);
        return Response.json(await mintSession(config, partner.value, asked.value, Date.now()));
      }
      case "/seal": {
        const sealer = await createSealer(config.storageKeys);
        const sealed = await sealer.seal("导购", "a");
        return Response.json([await sealer.open(sealed, "a"), (await sealer.open(sealed, "b")) ?? "refused"]);
      }
      case "/json":
        return Response.json(await readJson(request));
      default:
        return Response.json(await authenticate(request, config, Date.now()));
    }
  },
};
