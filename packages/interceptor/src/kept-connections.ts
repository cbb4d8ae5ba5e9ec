// SPDX-License-Identifier: MIT
// Connections that go on without a session because their rule says so (`at_end: keep`): remembered, so that
// nobody asks about them again at every tick.
import type { ConntrackFlow } from './native.ts';
import { flowKey } from './session-flows.ts';

export class KeptConnections {
  readonly #services = new Map<string, string>();

  get size(): number {
    return this.#services.size;
  }

  add(flow: ConntrackFlow, service: string): void {
    this.#services.set(flowKey(flow), service);
  }

  has(flow: ConntrackFlow): boolean {
    return this.#services.has(flowKey(flow));
  }

  /** Drops those that ended by themselves: of all connections, these are left. */
  retain(flows: readonly ConntrackFlow[]): void {
    if (this.size === 0) return;
    const left = new Set(flows.map(flowKey));
    for (const key of this.#services.keys()) if (!left.has(key)) this.#services.delete(key);
  }

  /** What was said about these services counts no more; null: about any. */
  forget(services: ReadonlySet<string> | null): void {
    for (const [key, service] of this.#services) {
      if (services === null || services.has(service)) this.#services.delete(key);
    }
  }
}
