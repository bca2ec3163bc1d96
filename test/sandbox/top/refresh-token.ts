/** `taobao.top.auth.token.refresh`: a new session for a refresh token, once, where the app may refresh at all. */
import { type TopAnswer, topError } from "./top-answer.ts";
import type { TopCall } from "./top-method.ts";

export async function refreshToken({ app, method, values, book, now }: TopCall): Promise<TopAnswer> {
  const given = values.get("refresh_token") ?? "";
  const fresh = app.refreshable ? await book.refreshSession(app, given) : undefined;
  if (!fresh) {
    const why = app.refreshable ? "refresh_token is invalid" : "re_expires_in is 0";
    return topError(15, "Remote service error", "isv.invalid-parameter:refresh_token", why);
  }
  const seconds = Math.round((fresh.expiresAt - now) / 1000);
  const token = {
    access_token: fresh.session,
    token_type: "Bearer",
    expires_in: seconds,
    refresh_token: fresh.refreshToken,
    re_expires_in: seconds,
    r1_expires_in: seconds,
    r2_expires_in: seconds,
    w1_expires_in: seconds,
    w2_expires_in: 1800,
    taobao_user_id: "2200000000000",
    taobao_user_nick: encodeURIComponent(app.userNick),
  };
  return { kind: "result", method, content: { token_result: JSON.stringify(token) } };
}
