// SPDX-License-Identifier: MIT
// What each connection moved since it was seen last. Every byte that conntrack counted counts once, whether a look at
// all connections shows it or the event of the connection's end.
import type { Traffic } from '@nftoggle/contracts';
import type { ConntrackFlow, FlowTraffic } from '../native.ts';
import { flowKey, isLive } from '../session-flows.ts';

/** What a connection did for its session. */
export interface Movement {
  readonly session: string;
  /** The session had not heard of the connection before. */
  readonly isFirst: boolean;
  /** When that was, at the earliest and at the latest, by the clock's `now`. */
  readonly from: number;
  readonly to: number;
  readonly fromSource: Traffic;
  readonly toSource: Traffic;
  /** Of a connection that the kernel does not count: it was open all that time, which is all that is known. */
  readonly isUncounted: boolean;
}

/** Whose a connection is. `isReversed`: conntrack found it half-way and takes the server for the one who opened it. */
export interface Owner {
  readonly session: string;
  readonly isReversed: boolean;
}
export type OwnerOf = (flow: ConntrackFlow) => Owner | undefined;

/** Counters of a connection as a later life of this process gets them; null where the kernel does not count. */
export interface FlowRecord {
  readonly key: string;
  readonly traffic: FlowTraffic | null;
}

interface Known {
  /** Counters as they were seen last. */
  readonly traffic: FlowTraffic | undefined;
  readonly seen: number;
  readonly session: string | undefined;
  /** Its beginning was told by an event, or by a life before. */
  readonly isAnnounced: boolean;
  /** Both sides closed it. */
  readonly isClosed: boolean;
  /** The last look did not show it: the event of its end may be on its way. */
  readonly isMissing: boolean;
}

/** Connections whose end was told since the last look that are remembered: it may still show the newest of them. */
const mostGone = 1_024;

const nothing: Traffic = { packets: 0, bytes: 0 };
const none: FlowTraffic = { original: nothing, reply: nothing };

/** To be told events in the kernel's order; a look comes between those from before it and those from after it. */
export class FlowCounts {
  #known = new Map<string, Known>();
  /** Last counters of those whose end was told since the last look, oldest first. */
  #gone = new Map<string, FlowTraffic | undefined>();
  #lastLook: number;

  constructor(now: number) {
    this.#lastLook = now;
  }

  /** How many connections it knows. */
  get size(): number {
    return this.#known.size;
  }

  /** Takes over what a life before knew of the connections of a session. */
  restore(session: string, flows: readonly FlowRecord[], now: number): void {
    for (const { key, traffic } of flows) {
      const facts = { traffic: traffic ?? undefined, seen: now, session };
      this.#known.set(key, { ...facts, isAnnounced: true, isClosed: false, isMissing: false });
    }
  }

  /** Connections of these sessions that are not over. */
  records(sessions: ReadonlySet<string>): ReadonlyMap<string, FlowRecord[]> {
    const records = new Map<string, FlowRecord[]>();
    if (sessions.size === 0) return records;
    for (const [key, { session, traffic }] of this.#known) {
      if (session === undefined || !sessions.has(session)) continue;
      const own = records.get(session) ?? [];
      own.push({ key, traffic: traffic ?? null });
      records.set(session, own);
    }
    return records;
  }

  /** A connection has begun. */
  began(flow: ConntrackFlow, owner: Owner | undefined, now: number): Movement[] {
    const key = flowKey(flow);
    const known = this.#known.get(key);
    this.#gone.delete(key);
    // A look was quicker than the event. Otherwise the end of one with the same id was lost.
    const isSame = known !== undefined && !known.isAnnounced;
    const facts = isSame ? known : { traffic: undefined, seen: now, isClosed: false, isMissing: false };
    this.#known.set(key, { ...facts, session: owner?.session, isAnnounced: true });
    const isFirst = owner !== undefined && !(isSame && known.session === owner.session);
    return isFirst ? [movement(owner, true, { from: now, to: now }, none)] : [];
  }

