/**
 * What the channel must know before a call that changes while it runs: the session key in force, the platform's clock,
 * bans. One Merchant object holds them for all ledgers of a merchant; each ledger keeps its last answer for a while, so
 * that an assignment costs no second hop. Trade-off: a swapped session or another ledger's ban is seen that much later,
 * or at once when the platform refuses the old session.
 */
import type { TopBan } from "./errors.ts";

export interface TopGrant {
  session: string;
  /** milliseconds to add to the machine's clock */
  clockOffsetMs: number;
  bans: readonly TopBan[];
}

export interface TopAuthorisation {
  /** @throws when the session cannot be had now; nothing has been sent then */
  grant(): Promise<TopGrant>;
  /** The platform does not accept this session any more. @returns another grant, if another session is in force */
  refused(session: string): Promise<TopGrant | undefined>;
  noteBan(ban: TopBan): void;
  noteClock(offsetMs: number): void;
}

/** The part of the Merchant object that is called, so that tests can give something else. */
export interface TopAuthority {
  topGrant(): Promise<TopGrant>;
  topSessionRefused(session: string): Promise<TopGrant>;
  noteTopBan(ban: TopBan): Promise<void>;
  noteTopClock(offsetMs: number): Promise<void>;
}

/** How long a ledger may use a grant without asking again. */
const grantLifetimeMs = 30_000;

export function createSharedAuthorisation(options: {
  authority: TopAuthority;
  /** epoch milliseconds */
  now: () => number;
}): TopAuthorisation {
  const { authority, now } = options;
  let held: { grant: TopGrant; untilMs: number } | undefined;
  const hold = (grant: TopGrant) => {
    held = { grant, untilMs: now() + grantLifetimeMs };
    return grant;
  };
  const amend = (part: Partial<TopGrant>) => {
    if (held) held = { ...held, grant: { ...held.grant, ...part } };
  };
  /** Sharing a ban or a clock is a courtesy to other ledgers; this one knows it already. */
  const share = (call: Promise<void>) => void call.catch(() => undefined);

  return {
    async grant() {
      if (held && now() < held.untilMs) return held.grant;
      try {
        return hold(await authority.topGrant());
      } catch (error) {
        if (held) return held.grant;
        throw error;
      }
    },
    async refused(session) {
      if (held?.grant.session === session) held = undefined;
      const grant = hold(await authority.topSessionRefused(session));
      return grant.session === session ? undefined : grant;
    },
    noteBan(ban) {
      amend({ bans: [...(held?.grant.bans ?? []).filter((other) => other.untilMs > now()), ban] });
      share(authority.noteTopBan(ban));
    },
    noteClock(offsetMs) {
      amend({ clockOffsetMs: offsetMs });
      share(authority.noteTopClock(offsetMs));
    },
  };
}
