// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { type Paint, plain } from '../paint.ts';
import { aSchedule, type RowsOf } from '../schedule.fixture.ts';
import { schedulePage } from './schedule-page.ts';

const berlin = 'Europe/Berlin';
/** Before any day of these tests. */
const now = new Date('2026-01-01T12:00:00Z');
/** Open to the half hour on weekdays, longer and by an allowance at weekends. */
const schoolWeek: RowsOf = (date) => ({
  'minecraft for leo-laptop': isWeekend(date) ? [['10:00', '21:00', 7_200]] : [['16:00', '18:00']],
});
const nightly: RowsOf = () => ({ 'backup for nas': [['01:00', '05:15']] });

function isWeekend(date: string): boolean {
  return [0, 6].includes(new Date(date).getUTCDay());
}

describe('a schedule', () => {
  it('is the days below each other, under one ruler, with their times beside them', () => {
    expect(
      schedulePage(aSchedule(berlin, '2026-11-26', 4, schoolWeek), { now, width: 80, paint: plain }),
    ).toBe(
      `leo: Thu 26 Nov to Sun 29 Nov (Europe/Berlin)

minecraft for leo-laptop
           0     3     6     9     12    15    18    21
Thu 26 Nov ································████············  16:00-18:00
Fri 27 Nov ································████············  16:00-18:00
Sat 28 Nov ····················▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒······  10:00-21:00, max 2h
Sun 29 Nov ····················▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒······  10:00-21:00, max 2h

█ open   ▒ open, but in all for no longer than max   · shut`,
    );
  });

  it('leaves the hour blank that clocks skip', () => {
    expect(schedulePage(aSchedule(berlin, '2026-03-28', 3, nightly), { now, width: 80, paint: plain })).toBe(
      `leo: Sat 28 Mar to Mon 30 Mar (Europe/Berlin)

backup for nas
           0     3     6     9     12    15    18    21
Sat 28 Mar ··████████▌·····································  01:00-05:15
Sun 29 Mar ··██  ████▌·····································  01:00-05:15
           clocks go forward at 02:00, a day of 23 h
Mon 30 Mar ··████████▌·····································  01:00-05:15

█ open   · shut`,
    );
  });

  it('shows the hour twice that clocks show twice', () => {
    // The first 02:30 counts as an end: the second time that hour is shut.
    const rows: RowsOf = (date) => ({
      'backup for nas': [['01:00', '05:15']],
      'tv for console': date === '2026-10-25' ? [['00:00', '02:30']] : [['20:00', '24:00']],
    });
    expect(schedulePage(aSchedule(berlin, '2026-10-24', 2, rows), { now, width: 80, paint: plain })).toBe(
      `leo: Sat 24 Oct to Sun 25 Oct (Europe/Berlin)

backup for nas
           0     3     6     9     12    15    18    21
Sat 24 Oct ··████████▌·····································  01:00-05:15
Sun 25 Oct ··████████▌·····································  01:00-05:15
     again     ██
           clocks go back at 03:00, a day of 25 h

tv for console
           0     3     6     9     12    15    18    21
Sat 24 Oct ········································████████  20:00-24:00
Sun 25 Oct █████···········································  00:00-02:30
     again     ··
           clocks go back at 03:00, a day of 25 h

█ open   · shut`,
    );
  });

  it.each([
    [
      '2026-10-04',
      `Sun 4 Oct  ··██ █████▌·····································  01:00-05:15
           clocks go forward at 02:00, a day of 23 h 30 min`,
    ],
    [
      '2026-04-05',
      `Sun 5 Apr  ··████████▌·····································  01:00-05:15
     again    █
           clocks go back at 02:00, a day of 24 h 30 min`,
    ],
  ])('is true where clocks change by half an hour: %s', (date, lines) => {
    expect(
      schedulePage(aSchedule('Australia/Lord_Howe', date, 1, nightly), { now, width: 80, paint: plain }),
    ).toContain(`\n${lines}\n`);
  });

  it('is true where the day begins an hour late', () => {
    const page = schedulePage(aSchedule('Africa/Cairo', '2026-04-24', 1, nightly), {
      now,
      width: 80,
      paint: plain,
    });
    expect(page).toContain(
      `Fri 24 Apr   ████████▌·····································  01:00-05:15
           clocks go forward at 00:00, a day of 23 h`,
    );
  });

  it('says which of two equal times it means', () => {
    const [day] = aSchedule(berlin, '2026-10-25', 1, nightly).days;
    const span = { from: '2026-10-25T01:00:00Z', to: '2026-10-25T01:30:00Z', rule: null, allowance: null };
    const rows = [{ service: 'backup', source: 'nas', spans: [span] }];
    const schedule = { subject: 'nas', timezone: berlin, days: day === undefined ? [] : [{ ...day, rows }] };
    expect(schedulePage(schedule, { now, width: 120, paint: plain })).toContain(
      `Sun 25 Oct ················································  02:00 (the second time)-02:30 (the second time)
     again     █·`,
    );
  });
});

