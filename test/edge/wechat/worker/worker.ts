/** Does what the body of the request asks for, once, inside workerd. */

import { readSignatureHeaders, verifySignature } from "../../../../edge/channels/wechat/answer-signature.ts";
import { authorizationHeader } from "../../../../edge/channels/wechat/authorization.ts";
import { createWechatChannel } from "../../../../edge/channels/wechat/channel.ts";
import { importWechatCredentials } from "../../../../edge/channels/wechat/credentials.ts";
import type { Env } from "../../../../edge/environment.ts";
import { merchantCertificates } from "../../../../edge/merchant/certificate-source.ts";
import { consoleTelemetry } from "../../../../edge/telemetry.ts";
import type { Task } from "../task.ts";

export { Merchant } from "../../../../edge/merchant/merchant.ts";

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    return Response.json(await perform((await request.json()) as Task, env));
  },
};

async function perform(task: Task, env: Env): Promise<unknown> {
  const imported = await importWechatCredentials(task.settings);
  if (!imported.ok || task.kind === "import") return imported.ok ? { ok: true } : imported;
  const credentials = imported.value;
  const runtime = { fetch, now: Date.now, random: () => 0.5, telemetry: consoleTelemetry };
  const certificates = merchantCertificates(() => env.MERCHANT.getByName("demo"));
  const channel = createWechatChannel({ credentials, certificates, runtime });
  switch (task.kind) {
    case "assign":
      return Promise.all(
        task.intents.map((intent) => channel.assign(intent, { uncertain: false, deadline: Date.now() + 8_000 })),
      );
    case "search":
      return channel.guides?.search(task);
    case "sign":
      return Promise.all(
        task.bodies.map((body) => authorizationHeader(credentials, "POST", task.path, Buffer.from(body), task.now)),
      );
    case "verify":
      return Promise.all(
        task.answers.map(async ({ headers, body }) => {
          const reading = readSignatureHeaders(new Headers(headers), task.now);
          if (reading.kind !== "signed") return false;
          const key = credentials.publicKeys.get(reading.headers.serial);
          return key !== undefined && verifySignature(key.verify, reading.headers, Buffer.from(body));
        }),
      );
  }
}
