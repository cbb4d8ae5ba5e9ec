// SPDX-License-Identifier: MIT
// Connections that go on without a session because their rule says so (`at_end: keep`): remembered, so that
// nobody asks about them again at every tick.
import type { ConntrackFlow } from './native.ts';
import { flowKey } from './session-flows.ts';

interface Kept {
  readonly service: string;
  /** Kept when a grant ended. */
  readonly isPastGrant: boolean;
  /** What was said counts no more: somebody has to ask again. */
  readonly isForgotten: boolean;
}

export class KeptConnections {
  readonly #kept = new Map<string, Kept>();

  /** How many are remembered, those that are to be asked about again among them. */
  get size(): number {
    return this.#kept.size;
  }

  add(flow: ConntrackFlow, service: string, isPastGrant = false): void {
    this.#kept.set(flowKey(flow), { service, isPastGrant, isForgotten: false });
  }

  has(flow: ConntrackFlow): boolean {
    return this.#kept.get(flowKey(flow))?.isForgotten === false;
  }

  isPastGrant(flow: ConntrackFlow): boolean {
    return this.#kept.get(flowKey(flow))?.isPastGrant ?? false;
  }

  /** Drops those that ended by themselves: of all connections, these are left. */
  retain(flows: readonly ConntrackFlow[]): void {
    if (this.size === 0) return;
    const left = new Set(flows.map(flowKey));
    for (const key of this.#kept.keys()) if (!left.has(key)) this.#kept.delete(key);
  }

  /** What was said about these services counts no more; null: about any. */
  forget(services: ReadonlySet<string> | null): void {
    for (const [key, kept] of this.#kept) {
      if (services === null || services.has(kept.service))
        this.#kept.set(key, { ...kept, isForgotten: true });
    }
  }
}
