// SPDX-License-Identifier: MIT
// The days, weeks and months of allowances. A day begins when clocks show `day_starts` and ends when the next
// begins: 23 or 25 hours where the clock is put forward or back.
import { addDays, type LocalDate, localDate, weekday, zonedInstant } from '@nftoggle/config';
import type { Period } from '@nftoggle/contracts';

/** Days by their date, and instants in milliseconds; `next` and `resets` are not of the period any more. */
export interface PeriodSpan {
  readonly first: LocalDate;
  readonly next: LocalDate;
  readonly from: number;
  readonly resets: number;
}

const spansKept = 3;

export class PeriodCalendar {
  readonly #zone: string;
  readonly #dayStarts: number;
  /** The last answers: nearly every question is about the present, or about the day before as well. */
  readonly #recent: Record<Period, PeriodSpan[]> = { daily: [], weekly: [], monthly: [] };

  /** `dayStarts`: seconds after midnight. */
  constructor(zone: string, dayStarts: number) {
    this.#zone = zone;
    this.#dayStarts = dayStarts;
  }

  /** The date of the allowance day that holds `now`. */
  day(now: number): LocalDate {
    return this.span('daily', now).first;
  }

  /** The period that holds `now`. Weeks begin on Monday, months on the 1st. */
  span(period: Period, now: number): PeriodSpan {
    const recent = this.#recent[period];
    const known = recent.find(({ from, resets }) => from <= now && now < resets);
    if (known !== undefined) return known;
    const span = period === 'daily' ? this.#daily(now) : this.#longer(period, this.day(now));
    recent.unshift(span);
    recent.length = Math.min(recent.length, spansKept);
    return span;
  }

  /** The date on the clock is that of the day, of the day after, or (where it was put back at midnight) before. */
  #daily(now: number): PeriodSpan {
    let first = localDate(this.#zone, now);
    while (this.#start(first) > now) first = addDays(first, -1);
    while (this.#start(addDays(first, 1)) <= now) first = addDays(first, 1);
    return this.#between(first, addDays(first, 1));
  }

  #longer(period: 'weekly' | 'monthly', day: LocalDate): PeriodSpan {
    if (period === 'weekly') {
      const monday = addDays(day, 1 - weekday(day));
      return this.#between(monday, addDays(monday, 7));
    }
    const first = firstOfMonth(day);
    return this.#between(first, firstOfMonth(addDays(first, 31)));
  }

  #between(first: LocalDate, next: LocalDate): PeriodSpan {
    return { first, next, from: this.#start(first), resets: this.#start(next) };
  }

  #start(day: LocalDate): number {
    return zonedInstant(this.#zone, day, this.#dayStarts);
  }
}

function firstOfMonth(day: LocalDate): LocalDate {
  return day.replace(/\d\d$/, '01');
}
