// SPDX-License-Identifier: MIT
// What is kept on the bus: state that replicas share and that outlives them.
import { z } from 'zod';
import { Grant } from './grant.ts';
import { DeadLetter } from './hook.ts';
import { Instant } from './instant.ts';
import type { Daemon } from './subjects.ts';

/** All times in milliseconds. */
export const LedgerEntry = z.object({
  /** By the day on which a period begins, as `2026-11-23`; the newest days only. */
  days: z.record(z.iso.date(), z.object({ used: z.int().min(0), bonus: z.int() })),
  /** The last sequence that was charged, of each meter. */
  meters: z.record(z.uuid(), z.int()),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/** The latest time that a clock was seen to keep steadily: time does not go back behind it. */
export const ClockEntry = z.object({ seen: Instant });
export type ClockEntry = z.infer<typeof ClockEntry>;

interface Store {
  /** Name of the JetStream bucket. */
  readonly bucket: string;
  readonly entry: z.ZodType;
  /** Who reads and writes it. */
  readonly users: readonly Daemon[];
  /** Most bytes that it may take on disk. */
  readonly maxBytes: number;
  readonly about: string;
}

/** Every store on the bus. Keys begin with the node. */
export const stores = {
  grants: {
    bucket: 'nftoggle_grants',
    entry: Grant,
    users: ['policy'],
    maxBytes: 16 * 1024 * 1024,
    about: 'Open grants, by `<node>.<id>`.',
  },
  ledger: {
    bucket: 'nftoggle_ledger',
    entry: LedgerEntry,
    users: ['policy'],
    maxBytes: 64 * 1024 * 1024,
    about: 'What was used of each allowance, by `<node>.<account>`.',
  },
  clock: {
    bucket: 'nftoggle_clock',
    entry: ClockEntry,
    users: ['policy'],
    maxBytes: 1024 * 1024,
    about: 'The latest trusted time, by `<node>.seen`.',
  },
} as const satisfies Record<string, Store>;

export type StoreName = keyof typeof stores;
export type EntryOf<N extends StoreName> = z.infer<(typeof stores)[N]['entry']>;

interface Shelf {
  /** Name of the JetStream stream. */
  readonly stream: string;
  readonly entry: z.ZodType;
  /** Who puts, lists, gets and removes. Unlike those of a store they may be daemons that are not trusted with all. */
  readonly users: readonly Daemon[];
  readonly maxBytes: number;
  readonly about: string;
}

/** Things that are kept to be looked at by people, not mirrored. The oldest go when one is full. Keys begin with the node. */
export const shelves = {
  letters: {
    stream: 'nftoggle_letters',
    entry: DeadLetter,
    users: ['hooks'],
    maxBytes: 32 * 1024 * 1024,
    about: 'Events that hooks did not get, by `<node>.<hook>.<id>`.',
  },
} as const satisfies Record<string, Shelf>;

export type ShelfName = keyof typeof shelves;
export type ShelfEntry<N extends ShelfName> = z.infer<(typeof shelves)[N]['entry']>;
