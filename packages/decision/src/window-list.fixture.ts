// SPDX-License-Identifier: MIT
// Window lists and tables about them, as short as they are thought of. No checks: tests write no mistakes.
import type { DateRange, WindowList } from '@nftoggle/config';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Such as `mon-fri 16:00-18:00, sat 22:00-02:00; except 2026-12-24..2026-12-26; also 2026-12-31 20:00-24:00`. */
export function windowList(text: string): WindowList {
  const list = { weekly: [], except: [], also: [] } as {
    [K in keyof WindowList]: WindowList[K][number][];
  };
  for (const part of text.split(/[,;]/).map((each) => each.trim())) {
    const [first = '', second = '', third = ''] = part.split(' ');
    if (first === 'except') list.except.push(dates(second));
    else if (first === 'also') list.also.push({ dates: dates(second), ...times(third) });
    else if (first !== '') list.weekly.push({ days: days(first), ...times(second) });
  }
  return list;
}

function days(text: string): number[] {
  if (text === 'daily') return days('mon-sun');
  const [first = '', last = first] = text.split('-');
  const from = weekdays.indexOf(first) + 1;
  const length = (weekdays.indexOf(last) + 1 - from + 7) % 7;
  return Array.from({ length: length + 1 }, (_, n) => ((from - 1 + n) % 7) + 1).sort();
}

function times(text: string): { from: number; to: number } {
  const [from = 0, to = 0] = text.split('-').map(seconds);
  return { from, to: to > from ? to : to + 86_400 };
}

export function seconds(text: string): number {
  const [hours = 0, minutes = 0, rest = 0] = text.split(':').map(Number);
  return hours * 3_600 + minutes * 60 + rest;
}

function dates(text: string): DateRange {
  const [first = '', last = first] = text.split('..');
  return { first, last };
}

/** `fri 2026-03-27 15:59:59 +01:00` as an instant. The weekday is for the reader, and has to be right. */
export function instant(text: string): number {
  const [, weekday = '', date = '', time = '', offset = 'Z'] = text.match(/^(\w+) (\S+) (\S+) (\S+)$/) ?? [];
  const day = new Date(`${date}T00:00:00Z`).getUTCDay();
  if (weekdays[(day + 6) % 7] !== weekday) throw new TypeError(`${text}: that is not a ${weekday}`);
  const at = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(at)) throw new TypeError(`${text}: not an instant`);
  return at;
}

/** The cells of a table, one row a line, with `|` between them. */
export function rows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}
