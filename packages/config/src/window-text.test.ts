// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDatedWindow, parseDatedWindow } from './dated-window.ts';
import type { DaySpan, WeeklyWindow } from './types.ts';
import { formatWeeklyWindow, parseWeeklyWindow } from './weekly-window.ts';
import { windowText } from './window-text.ts';
import { addDays, daySeconds } from './zoned-time.ts';

const span = fc
  .tuple(fc.nat(daySeconds - 1), fc.integer({ min: 1, max: daySeconds - 1 }), fc.boolean())
  .map(
    ([from, length, whole]): DaySpan => (whole ? { from: 0, to: daySeconds } : { from, to: from + length }),
  );
const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }).map((list) => list.sort());
const dates = fc.tuple(fc.nat(20_000), fc.nat(400)).map(([start, more]) => ({
  first: addDays('1999-12-31', start),
  last: addDays('1999-12-31', start + more),
}));

describe('windows', () => {
  it('read back what they write', () => {
    fc.assert(
      fc.property(days, span, (list, hours) => {
        const window: WeeklyWindow = { days: list, ...hours };
        expect(parseWeeklyWindow(formatWeeklyWindow(window))).toEqual({ ok: true, value: window });
      }),
    );
  });

  it('read back what they write, on dates', () => {
    fc.assert(
      fc.property(dates, span, (range, hours) => {
        const window = { dates: range, ...hours };
        expect(parseDatedWindow(formatDatedWindow(window))).toEqual({ ok: true, value: window });
      }),
    );
  });

  it('answer any text, and never with an exception', () => {
    const words = fc.constantFrom(
      'mon',
      'sat',
      '-',
      ',',
      ' ',
      '18:00',
      '6pm',
      '2026-12-24',
      '..',
      '–',
      'to',
      '24:00',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (any) => {
        for (const parsed of [parseWeeklyWindow(any), parseDatedWindow(any)]) {
          if (!parsed.ok)
            expect([parsed.message, parsed.remedy]).toEqual([
              expect.stringMatching(/./),
              expect.stringMatching(/./),
            ]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('windowText', () => {
  const weekly = (...texts: readonly string[]): WeeklyWindow[] =>
    texts.map((text) => {
      const parsed = parseWeeklyWindow(text);
      if (!parsed.ok) throw new TypeError(parsed.message);
      return parsed.value;
    });
  const holidays = { first: '2026-12-24', last: '2027-01-06' };
  const newYear = { dates: { first: '2026-12-31', last: '2026-12-31' }, from: 72_000, to: 93_600 };

  it('says windows as the file does', () => {
    expect(
      windowText({ weekly: weekly('sat-sun 10:00-23:30', 'fri 18:00-23:30'), except: [], also: [] }),
    ).toBe('sat-sun 10:00-23:30, fri 18:00-23:30');
  });

  it('says what is left out and what is added', () => {
    expect(windowText({ weekly: weekly('fri 18:00-23:30'), except: [holidays], also: [newYear] })).toBe(
      'fri 18:00-23:30; not 2026-12-24..2027-01-06; also 2026-12-31 20:00-02:00',
    );
  });

  it('says "every day" for all of the time, and "only" where there are but dates', () => {
    expect(windowText({ weekly: weekly('00:00-24:00'), except: [holidays], also: [] })).toBe(
      'every day; not 2026-12-24..2027-01-06',
    );
    expect(windowText({ weekly: [], except: [holidays], also: [newYear] })).toBe(
      'only 2026-12-31 20:00-02:00',
    );
    expect(windowText({ weekly: [], except: [], also: [] })).toBe('never');
  });

  it('says days in runs, over the end of the week as well', () => {
    expect(
      windowText({
        weekly: weekly('sun-thu 22:00-06:00', 'mon-sun 01:00-02:00', 'sun,mon,wed'),
        except: [],
        also: [],
      }),
    ).toBe('sun-thu 22:00-06:00, 01:00-02:00, wed,sun-mon');
    expect(windowText({ weekly: weekly('fri-mon', 'mon,wed,fri 22:00-00:00'), except: [], also: [] })).toBe(
      'fri-mon, mon,wed,fri 22:00-24:00',
    );
  });
});
