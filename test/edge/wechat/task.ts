/** What the Worker of these tests can be asked to do. */
import type { AssignmentIntent } from "../../../edge/channels/channel.ts";
import type { WechatSettings } from "../../../edge/channels/wechat/settings.ts";

export type Task =
  | { kind: "import"; settings: WechatSettings }
  | { kind: "assign"; settings: WechatSettings; intents: AssignmentIntent[] }
  | { kind: "search"; settings: WechatSettings; storeId: string; mobile: string; subMchid: string }
  | { kind: "sign"; settings: WechatSettings; path: string; bodies: string[]; now: number }
  | { kind: "verify"; settings: WechatSettings; answers: { headers: [string, string][]; body: string }[]; now: number };
