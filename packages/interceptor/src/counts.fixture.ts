// SPDX-License-Identifier: MIT
import type { ServiceCounts } from './ruleset/table.ts';

/** The kernel's counters of services, and how many packets are on their way to us. */
export class FakeCounts {
  inFlight = 0;
  /** Thrown by the next reading. */
  failure: Error | undefined;
  #counts = new Map<string, ServiceCounts>();

  add(service: string, { asked = 0, entered = 0, opened = 0 }: Partial<ServiceCounts>): void {
    const before = this.#counts.get(service) ?? { asked: 0, entered: 0, opened: 0 };
    this.#counts.set(service, {
      asked: before.asked + asked,
      entered: before.entered + entered,
      opened: before.opened + opened,
    });
  }

  /** Since the last call. */
  take(): ReadonlyMap<string, ServiceCounts> {
    if (this.failure !== undefined) throw this.failure;
    const counts = this.#counts;
    this.#counts = new Map();
    return counts;
  }

  /** Somebody removes the table. */
  lose(): void {
    this.#counts = new Map();
  }
}
