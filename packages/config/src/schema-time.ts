// SPDX-License-Identifier: MIT
// The pieces of text that speak of time: windows, dates, allowances.
import { z } from 'zod';
import { parseClockTime } from './clock-time.ts';
import { parseDateRange } from './date-range.ts';
import { parseDateTime } from './date-time.ts';
import { parseDatedWindow } from './dated-window.ts';
import { parseBudget } from './duration.ts';
import { parsedBy } from './schema-parts.ts';
import { parseWeeklyWindow } from './weekly-window.ts';

export const WindowText = z
  .string()
  .transform(parsedBy(parseWeeklyWindow))
  .meta({
    title: 'window',
    description:
      'Days and times of each week: `fri 18:00-23:30`. Days are `mon` to `sun`, or `monday` to `sunday`, with `-` for a range and `,` for more of them; without days it is every day, without times the whole day. Times are `HH:MM` or `HH:MM:SS`, and `24:00` is the end of a day. A window that ends at or before the time it begins at ends on the next day, and belongs to the day on which it begins. In a list `[…]` a window with a comma needs quotes. When clocks are put forward, a time that they skip is the moment of the change; when they are put back, a time that they show twice is the first of the two.',
    examples: ['fri 18:00-23:30', 'sat-sun', '22:00-02:00', 'mon,wed,fri-sat 16:00-18:00'],
  });

export const DatesText = z
  .string()
  .transform(parsedBy(parseDateRange))
  .meta({
    title: 'dates',
    description: 'A date, or two with `..` between them; both belong to it.',
    pattern: '^\\d{4}-\\d\\d-\\d\\d(\\.\\.\\d{4}-\\d\\d-\\d\\d)?$',
    examples: ['2026-05-01', '2026-12-24..2027-01-06'],
  });

export const DatedWindowText = z
  .string()
  .transform(parsedBy(parseDatedWindow))
  .meta({
    title: 'dated window',
    description: 'Dates, and times as in a window; without times the whole day.',
    examples: ['2026-12-31 20:00-02:00', '2027-01-02..2027-01-05 10:00-12:00'],
  });

export const MomentText = z
  .string()
  .transform(parsedBy(parseDateTime))
  .meta({
    title: 'moment',
    description:
      'A date, which stands for the end of that day, or a date and time, in the time zone of the file unless it has an offset.',
    examples: ['2026-12-31', '2026-12-31T18:00', '2026-12-31T18:00:00+01:00', '2026-12-31T17:00Z'],
  });

export const ClockText = z
  .string()
  .transform(parsedBy(parseClockTime))
  .meta({
    title: 'time of day',
    description: '`HH:MM` or `HH:MM:SS`, from `00:00` to `23:59:59`.',
    pattern: '^\\d\\d:\\d\\d(:\\d\\d)?$',
    examples: ['04:00'],
  });

function budgetText(longest: number, why: string) {
  return z
    .union([z.number(), z.string()])
    .transform(parsedBy((input: string | number) => parseBudget(input, longest, why)))
    .meta({ title: 'budget', description: 'A duration, or `0` for none at all.', examples: ['2h', '0'] });
}

export const DailyText = budgetText(86_400, 'A day has 24h.');
export const WeeklyText = budgetText(7 * 86_400, 'A week has 7d.');
export const MonthlyText = budgetText(31 * 86_400, 'A month has at most 31d.');
