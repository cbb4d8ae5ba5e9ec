// SPDX-License-Identifier: MIT
import { Id } from '@nftoggle/contracts';
import { z } from 'zod';

/** Wakes that are remembered of each device. */
export const mostDurations = 50;

/** How long the last wakes of a device took, in milliseconds, oldest first. */
export const WakeEntry = z.object({ durations: z.array(z.int().min(0)).max(mostDurations) });
export type WakeEntry = z.infer<typeof WakeEntry>;

export const WakeEntries = z.record(Id, WakeEntry);

/** Where what was learned is kept. */
export interface WakeStore {
  get(device: Id): WakeEntry | undefined;
  /** May fail: what was learned is then learned again. */
  put(device: Id, entry: WakeEntry): Promise<void>;
}

/** In seconds. */
export interface Expectation {
  /** Half of the wakes took no longer, */
  readonly median: number;
  /** and 95 of 100. */
  readonly p95: number;
  readonly wakes: number;
}

export function expectationOf(entry: WakeEntry | undefined): Expectation | null {
  const sorted = [...(entry?.durations ?? [])].sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  return { median: quantile(sorted, 0.5) / 1_000, p95: quantile(sorted, 0.95) / 1_000, wakes: sorted.length };
}

/** The nearest rank: a duration that was measured, never one in between. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}

export function withDuration(entry: WakeEntry | undefined, milliseconds: number): WakeEntry {
  const durations = [...(entry?.durations ?? []), Math.max(0, Math.round(milliseconds))];
  return { durations: durations.slice(-mostDurations) };
}
