// SPDX-License-Identifier: MIT
// What policy allows may be another thing than a moment ago: live sessions are asked about again, and what
// they may is brought up to date.
import type { Decision, Flow } from '@nftoggle/contracts';
import { endByDenial, type SessionEnd } from './session-end.ts';
import type { Permission } from './session-new.ts';
import { questionAbout } from './session-question.ts';
import type { OpenSession } from './sessions.ts';

/** A session as it was asked about, and as it is from now on. */
export interface Change {
  readonly before: OpenSession;
  readonly next: OpenSession;
}

export interface ReviewOptions {
  /** Undefined when nobody answers. */
  readonly ask: (flow: Flow) => Promise<Decision | undefined>;
  /** False when the review is overtaken by a newer configuration, or by the stop. */
  readonly isCurrent: () => boolean;
  readonly permissionOf: (service: string, decision: Decision) => Permission;
  readonly now: () => number;
  readonly end: (ends: readonly SessionEnd[]) => void;
  readonly change: (changes: readonly Change[]) => void;
}

/** Sessions that are ended together, because a look at all connections is needed for it. */
const batch = 64;
/** The same instant comes out a little differently each time it is told by another clock, in milliseconds. */
const sameMoment = 50;

/** Ends every session that would be refused now. One that nobody answers about stays: it was allowed. */
export async function reviewSessions(
  sessions: readonly OpenSession[],
  options: ReviewOptions,
): Promise<void> {
  const { ask, isCurrent, permissionOf, now, end, change } = options;
  for (let at = 0; at < sessions.length; at += batch) {
    const [ends, changes]: [SessionEnd[], Change[]] = [[], []];
    for (const before of sessions.slice(at, at + batch)) {
      const decision = await ask(questionAbout(before));
      if (!isCurrent()) return;
      if (decision === undefined) continue;
      const next = reviewed(before, decision, permissionOf(before.service, decision));
      if (next === undefined) ends.push(endByDenial(before, decision, now()));
      else if (next !== before) changes.push({ before, next });
    }
    if (changes.length > 0) change(changes);
    if (ends.length > 0) end(ends);
  }
}

/**
 * The session with all that it is allowed now; undefined when it is not to go on. A session for a prefix
 * ends, too, when not every address of it would get the same answer any more.
 */
export function renewed(
  session: OpenSession,
  { decision }: Decision,
  { until, bound, atEnd, accounts, who, rule, reason, prefix }: Permission,
): OpenSession | undefined {
  if (decision === 'deny' || prefix > session.covers.prefix) return undefined;
  return { ...session, until, bound, atEnd, accounts, who, rule, reason };
}

/** As before, but that a session time goes on from where it began. The very same where nothing is different. */
function reviewed(session: OpenSession, decision: Decision, permission: Permission): OpenSession | undefined {
  const next = renewed(session, decision, permission);
  if (next === undefined) return undefined;
  const timed = { ...next, ...reviewedTime(session, next) };
  return isSame(session, timed) ? session : timed;
}

type Time = Pick<OpenSession, 'until' | 'bound'>;

function reviewedTime(before: Time, next: Time): Time {
  if (Math.abs(next.until - before.until) <= sameMoment) return { until: before.until, bound: next.bound };
  const isLonger = next.until > before.until;
  const { until, bound } = isLonger && before.bound === 'session_time' ? before : next;
  return { until, bound };
}

function isSame(a: OpenSession, b: OpenSession): boolean {
  return (
    a.until === b.until &&
    a.bound === b.bound &&
    a.atEnd === b.atEnd &&
    a.rule === b.rule &&
    a.reason === b.reason &&
    a.who.device === b.who.device &&
    a.who.person === b.who.person &&
    a.who.country === b.who.country &&
    a.accounts.length === b.accounts.length &&
    a.accounts.every((account, i) => account === b.accounts[i])
  );
}
