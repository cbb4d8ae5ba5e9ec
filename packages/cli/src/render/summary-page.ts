// SPDX-License-Identifier: MIT
// What happened in a span of the past, in sums.
import { addDays, localDate } from '@nftoggle/config';
import { noSums, type StatsSummary, type StatsSums } from '@nftoggle/contracts';
import { durationText } from './duration-text.ts';
import { bytesText, countText, figureTable } from './figures.ts';
import { dayText } from './local-time.ts';
import type { PageFrame } from './page-frame.ts';
import { pastText } from './past-time.ts';

/** Rows of a list that may be long, and days. */
const mostSources = 10;
const mostCountries = 8;
const mostDays = 31;

export function summaryPage(summary: StatsSummary, frame: PageFrame): string {
  const { services, people, countries, sources } = summary;
  const named = people.map(({ person, ...sums }) => ({ name: person ?? 'nobody known', sums }));
  const parts = [
    headline(summary, frame),
    days(summary, frame),
    lists(
      'SERVICE',
      services.map(({ service, ...sums }) => ({ name: service, sums })),
      50,
      frame,
    ),
    // Of nobody alone, the sums say it all.
    people.every(({ person }) => person === null) ? [] : lists('PERSON', named, 50, frame),
    lists('SOURCE', sources.map(sourceRow), mostSources, frame),
    countries.every(({ country }) => country === null)
      ? []
      : lists(
          'COUNTRY',
          countries.map(({ country, ...sums }) => ({ name: country ?? 'none known', sums })),
          mostCountries,
          frame,
        ),
  ];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}

function headline({ from, to, timezone, sums }: StatsSummary, { paint }: PageFrame): string[] {
  const span = `${pastText(from, timezone)} to ${pastText(to, timezone)} (${timezone})`;
  if (isNothing(sums)) return [paint('bold', span), 'nothing happened'];
  const { sessions, active, connections, bytes_in, bytes_out, denied, unasked } = sums;
  return [
    paint('bold', span),
    `let in   ${counted(sessions, 'session', 'sessions')}, ${counted(connections, 'connection', 'connections')}, in use for ${durationText(active)}`,
    `moved    ${bytesText(bytes_in)} in, ${bytesText(bytes_out)} out`,
    `refused  ${counted(denied, 'packet', 'packets')}, and ${countText(unasked)} that the kernel dropped without asking`,
  ];
}

function isNothing(sums: StatsSums): boolean {
  return Object.values(sums).every((value) => value === 0);
}

interface NamedSums {
  readonly name: string;
  readonly sums: StatsSums;
}

function sourceRow({ address, device, ...sums }: StatsSummary['sources'][number]): NamedSums {
  return { name: device === null ? address : `${device} ${address}`, sums };
}

const titles = ['SESSIONS', 'IN USE', 'IN', 'OUT', 'REFUSED', 'UNASKED'];

/** Sums by name; those of packets without a question only where there are any. */
function lists(
  title: string,
  rows: readonly NamedSums[],
  most: number,
  { paint }: PageFrame,
): readonly string[] {
  if (rows.length === 0) return [];
  const asked = rows.every(({ sums }) => sums.unasked === 0);
  const cells = ({ name, sums }: NamedSums): string[] => [
    name,
    countText(sums.sessions),
    durationText(sums.active),
    bytesText(sums.bytes_in),
    bytesText(sums.bytes_out),
    countText(sums.denied),
    ...(asked ? [] : [countText(sums.unasked)]),
  ];
  const shown = asked ? titles.slice(0, -1) : titles;
  const more = rows.length - most;
  return [
    ...figureTable([title, ...shown], rows.slice(0, most).map(cells), paint),
    ...(more > 0 ? [`… and ${more} more: -o json shows all`] : []),
  ];
}

const figuresWidth = 53;
const widestBar = 24;

/** Each day with a bar as long as its use, the days on which nothing happened included. */
function days({ from, to, timezone, days }: StatsSummary, { width, paint }: PageFrame): readonly string[] {
  if (days.length === 0) return [];
  const sumsOf = new Map(days.map(({ day, ...sums }) => [day, sums]));
  const dates = datesOf(localDate(timezone, Date.parse(from)), localDate(timezone, Date.parse(to) - 1));
  const shown = dates.slice(-mostDays);
  const longest = Math.max(...shown.map((date) => sumsOf.get(date)?.active ?? 0));
  const room = Math.max(5, Math.min(widestBar, width - figuresWidth));
  const rows = shown.map((date) => {
    const { active, sessions, denied, unasked } = sumsOf.get(date) ?? noSums;
    const counts = [sessions, denied, unasked].map((count) => (count === 0 ? '' : countText(count)));
    const bar = barText(active, longest, room);
    return [
      dayText(date),
      active === 0 ? '' : durationText(active),
      ...counts,
      paint('green', bar.padEnd(room)),
    ];
  });
  const left = counted(dates.length - shown.length, 'day', 'days');
  return [
    ...(dates.length > shown.length ? [`${left} before these: -o json, or nftoggle stats export days`] : []),
    ...figureTable(['DAY', 'IN USE', 'SESSIONS', 'REFUSED', 'UNASKED', ''], rows, paint),
  ];
}

function datesOf(first: string, last: string): readonly string[] {
  const dates = [first];
  for (let date = first; date < last; dates.push(date)) date = addDays(date, 1);
  return dates;
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** To an eighth of a column; what is more than nothing is seen. */
function barText(value: number, longest: number, room: number): string {
  if (value <= 0) return '';
  const parts = Math.max(1, Math.round((value / longest) * room * 8));
  return '█'.repeat(Math.floor(parts / 8)) + eighths[parts % 8];
}

function counted(count: number, one: string, many: string): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}
