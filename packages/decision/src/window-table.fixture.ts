// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { WindowCalendar } from './window-calendar.ts';
import { instant, rows, windowList } from './window-list.fixture.ts';

/**
 * One test for each row of `text`: a moment, until when the windows are open then (`-`: they are not), and when
 * they open next (`-`: never again).
 */
export function table(zone: string, windows: string, text: string): void {
  describe(`${zone}: ${windows}`, () => {
    const calendar = new WindowCalendar(windowList(windows), zone);
    it.each(rows(text))('%s: open until %s, next %s', (now, until, next) => {
      const at = calendar.at(instant(String(now)));
      expect(iso(at === null ? null : at.to)).toBe(expected(until));
      expect(iso(calendar.next(instant(String(now)))?.from ?? null)).toBe(expected(next));
    });
  });
}

function expected(cell: string | undefined): string {
  if (cell === undefined) throw new TypeError('a row has three cells');
  return cell === '-' || cell === 'for ever' ? cell : iso(instant(cell));
}

/** For messages that people can read. */
export function iso(at: number | null): string {
  if (at === null) return '-';
  return Number.isFinite(at) ? new Date(at).toISOString() : 'for ever';
}
