/**
 * The smallest Worker that runs the channel in workerd, with the real Merchant object behind it. JavaScript, since it
 * stands between the types of Workers and those of Node.
 */
import { createSharedAuthorisation } from "../../../edge/channels/tmall/authorisation.ts";
import { createTmallChannel } from "../../../edge/channels/tmall/channel.ts";
import { importTmallCredentials } from "../../../edge/channels/tmall/credentials.ts";
import { readConfig } from "../../../edge/config.ts";
import { consoleTelemetry } from "../../../edge/telemetry.ts";

export { Merchant } from "../../../edge/merchant/merchant.ts";

/** POST `{ intent, attempt }` → the verdict, by the signing method that the path names. */
export default {
  async fetch(request, env) {
    const alias = new URL(request.url).pathname.slice(1);
    const settings = readConfig(env).merchants.get(alias).tmall;
    const credentials = await importTmallCredentials(settings);
    const channel = createTmallChannel({
      credentials: credentials.value,
      authorisation: createSharedAuthorisation({ authority: env.MERCHANT.getByName(alias), now: Date.now }),
      runtime: {
        fetch: (input, init) => fetch(input, init),
        now: Date.now,
        random: Math.random,
        telemetry: consoleTelemetry,
      },
    });
    const { intent, attempt } = await request.json();
    const deadline = Date.now() + 8_000;
    return Response.json(
      await channel.assign({ channel: "tmall", ...intent }, { uncertain: false, deadline, ...attempt }),
    );
  },
};