describe('on a narrow terminal', () => {
  it('times stand below the bar, at 60 columns', () => {
    const page = schedulePage(aSchedule(berlin, '2026-03-28', 2, schoolWeek), {
      now,
      width: 60,
      paint: plain,
    });
    expect(page).toBe(
      `leo: Sat 28 Mar to Sun 29 Mar (Europe/Berlin)

minecraft for leo-laptop
           0     3     6     9     12    15    18    21
Sat 28 Mar ····················▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒······
           10:00-21:00, max 2h
Sun 29 Mar ····  ··············▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒······
           10:00-21:00, max 2h
           clocks go forward at 02:00, a day of 23 h

▒ open, but in all for no longer than max   · shut`,
    );
    for (const line of page.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
  });

  it('a cell is an hour, below that', () => {
    const page = schedulePage(aSchedule(berlin, '2026-11-27', 1, nightly), { now, width: 50, paint: plain });
    expect(page).toContain(`           0     6     12    18
Fri 27 Nov ·████▌··················  01:00-05:15`);
    for (const line of page.split('\n')) expect(line.length).toBeLessThanOrEqual(50);
  });
});

describe('what one word says', () => {
  it('gets no picture', () => {
    const rows: RowsOf = () => ({
      'ssh for leo-laptop': [],
      'web for any': [['00:00', '24:00']],
      'tv for any': [['00:00', '24:00', 5_400]],
    });
    expect(schedulePage(aSchedule(berlin, '2026-03-29', 7, rows), { now, width: 80, paint: plain })).toBe(
      `leo: Sun 29 Mar to Sat 4 Apr (Europe/Berlin)

ssh for leo-laptop
  shut on all of these days

web for everybody
  open around the clock

tv for everybody
  open around the clock, max 1h30m`,
    );
    expect(schedulePage(aSchedule(berlin, '2026-03-29', 1, rows), { now, width: 80, paint: plain })).toBe(
      `leo: Sun 29 Mar (Europe/Berlin)

ssh for leo-laptop
  shut all day

web for everybody
  open all day

tv for everybody
  open all day, max 1h30m`,
    );
  });

  it('is said of a name that no rule opens anything to', () => {
    expect(
      schedulePage(
        aSchedule(berlin, '2026-03-29', 2, () => ({})),
        { now, width: 80, paint: plain },
      ),
    ).toBe(
      `leo: Sun 29 Mar to Mon 30 Mar (Europe/Berlin)

shut on all of these days: no rule opens anything`,
    );
  });
});

it('draws a day shut that does not name the row, and opens a cell for the shortest span', () => {
  const rows: RowsOf = (date) =>
    date === '2026-11-27'
      ? {
          'ssh for nas': [
            ['12:50', '12:51'],
            ['20:00', '22:00', 600],
          ],
        }
      : {};
  expect(schedulePage(aSchedule(berlin, '2026-11-26', 2, rows), { now, width: 100, paint: plain })).toContain(
    `Thu 26 Nov ················································
Fri 27 Nov ·························▐··············▒▒▒▒····  12:50-12:51; 20:00-22:00, max 10m`,
  );
});

it('keeps names of any length, and the ruler in its place', () => {
  const name = 'x'.repeat(63);
  const rows: RowsOf = () => ({ [`${name} for ${name}`]: [['16:00', '18:00']] });
  const lines = schedulePage(aSchedule(berlin, '2026-11-26', 1, rows, name), {
    now,
    width: 80,
    paint: plain,
  }).split('\n');
  expect(lines[2]).toBe(`${name} for ${name}`);
  expect(lines[4]).toBe('Thu 26 Nov ································████············  16:00-18:00');
});

it('colours each run once, and marks the days on which clocks change', () => {
  const paint: Paint = (format, text) => `<${format}>${text}</>`;
  const page = schedulePage(aSchedule(berlin, '2026-03-29', 1, schoolWeek), { now, width: 80, paint });
  expect(page).toContain(
    'Sun 29 Mar <dim>····</>  <dim>··············</><yellow>▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒</><dim>······</>  10:00',
  );
  expect(page).toContain('<yellow>clocks go forward at 02:00, a day of 23 h</>');
});

it('leaves blank what is over today, and does not tell of it', () => {
  const rows: RowsOf = (date) => ({
    'web for any': [['00:00', '24:00']],
    'tv for any':
      date === '2026-11-26'
        ? [
            ['08:00', '14:33', 60],
            ['14:30', '18:00', 5_472.5],
          ]
        : [['10:00', '18:00', 7_200]],
  });
  const schedule = aSchedule(berlin, '2026-11-26', 2, rows);
  const page = schedulePage(schedule, { now: new Date('2026-11-26T13:33:00Z'), width: 80, paint: plain });
  expect(page).toBe(
    `leo: Thu 26 Nov to Fri 27 Nov (Europe/Berlin)

web for everybody
  open around the clock

tv for everybody
           0     3     6     9     12    15    18    21
Thu 26 Nov                              ▒▒▒▒▒▒▒············
           14:33-18:00, max 1h31m
Fri 27 Nov ····················▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒············
           10:00-18:00, max 2h

▒ open, but in all for no longer than max   · shut`,
  );
});

it('makes one row of several rules for one source', () => {
  const [first, ...others] = aSchedule(berlin, '2026-11-26', 1, () => ({
    'tv for tv': [['16:00', '18:00']],
  })).days;
  const [evening] = aSchedule(berlin, '2026-11-26', 1, () => ({
    'tv for tv': [
      ['18:00', '19:00'],
      ['20:00', '21:00', 600],
      ['21:00', '22:00', 600],
    ],
  })).days;
  const rows = [...(evening?.rows ?? []), ...(first?.rows ?? [])];
  const days = first === undefined ? others : [{ ...first, rows }];
  expect(
    schedulePage({ subject: 'tv', timezone: berlin, days }, { now, width: 120, paint: plain }),
  ).toContain(
    'Thu 26 Nov ································██████··▒▒▒▒····  16:00-19:00; 20:00-21:00, max 10m; 21:00-22:00, max 10m\n',
  );
});
