// SPDX-License-Identifier: MIT
// What each session was used for so far: connections, time and traffic, told by looks at all connections and by the
// events of their beginning and end, in whatever order the two come.
import type { SessionId, SessionUse, Traffic } from '@nftoggle/contracts';
import type { ConntrackEvent, ConntrackFlow } from '../native.ts';
import { FlowCounts, type FlowRecord, type Movement, type OwnerOf } from './flow-counts.ts';
import { Meter, type Metered, type MeterSettings, type Use } from './meter.ts';

/** As a later life of this process takes it over. */
export interface UseRecord {
  readonly use: SessionUse;
  readonly flows: readonly FlowRecord[];
}

interface Sums {
  /** When it was opened, or taken over, by the clock's `now`. */
  readonly opened: number;
  connections: number;
  /** In milliseconds. */
  active: number;
  fromSource: Traffic;
  toSource: Traffic;
  /** Some of it was not counted by the kernel, so that the rest says little. */
  isUncounted: boolean;
  /** Had it a live connection, as far as was known last, and until when may that have lived? */
  isLive: boolean;
  liveUntil: number;
}

const nothing: Traffic = { packets: 0, bytes: 0 };

export class SessionUses {
  readonly #counts: FlowCounts;
  readonly #meter: Meter;
  readonly #sums = new Map<SessionId, Sums>();
  #changed = new Set<SessionId>();

  constructor(now: number) {
    this.#counts = new FlowCounts(now);
    this.#meter = new Meter(now);
  }

  /** False while no connection is known that a look would tell more of. */
  get hasConnections(): boolean {
    return this.#counts.size > 0;
  }

  /** The sessions whose use, or whose connections, changed since the last call. */
  takeChanged(): ReadonlySet<SessionId> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  /** A session was opened. One that is known goes on. */
  open(id: SessionId, now: number): void {
    if (!this.#sums.has(id)) this.#sums.set(id, noSums(now));
  }

  /** A session is taken over from a life before, to be called before anything else is told of it. */
  restore(id: SessionId, { use, flows }: UseRecord, now: number): void {
    this.#sums.set(id, {
      ...noSums(now),
      connections: use.connections,
      active: use.active * 1_000,
      fromSource: use.from_source ?? nothing,
      toSource: use.to_source ?? nothing,
      isUncounted: use.from_source === null,
    });
    this.#counts.restore(id, flows, now);
  }

  forget(id: SessionId): void {
    this.#sums.delete(id);
  }

  /** Events of connections, in the kernel's order. */
  hear(events: readonly ConntrackEvent[], ownerOf: OwnerOf, now: number): void {
    for (const { kind, flow } of events) {
      const owner = ownerOf(flow);
      this.#enter(this.#counts[kind === 'new' ? 'began' : 'ended'](flow, owner, now));
      const sums = owner && this.#sums.get(owner.session);
      if (sums === undefined || flow.closed === true) continue;
      sums.isLive ||= kind === 'new';
      sums.liveUntil = now;
    }
  }

  /**
   * All connections that were let in. What happened before this is to be told before, and what happens meanwhile after.
   * `isAdopted`: what they moved since they were known last counts, but when that was nobody knows.
   */
  look(flows: readonly ConntrackFlow[], ownerOf: OwnerOf, now: number, isAdopted = false): void {
    const { moved, live } = this.#counts.look(flows, ownerOf, now);
    this.#enter(moved, isAdopted);
    // Where events are not heard, connections that came and went since the last look show by what they moved.
    const used = new Set(moved.map(({ session }) => session));
    for (const [id, sums] of this.#sums) {
      if (sums.isLive || live.has(id) || used.has(id)) sums.liveUntil = now;
      sums.isLive = live.has(id);
    }
  }

  /** When the sessions were in use since the last time; what is to be charged for it. */
  measure(
    sessions: readonly Omit<Metered, 'opened'>[],
    now: number,
    settings: MeterSettings,
  ): readonly Use[] {
    const metered = sessions.map((session) => ({
      ...session,
      opened: this.#sums.get(session.id)?.opened ?? now,
    }));
    const { activities, uses } = this.#meter.measure(metered, now, settings);
    for (const { session, from, to } of activities) {
      const sums = this.#sums.get(session);
      if (sums === undefined) continue;
      sums.active += to - from;
      this.#changed.add(session);
    }
    return uses;
  }

  of(id: SessionId): SessionUse {
    const sums = this.#sums.get(id) ?? noSums(0);
    return {
      connections: sums.connections,
      active: sums.active / 1_000,
      from_source: sums.isUncounted ? null : sums.fromSource,
      to_source: sums.isUncounted ? null : sums.toSource,
    };
  }

  /** Since when it surely has had no live connection; since it was opened, or taken over, where it has had none. */
  idleSince(id: SessionId): number {
    const { opened, liveUntil } = this.#sums.get(id) ?? noSums(Number.POSITIVE_INFINITY);
    return Math.max(opened, liveUntil);
  }

  /** What is known of these sessions; of one that is not open there is none. */
  records(ids: ReadonlySet<SessionId>): ReadonlyMap<SessionId, UseRecord> {
    const open = [...ids].filter((id) => this.#sums.has(id));
    const flows = this.#counts.records(ids);
    return new Map(open.map((id) => [id, { use: this.of(id), flows: flows.get(id) ?? [] }]));
  }

  #enter(moved: readonly Movement[], isAdopted = false): void {
    for (const movement of moved) {
      const sums = this.#sums.get(movement.session);
      if (sums === undefined) continue;
      this.#changed.add(movement.session);
      if (movement.isFirst) sums.connections += 1;
      sums.fromSource = sum(sums.fromSource, movement.fromSource);
      sums.toSource = sum(sums.toSource, movement.toSource);
      sums.isUncounted ||= movement.isUncounted;
      if (!isAdopted) this.#meter.note(movement);
    }
  }
}

function noSums(opened: number): Sums {
  return {
    opened,
    connections: 0,
    active: 0,
    fromSource: nothing,
    toSource: nothing,
    isUncounted: false,
    isLive: false,
    liveUntil: Number.NEGATIVE_INFINITY,
  };
}

function sum(a: Traffic, b: Traffic): Traffic {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}
