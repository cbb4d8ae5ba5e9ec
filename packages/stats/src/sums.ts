// SPDX-License-Identifier: MIT
import type { StatsSums } from '@nftoggle/contracts';

/** What is added up, as it stands in the tables: whole numbers, in this order. */
export const sumColumns = [
  'sessions',
  'active_ms',
  'connections',
  'bytes_in',
  'bytes_out',
  'denied',
  'unasked',
] as const;
export type SumColumn = (typeof sumColumns)[number];
export type Sums = Readonly<Record<SumColumn, number>>;
export type MutableSums = Record<SumColumn, number>;

export const zero: Sums = {
  sessions: 0,
  active_ms: 0,
  connections: 0,
  bytes_in: 0,
  bytes_out: 0,
  denied: 0,
  unasked: 0,
};

/** For SELECT. */
export const summed = sumColumns.map((name) => `sum(${name}) AS ${name}`).join(', ');

export function plus(a: Sums, b: Sums): Sums {
  const sum = { ...a };
  addTo(sum, b);
  return sum;
}

/** In place: for what is added up very often. */
export function addTo(sum: MutableSums, more: Sums): void {
  sum.sessions += more.sessions;
  sum.active_ms += more.active_ms;
  sum.connections += more.connections;
  sum.bytes_in += more.bytes_in;
  sum.bytes_out += more.bytes_out;
  sum.denied += more.denied;
  sum.unasked += more.unasked;
}

export function shown({ active_ms, ...rest }: Sums): StatsSums {
  const { sessions, connections, bytes_in, bytes_out, denied, unasked } = rest;
  return { sessions, active: active_ms / 1_000, connections, bytes_in, bytes_out, denied, unasked };
}

/** Most use first. */
function byUse(a: Sums, b: Sums): number {
  return b.active_ms - a.active_ms || b.sessions - a.sessions || b.connections - a.connections;
}

/** Most refusals first. */
function byRefusals(a: Sums, b: Sums): number {
  return b.denied - a.denied || b.unasked - a.unasked;
}

/** Most first: of use, then of refusals. */
export function byMost(a: Sums, b: Sums): number {
  return byUse(a, b) || byRefusals(a, b);
}

/**
 * At most `count` of the rows: half of them those with most use, half those with most refusals, so that neither a
 * busy household nor a scan hides the other. Where one half has too few, the other has more.
 */
export function busiest<Row extends Sums>(rows: readonly Row[], count: number): readonly Row[] {
  if (rows.length <= count) return rows.toSorted(byMost);
  const used = rows.filter((row) => row.sessions > 0 || row.active_ms > 0 || row.connections > 0);
  const others = rows.filter((row) => row.denied > 0 || row.unasked > 0).toSorted(byRefusals);
  const half = Math.max(count >> 1, count - others.length);
  const chosen = new Set(used.toSorted(byUse).slice(0, half));
  for (const row of [...others, ...rows]) {
    if (chosen.size >= count) break;
    chosen.add(row);
  }
  return [...chosen].toSorted(byMost);
}