  /** The kernel has forgotten a connection: these are its last counters. */
  ended(flow: ConntrackFlow, owner: Owner | undefined, now: number): Movement[] {
    const key = flowKey(flow);
    const known = this.#known.get(key);
    this.#known.delete(key);
    this.#gone.set(key, flow.traffic ?? known?.traffic);
    for (const oldest of this.#gone.keys()) {
      if (this.#gone.size <= mostGone) break;
      this.#gone.delete(oldest);
    }
    return this.#moved(flow, known, owner, known?.isClosed !== true, now);
  }

  /**
   * All connections that there are.
   * @returns what they moved, and the sessions that have a live one
   */
  look(
    flows: readonly ConntrackFlow[],
    ownerOf: OwnerOf,
    now: number,
  ): { readonly moved: Movement[]; readonly live: ReadonlySet<string> } {
    const before = this.#known;
    const known = new Map<string, Known>();
    const [moved, live]: [Movement[], Set<string>] = [[], new Set()];
    for (const flow of flows) {
      const key = flowKey(flow);
      const there = before.get(key);
      // A table that grows just then shows some twice, and one that is about to go may still be shown.
      if (known.has(key) || this.#isGone(key, flow)) continue;
      const owner = ownerOf(flow);
      moved.push(...this.#moved(flow, there, owner, isLive(flow), now));
      if (owner !== undefined && isLive(flow)) live.add(owner.session);
      known.set(key, {
        traffic: flow.traffic,
        seen: now,
        session: owner?.session,
        isAnnounced: there?.isAnnounced ?? false,
        isClosed: !isLive(flow),
        isMissing: false,
      });
    }
    for (const [key, last] of before)
      if (!known.has(key) && !last.isMissing) known.set(key, { ...last, isMissing: true });
    this.#known = known;
    this.#gone = new Map();
    this.#lastLook = now;
    return { moved, live };
  }

  #isGone(key: string, { traffic }: ConntrackFlow): boolean {
    return this.#gone.has(key) && isSame(this.#gone.get(key), traffic);
  }

  /** `isOpen`: it was in use, as far as can be told of one that the kernel does not count. */
  #moved(
    flow: ConntrackFlow,
    known: Known | undefined,
    owner: Owner | undefined,
    isOpen: boolean,
    now: number,
  ): Movement[] {
    if (owner === undefined) return [];
    const delta = since(known?.traffic, flow.traffic ?? known?.traffic ?? none);
    const isUncounted = flow.traffic === undefined && isOpen;
    const isFirst = known?.session !== owner.session || delta.isAnother;
    if (!isFirst && !isUncounted && isNothing(delta)) return [];
    const span = { from: known?.seen ?? this.#lastLook, to: now };
    return [movement(owner, isFirst, span, delta, isUncounted)];
  }
}

function movement(
  { session, isReversed }: Owner,
  isFirst: boolean,
  span: { readonly from: number; readonly to: number },
  { original, reply }: FlowTraffic,
  isUncounted = false,
): Movement {
  const [fromSource, toSource] = isReversed ? [reply, original] : [original, reply];
  return { session, isFirst, ...span, fromSource, toSource, isUncounted };
}

/** Counters that run backwards are those of another connection. */
function since(before: FlowTraffic | undefined, now: FlowTraffic): FlowTraffic & { isAnother: boolean } {
  const isAnother =
    before !== undefined && (isLess(now.original, before.original) || isLess(now.reply, before.reply));
  if (before === undefined || isAnother) return { ...now, isAnother };
  return {
    original: difference(before.original, now.original),
    reply: difference(before.reply, now.reply),
    isAnother,
  };
}

function isLess(a: Traffic, b: Traffic): boolean {
  return a.bytes < b.bytes || a.packets < b.packets;
}

function difference(before: Traffic, now: Traffic): Traffic {
  return { packets: now.packets - before.packets, bytes: now.bytes - before.bytes };
}

function isNothing({ original, reply }: FlowTraffic): boolean {
  return original.packets === 0 && reply.packets === 0;
}

function isSame(a: FlowTraffic | undefined, b: FlowTraffic | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return isNothing(since(a, b)) && isNothing(since(b, a));
}
