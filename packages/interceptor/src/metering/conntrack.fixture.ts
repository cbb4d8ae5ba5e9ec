// SPDX-License-Identifier: MIT
import { aConnection } from '../flow.fixture.ts';
import type { ConntrackEvent, ConntrackFlow, FlowTraffic } from '../native.ts';

interface Entry {
  readonly source: string;
  readonly sourcePort: number;
  readonly id: number;
  readonly isReversed: boolean;
  traffic: FlowTraffic;
}

/** A kernel's table of connections: it counts, tells of beginnings and ends in order, and is listed when asked. */
export class FakeConntrack {
  readonly #entries = new Map<string, Entry>();
  /** Told, and not read yet. */
  readonly #told: ConntrackEvent[] = [];
  /** All that ever happened: what whoever listens and looks has to come to. */
  readonly truth = { connections: 0, fromSource: 0, toSource: 0 };
  isLosing = false;

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** `isReversed`: it is found half-way, and the server stands there as the one who opened it. */
  begin(name: string, id: number, isReversed = false, source = '203.0.113.7'): void {
    const nothing = { packets: 0, bytes: 0 };
    const sourcePort = 50_000 + Number(name);
    this.#entries.set(name, {
      source,
      sourcePort,
      id,
      isReversed,
      traffic: { original: nothing, reply: nothing },
    });
    this.truth.connections += 1;
    this.#tell('new', name);
  }

  move(name: string, way: 'fromSource' | 'toSource', bytes: number): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    const direction = (way === 'fromSource') === entry.isReversed ? 'reply' : 'original';
    const { packets, bytes: before } = entry.traffic[direction];
    entry.traffic = { ...entry.traffic, [direction]: { packets: packets + 1, bytes: before + bytes } };
    this.truth[way] += bytes;
  }

  end(name: string): void {
    if (!this.#entries.has(name)) return;
    this.#tell('destroy', name);
    this.#entries.delete(name);
  }

  list(): ConntrackFlow[] {
    return this.names.map((name) => this.#flow(name));
  }

  read(): ConntrackEvent[] {
    return this.#told.splice(0);
  }

  #tell(kind: ConntrackEvent['kind'], name: string): void {
    if (this.isLosing) return;
    const { traffic, ...flow } = this.#flow(name);
    this.#told.push({ kind, flow: kind === 'new' || traffic === undefined ? flow : { ...flow, traffic } });
  }

  #flow(name: string): ConntrackFlow {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new TypeError(name);
    const { source, sourcePort, id, isReversed, traffic } = entry;
    const { original, reply, ...flow } = aConnection({ source, sourcePort, id });
    return {
      ...flow,
      original: isReversed ? reply : original,
      reply: isReversed ? original : reply,
      traffic,
    };
  }
}
