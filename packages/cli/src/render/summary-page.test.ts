// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { plain } from '../paint.ts';
import { aSummary } from '../statistics.fixture.ts';
import { summaryPage } from './summary-page.ts';

const frame = { now: new Date('2026-11-23T17:40:00Z'), width: 80, paint: plain };

it('fits a week of a household into 80 columns', () => {
  const page = summaryPage(aSummary(), frame);
  expect(page).toBe(`Mon 16 Nov 18:40 to Mon 23 Nov 18:40 (Europe/Berlin)
let in   42 sessions, 101 connections, in use for 10 h 59 min
moved    87 MB in, 2.3 GB out
refused  1,204 packets, and 88,210 that the kernel dropped without asking

DAY             IN USE  SESSIONS  REFUSED  UNASKED
Mon 16 Nov
Tue 17 Nov         2 h         3                    █████▍
Wed 18 Nov
Thu 19 Nov
Fri 20 Nov       1 min        38    1,100   80,000  ▏
Sat 21 Nov
Sun 22 Nov
Mon 23 Nov  8 h 58 min         1      104    8,210  ████████████████████████

SERVICE    SESSIONS      IN USE      IN     OUT  REFUSED  UNASKED
minecraft         9  8 h 45 min   83 MB  2.3 GB        4        0
ssh              33  2 h 14 min  4.1 MB   20 MB    1,200   88,210

PERSON        SESSIONS      IN USE      IN     OUT  REFUSED
leo                  9  8 h 45 min   83 MB  2.3 GB        0
ada                 33  2 h 14 min  4.1 MB   20 MB        0
nobody known         0         0 s     0 B     0 B    1,204

SOURCE                            SESSIONS      IN USE     IN     OUT  REFUSED
console 192.168.1.30                     9  8 h 45 min  83 MB  2.3 GB        0
2001:db8:7:1234:5678:9abc:def0:1         0         0 s    0 B     0 B    1,204

COUNTRY     SESSIONS      IN USE     IN     OUT  REFUSED
none known        42  8 h 45 min  83 MB  2.3 GB        0
FR                 0         0 s    0 B     0 B    1,100`);
  expect(Math.max(...page.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
});

it('says in two lines that nothing happened', () => {
  const summary = aSummary();
  const sums = Object.fromEntries(Object.keys(summary.sums).map((key) => [key, 0])) as typeof summary.sums;
  const empty = { services: [], people: [], countries: [], sources: [], days: [] };
  expect(summaryPage({ ...summary, ...empty, sums }, frame)).toBe(
    'Mon 16 Nov 18:40 to Mon 23 Nov 18:40 (Europe/Berlin)\nnothing happened',
  );
});

it('leaves out people and countries where none is known, and the rest of long lists', () => {
  const summary = aSummary();
  const [nobody, nowhere] = [summary.people.at(-1), summary.countries[0]];
  const [source] = summary.sources;
  if (nobody === undefined || nowhere === undefined || source === undefined) throw new TypeError('there are');
  const page = summaryPage(
    { ...summary, people: [nobody], countries: [nowhere], sources: Array.from({ length: 50 }, () => source) },
    frame,
  );
  expect(page).not.toMatch(/^(PERSON|COUNTRY)/m);
  expect(page).toMatch(/(console .*\n){10}… and 40 more: -o json shows all$/);
});

it('shows the last 31 days of a longer time, each once where clocks are changed too', () => {
  const page = summaryPage({ ...aSummary(), from: '2026-10-01T00:00:00Z' }, frame);
  expect(page).toContain('\n23 days before these: -o json, or nftoggle stats export days\n');
  expect(page.match(/^\w{3} \d+ (Oct|Nov)( |$)/gm)).toHaveLength(31 + 1);
  expect(page.match(/^Sun 25 Oct$/gm)).toHaveLength(1);
});

it('does not count the day at whose beginning the time ends', () => {
  const page = summaryPage({ ...aSummary(), to: '2026-11-22T23:00:00Z' }, frame);
  expect(page).toContain('Sun 22 Nov');
  expect(page).not.toMatch(/^Mon 23 Nov/m);
});
