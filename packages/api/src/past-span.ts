// SPDX-License-Identifier: MIT
import { parsePastMoment } from './past-moment.ts';
import type { Problem } from './problem.ts';

/** ISO 8601 in UTC; `from` is included, `to` is not. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

/** What is asked about when nothing is said. */
const defaultFrom = '7d';
const defaultTo = 'now';
const dayLength = 86_400_000;

/** Which span of the past a client means by `from` and `to`, or what is wrong with them. */
export function readSpan(
  { from, to }: { readonly from?: unknown; readonly to?: unknown },
  now: number,
  zone: string,
): Span | Problem {
  const first = readMoment('from', from ?? defaultFrom, now, zone);
  if (typeof first !== 'number') return first;
  const last = readMoment('to', to ?? defaultTo, now, zone);
  if (typeof last !== 'number') return last;
  if (first >= last) return wrongTime('from', 'The time from which it begins is not before the one it ends.');
  return { from: new Date(first).toISOString(), to: new Date(last).toISOString() };
}

export function isProblem(value: object): value is Problem {
  return 'error' in value;
}

function readMoment(field: string, text: unknown, now: number, zone: string): number | Problem {
  if (typeof text !== 'string') return wrongTime(field, `The parameter ${field} is needed once at most.`);
  const moment = parsePastMoment(text, now, zone);
  if (!moment.ok) return wrongTime(field, `${field}: ${moment.message} ${moment.remedy}`);
  // East of Greenwich the first day of 1970, by which people mean "all", begins the day before.
  const value = moment.value < 0 && moment.value >= -dayLength ? 0 : moment.value;
  const year = new Date(value).getUTCFullYear();
  // A year of more digits has another form in ISO 8601.
  return year >= 1970 && year <= 9999 ? value : wrongTime(field, `${field}: there is no such time here.`);
}

function wrongTime(field: string, message: string): Problem {
  return { error: 'wrong_time', message, field };
}
