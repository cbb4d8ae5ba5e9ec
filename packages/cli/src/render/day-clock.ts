// SPDX-License-Identifier: MIT
import { localSecond } from '@nftoggle/config';
import type { ScheduleDay } from '@nftoggle/contracts';

const quarterSeconds = 900;
export const quarterMs = quarterSeconds * 1_000;
export const quartersOfDay = 96;

/**
 * When clocks show each quarter of an hour of a day, in milliseconds since the epoch. Where the clock is put
 * forward some quarters are shown at no time; where it is put back some are shown a second time.
 */
export interface DayClock {
  readonly first: readonly (number | undefined)[];
  readonly second: readonly (number | undefined)[];
}

export function dayClock({ from, to, clockChange }: ScheduleDay, zone: string): DayClock {
  const first: (number | undefined)[] = Array.from({ length: quartersOfDay });
  const second: (number | undefined)[] = Array.from({ length: quartersOfDay });
  const begin = Date.parse(from);
  for (let instant = begin; instant < Date.parse(to); instant += quarterMs) {
    const shown = clockChange === 0 ? (instant - begin) / 1_000 : localSecond(zone, instant);
    const quarter = Math.floor(shown / quarterSeconds);
    (first[quarter] === undefined ? first : second)[quarter] = instant;
  }
  return { first, second };
}

/** The hours that are skipped, or shown twice, in seconds after midnight; null on a day like any other. */
export function changedHours({ first, second }: DayClock): { from: number; to: number } | null {
  const changed = (quarter: number): boolean => first[quarter] === undefined || second[quarter] !== undefined;
  const quarters = first.flatMap((_, quarter) => (changed(quarter) ? [quarter] : []));
  const [begin] = quarters;
  const end = quarters.at(-1);
  if (begin === undefined || end === undefined) return null;
  return { from: begin * quarterSeconds, to: (end + 1) * quarterSeconds };
}
