// SPDX-License-Identifier: MIT
import { localDate, localSecond, zonedInstant } from '@nftoggle/config';
import type { Step } from './schema.ts';

const minute = 60;
const hour = 3_600;
const dayMs = 86_400_000;

/** Offsets of time zones are whole quarters of an hour, and so is where hours and days begin. */
const quarter = 900;

interface Quarter {
  readonly hour: number;
  readonly day: number;
}

/**
 * Where minutes, hours and days begin. Days are those of a time zone, also on the days on which its clocks are put
 * forward or back. Hours begin when its clocks show a whole one: where they are no whole hours away from UTC, a day
 * would not be made of whole hours otherwise.
 */
export class Calendar {
  readonly zone: string;
  readonly #quarters = new Map<number, Quarter>();
  readonly #starts = new Map<number, number>();

  /** @param zone IANA name */
  constructor(zone: string) {
    this.zone = zone;
  }

  /** The key of the span of `step` that holds an instant in milliseconds. */
  keyOf(step: Step, instant: number): number {
    const second = Math.floor(instant / 1_000);
    return step === 'minute' ? second - mod(second, minute) : this.#quarterOf(second)[step];
  }

  /** Milliseconds of the epoch at which the span of a key begins. */
  startOf(step: Step, key: number): number {
    if (step !== 'day') return key * 1_000;
    const known = this.#starts.get(key);
    if (known !== undefined) return known;
    const start = zonedInstant(this.zone, dateOf(key), 0);
    if (this.#starts.size > 10_000) this.#starts.clear();
    this.#starts.set(key, start);
    return start;
  }

  /** Milliseconds of the epoch; the instant itself where a span of `step` begins. */
  floor(step: Step, instant: number): number {
    return this.startOf(step, this.keyOf(step, instant));
  }

  ceil(step: Step, instant: number): number {
    const floor = this.floor(step, instant);
    if (floor === instant) return instant;
    if (step === 'day') return this.startOf('day', this.keyOf('day', instant) + 1);
    return floor + (step === 'hour' ? hour : minute) * 1_000;
  }

  #quarterOf(second: number): Quarter {
    const number = Math.floor(second / quarter);
    const known = this.#quarters.get(number);
    if (known !== undefined) return known;
    const begin = number * quarter;
    const found = {
      hour: begin - mod(Math.floor(localSecond(this.zone, begin * 1_000)), hour),
      day: dayNumber(localDate(this.zone, begin * 1_000)),
    };
    if (this.#quarters.size > 20_000) this.#quarters.clear();
    this.#quarters.set(number, found);
    return found;
  }
}

/** Days since 1970-01-01. */
export function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / dayMs;
}

export function dateOf(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}
