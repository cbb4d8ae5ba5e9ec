// SPDX-License-Identifier: MIT
// A session that nobody uses ends before its time. Whoever comes back is asked about again, as at the first time.
import type { Config } from '@nftoggle/config';
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from './clock.ts';
import type { Guard } from './guard.ts';
import { revoked } from './session-end.ts';
import type { SessionEnding } from './session-ending.ts';
import type { OpenSession, Sessions } from './sessions.ts';

export interface SessionIdleOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'letIn'>;
  readonly ending: Pick<SessionEnding, 'end' | 'endIdle'>;
  readonly config: () => Config;
  /** By the clock's `now`: see `SessionUses`. */
  readonly idleSince: (session: OpenSession) => number;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Sessions that are ended at once; the others at the next call. */
const batch = 512;

/** To be called after a look at all connections. */
export function endIdleSessions(options: SessionIdleOptions): void {
  const { sessions, guard, ending, clock, log } = options;
  const idle = sessions
    .list()
    .filter((session) => isIdle(session, options))
    .slice(0, batch);
  if (idle.length === 0) return;
  sessions.withdraw(idle);
  // Somebody may have come back just before.
  lookOr(guard, () => sessions.renew(idle, clock.now()));
  const left = idle.filter((session) => isIdle(session, options));
  const unfit = sessions.renew(
    idle.filter((session) => !left.includes(session)),
    clock.now(),
  );
  ending.end(unfit.map(revoked));
  ending.endIdle(left.map((session) => ({ session, reason: 'idle', connections: 'keep' })));
  if (left.length > 0) log.info({ sessions: left.length }, 'sessions that nobody used were ended');
}

/** Sessions without an element in the kernel would be asked about at every connection. */
function lookOr(guard: SessionIdleOptions['guard'], undo: () => void): void {
  try {
    guard.letIn();
  } catch (err) {
    undo();
    throw err;
  }
}

/** One whose time is over ends by that, and one that policy has to be asked about waits for the answer. */
function isIdle(session: OpenSession, { config, idleSince, clock }: SessionIdleOptions): boolean {
  const idleAfter = config().services.get(session.service)?.idleAfter ?? Number.POSITIVE_INFINITY;
  const now = clock.now();
  return session.until > now && now - idleSince(session) >= idleAfter * 1_000;
}
