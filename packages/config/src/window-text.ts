// SPDX-License-Identifier: MIT
// Windows in words for people, in the terms of the file.
import { formatDateRange } from './date-range.ts';
import { formatDatedWindow } from './dated-window.ts';
import { everyDay } from './day-name.ts';
import { isWholeDay } from './day-span.ts';
import type { WeeklyWindow, WindowList } from './types.ts';
import { formatWeeklyWindow } from './weekly-window.ts';

/** `sat-sun 10:00-23:30, fri 18:00-23:30; not 2026-12-24..2027-01-06; also 2026-12-31 20:00-02:00`. */
export function windowText({ weekly, except, also }: WindowList): string {
  const onlyDated = weekly.length === 0;
  const parts = [
    weekly.map(weeklyText).join(', '),
    onlyDated || except.length === 0 ? '' : `not ${except.map(formatDateRange).join(', ')}`,
    also.length === 0 ? '' : `${onlyDated ? 'only' : 'also'} ${also.map(formatDatedWindow).join(', ')}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'never' : parts.join('; ');
}

function weeklyText(window: WeeklyWindow): string {
  const always = window.days.length === everyDay.length && isWholeDay(window);
  return always ? 'every day' : formatWeeklyWindow(window);
}
