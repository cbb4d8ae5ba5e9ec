// SPDX-License-Identifier: MIT
// For the tests of stores: ledgers, and entries of one day.
import type { LedgerEntry } from '@nftoggle/contracts';
import { eventually } from '@nftoggle/testkit';
import type { Bus } from './bus.ts';
import { ConflictError } from './errors.ts';
import type { SharedStore } from './shared-store.ts';

export type Ledger = SharedStore<LedgerEntry>;

export const account = 'person.leo';

const day = '2026-11-23';

export function used(milliseconds: number): LedgerEntry {
  return { days: { [day]: { used: milliseconds, bonus: 0 } }, meters: {} };
}

export function usedOf(ledger: Ledger, key = account): number | undefined {
  return ledger.get(key)?.value.days[day]?.used;
}

/** The store of a bus, once it has been read. */
export async function readyLedger(bus: Bus): Promise<Ledger> {
  const ledger = bus.store('ledger');
  await eventually(() => ledger.ready);
  return ledger;
}

/** Adds one, as a replica does it: read, write, and again when somebody else was faster. */
export async function increment(ledger: Ledger): Promise<number> {
  for (;;) {
    const before = ledger.get(account);
    try {
      return await ledger.put(account, used((usedOf(ledger) ?? 0) + 1), before?.revision ?? 0);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** What a listener of the store hears from now on. */
export function changesOf(ledger: Ledger): [string, number | undefined][] {
  const heard: [string, number | undefined][] = [];
  ledger.onChange((key, value) => heard.push([key, value?.days[day]?.used]));
  return heard;
}
