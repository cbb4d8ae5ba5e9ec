// SPDX-License-Identifier: MIT
// Why a session ends, and what becomes of its connections.
import type { AtEnd, Bound, Decision, EndReason, Reason } from '@nftoggle/contracts';
import type { OpenSession } from './sessions.ts';

export type { EndReason };

export interface SessionEnd {
  readonly session: OpenSession;
  readonly reason: EndReason;
  readonly connections: AtEnd;
  /** When it was over, by the clock's `now`, where that is not just now. */
  readonly ended?: number;
}

const reasonOfBound: Readonly<Record<Bound, EndReason>> = {
  session_time: 'expired',
  window_end: 'window_end',
  allowance: 'allowance_spent',
  rule_expiry: 'rule_expired',
  grant_end: 'grant_ended',
};

/** Denials by time alone: the source may come back at another. */
const reasonOfDenial: Partial<Readonly<Record<Reason, EndReason>>> = {
  outside_window: 'window_end',
  allowance_spent: 'allowance_spent',
  rule_expired: 'rule_expired',
};

/** Policy and we learn of the end of a grant each by a clock of our own: so far apart at most, in milliseconds. */
const grantSlack = 1_000;

/** Its time is over, and nobody needs to be asked, or nobody answers. */
export function endByTime(session: OpenSession): SessionEnd {
  return { session, reason: reasonOfBound[session.bound], connections: session.atEnd };
}

/** Its time is over, and nobody is connected: what is left of an allowance was not spent. */
export function endUnused(session: OpenSession): SessionEnd {
  return session.bound === 'allowance' ? { ...endByTime(session), reason: 'expired' } : endByTime(session);
}

/** Its time is over, and policy does not want it to go on. */
export function endByDenialAtEnd(session: OpenSession, decision: Decision): SessionEnd {
  const isGrant = session.bound === 'grant_end';
  const byTime = isGrant ? undefined : reasonOfDenial[decision.reason];
  if (byTime !== undefined) return { session, reason: byTime, connections: wish(session, decision) };
  // What refuses it has nothing to do with the time that is over.
  if (session.bound === 'session_time') return revoked(session);
  return { session, reason: reasonOfBound[session.bound], connections: wish(session, decision) };
}

/** Its time is not over, and policy would not let it in any more. */
export function endByDenial(session: OpenSession, decision: Decision, now: number): SessionEnd {
  if (session.bound === 'grant_end' && session.until - now <= grantSlack)
    return endByDenialAtEnd(session, decision);
  // A grant that was taken back: which rule refuses its source since then is another matter.
  const byTime = session.reason === 'grant_allows' ? undefined : reasonOfDenial[decision.reason];
  if (byTime === undefined) return revoked(session);
  return { session, reason: byTime, connections: wish(session, decision) };
}

/**
 * What becomes of connections that nobody knows a session of. `isPastGrant`: they were kept when a grant ended, and
 * that no rule lets their source in was known then.
 */
export function endOfStray({ reason, rule, at_end, next_allowed }: Decision, isPastGrant = false): AtEnd {
  if (isPastGrant && reason === 'no_rule') return at_end;
  // A deny rule that is in force at times refuses by time, too.
  const byTime = reason in reasonOfDenial || (reason === 'rule_denies' && next_allowed !== null);
  return byTime && rule !== null ? at_end : 'cut';
}

export function revoked(session: OpenSession): SessionEnd {
  return { session, reason: 'revoked', connections: 'cut' };
}

/** The rule that refuses says what is to become of connections; where none does, what was said before counts. */
function wish({ atEnd }: OpenSession, decision: Decision): AtEnd {
  return decision.rule === null ? atEnd : decision.at_end;
}
