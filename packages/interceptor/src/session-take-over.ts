// SPDX-License-Identifier: MIT
// What becomes of the sessions of a life before: the kernel knows which go on, and the file what is known of each.
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from './clock.ts';
import type { SessionUses } from './metering/session-uses.ts';
import type { ConntrackFlow } from './native.ts';
import { type EndReason, endUnused } from './session-end.ts';
import type { SessionEnding } from './session-ending.ts';
import type { OldMemory } from './session-file.ts';
import { flowsBySession, isLive, type SessionFlow } from './session-flows.ts';
import { derivedSessionId } from './session-id.ts';
import { sessionKey } from './session-place.ts';
import { reopened, type SessionRecord } from './session-records.ts';
import type { SessionTelling } from './session-telling.ts';
import { type OpenSession, type Sessions, sourceOf } from './sessions.ts';

interface Remembered {
  readonly session: OpenSession;
  readonly record: SessionRecord;
}

/** What there was, by what becomes of it. */
export interface TakeOverPlan {
  /** Stand in the kernel still. Without a record nobody knows what was told of them. */
  readonly live: readonly { readonly session: OpenSession; readonly record?: SessionRecord }[];
  /** Their time was over while nobody was there; connections of theirs may be left. */
  readonly due: readonly Remembered[];
  /** Are over; `reason` is null where their time was. */
  readonly over: readonly (Remembered & { readonly reason: EndReason | null; readonly ended: number })[];
}

/** What is written down as text is rounded, and the kernel has a clock of its own, in milliseconds. */
const slack = 1_000;

/** @param isSameTable false when our table was removed since the file was written, or the machine started anew */
export function planTakeOver(
  inKernel: readonly OpenSession[],
  memory: OldMemory | undefined,
  isSameTable: boolean,
  clock: Clock,
): TakeOverPlan {
  const remembered = (memory?.sessions ?? []).flatMap((record) => {
    const session = reopened(record, clock);
    return session === undefined ? [] : [{ session, record }];
  });
  const known = new Map((isSameTable ? remembered : []).map((each) => [sessionKey(each.session), each]));
  const live = inKernel.map((session) => recognised(session, known.get(sessionKey(session))));
  const taken = new Set(live.map(({ session }) => session.id));
  const occupied = new Set(live.map(({ session }) => sessionKey(session)));
  const gone = remembered.filter(({ session }) => !taken.has(session.id));
  // The clock on the wall may have been set back since.
  const seen = clock.now() + Math.min(0, (memory?.seen ?? 0) - clock.wall());
  const isTimeOver = ({ session }: Remembered): boolean =>
    isSameTable && session.until <= clock.now() + slack;
  const hasSuccessor = ({ session }: Remembered): boolean => occupied.has(sessionKey(session));
  return {
    live,
    due: gone.filter((each) => isTimeOver(each) && !hasSuccessor(each)),
    over: gone
      .filter((each) => !isTimeOver(each) || hasSuccessor(each))
      .map((each) =>
        isTimeOver(each)
          ? { ...each, reason: null, ended: each.session.until }
          : { ...each, reason: isSameTable ? 'revoked' : 'shutdown', ended: seen },
      ),
  };
}

/**
 * An element without an id, of an older version or made by hand, is known by its place.
 * @param known what is remembered of its place
 */
function recognised(session: OpenSession, known: Remembered | undefined): TakeOverPlan['live'][number] {
  const isNamed = session.id !== derivedSessionId(session);
  if (known === undefined || (isNamed && known.session.id !== session.id)) return { session };
  const { until, bound, atEnd } = session;
  return { session: { ...known.session, until, bound, atEnd }, record: known.record };
}

export interface TakeOverOptions {
  readonly sessions: Sessions;
  readonly uses: SessionUses;
  readonly ending: Pick<SessionEnding, 'endIdle'>;
  readonly telling: Pick<SessionTelling, 'started' | 'ended'>;
  readonly serviceOf: (mark: number) => string | undefined;
  /** Counts what connections moved up to now, whoever was there to see it. */
  readonly look: () => readonly ConntrackFlow[];
  readonly log: Logger;
  readonly clock: Clock;
}

/** How long those whose time was over, and who are connected, are asked about before that is carried out, in milliseconds. */
const patience = 5_000;

export function takeOver({ live, due, over }: TakeOverPlan, options: TakeOverOptions): void {
  const { sessions, uses, telling, look, log, clock } = options;
  for (const { session, record } of [...live, ...due]) {
    if (record !== undefined)
      uses.restore(session.id, { use: record.session.use, flows: record.flows }, clock.now());
    sessions.adopt(session);
  }
  // Connections may have outlived their sessions: what they moved before now is none of whoever goes on with them.
  const flows = look();
  for (const { session, record, reason, ended } of over)
    telling.ended(session, reason ?? endUnused(session).reason, record.session.use, 0, ended);
  const unknown = live.filter(({ record }) => record === undefined).map(({ session }) => session);
  const own = flowsBySession(unknown, flows, options.serviceOf);
  for (const session of unknown) telling.started(firstOf(session, own.get(session)?.[0]), session);
  settle(
    due.map(({ session }) => session),
    flows,
    options,
  );
  if (live.length + due.length + over.length > 0)
    log.info(
      { live: live.length, due: due.length, over: over.length },
      'took over the sessions that there were',
    );
}

/** Nobody connected: over since then. Somebody connected: as if we had been there, but that policy may start as well. */
function settle(
  due: readonly OpenSession[],
  flows: readonly ConntrackFlow[],
  { sessions, ending, serviceOf, clock }: TakeOverOptions,
): void {
  const own = flowsBySession(due, flows, serviceOf);
  const isUsed = (session: OpenSession): boolean =>
    own.get(session)?.some(({ flow }) => isLive(flow)) ?? false;
  const unused = due.filter((session) => !isUsed(session));
  ending.endIdle(unused.map((session) => ({ ...endUnused(session), ended: session.until })));
  for (const session of due.filter(isUsed)) sessions.postpone(session, clock.now() + patience);
}

/** What is told of the beginning of a session that nobody knows more of: a connection that it has, if it has one. */
function firstOf(
  session: OpenSession,
  first: SessionFlow | undefined,
): Parameters<SessionTelling['started']>[0] {
  const source = sourceOf(session);
  const unknown = session.covers.family === 4 ? '0.0.0.0' : '::';
  if (first === undefined) return { source, protocol: 'tcp', destination: unknown, destinationPort: 0 };
  const { protocol, original } = first.flow;
  return { source, protocol, destination: original.destination, destinationPort: original.destinationPort };
}
