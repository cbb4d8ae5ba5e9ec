// SPDX-License-Identifier: MIT
// All that a dashboard shows of a span, from sums alone: hours at its ends, days between.
import type { Refusal, StatsSummary } from '@nftoggle/contracts';
import { type Calendar, dateOf } from './calendar.ts';
import type { Horizons } from './horizons.ts';
import type { Names } from './names.ts';
import type { Queries } from './queries.ts';
import { all, none, steps } from './schema.ts';
import type { Scope } from './scope.ts';
import { type KeyRange, partsOf, type Span, wholeHours } from './span.ts';
import { others } from './sum-tables.ts';
import { busiest, plus, type Sums, shown, summed, zero } from './sums.ts';

/** Rows of each list but that of days. */
const listed = 50;
/** More would not fit into a message. */
const mostDays = 1_100;

export interface QueryContext {
  readonly queries: Queries;
  readonly names: Names;
  readonly calendar: Calendar;
  readonly horizons: Horizons;
}

/** Keys of rows, as JSON for `json_each`. */
interface Keys {
  readonly hours: string;
  readonly days: string;
}

type Keyed<Key extends string, Value> = Sums & { readonly [K in Key]: Value };

/** Every key is looked up by the primary key of its table, one after the other: CROSS JOIN keeps that order. */
function sumsOf(table: string, columns: string, where: string): string {
  return `WITH keys (step, at) AS MATERIALIZED (
      SELECT ${steps.hour}, value FROM json_each(@hours) UNION ALL SELECT ${steps.day}, value FROM json_each(@days))
    SELECT ${columns}, ${summed} FROM keys CROSS JOIN ${table} USING (step, at)
    WHERE ${where} GROUP BY ${columns}`;
}

const scope = 'person = @person AND service = @service';
const sql = {
  days: sumsOf('sums', 'step, at', scope),
  services: sumsOf('sums', 'service', `person = @person AND service <> ${all}`),
  people: sumsOf(
    'sums',
    'person',
    "person IN (SELECT id FROM name WHERE kind IN ('person', 'none')) AND service = @service",
  ),
  countries: sumsOf('country_sums', 'country', scope),
  sources: sumsOf('source_sums', 'address, device', `${scope} AND address <> '${others}'`),
} as const;

export const summaryStatements: readonly string[] = Object.values(sql);

export function querySummary(context: QueryContext, scope: Scope): StatsSummary | Refusal {
  const { calendar, horizons } = context;
  const span = wholeHours(scope.span, calendar);
  const keys = keysOf(context, span, horizons.hours);
  const days = daysOf(context, scope, keys);
  if (days.length > mostDays) {
    const message = `These are ${days.length} days: ask for ${mostDays} at most.`;
    return { error: 'too_many', message };
  }
  return {
    from: new Date(span.from).toISOString(),
    to: new Date(span.to).toISOString(),
    timezone: calendar.zone,
    sums: shown(days.reduce((sum, day) => plus(sum, day), zero)),
    ...listsOf(context, scope, keys, keysOf(context, span, horizons.sourceHours)),
    days: days.map((day) => ({ day: dateOf(day.at), ...shown(day) })),
  };
}

function listsOf(
  context: QueryContext,
  scope: Scope,
  keys: Keys,
  sourceKeys: Keys,
): Pick<StatsSummary, 'services' | 'people' | 'countries' | 'sources'> {
  const { names } = context;
  const word = (id: number): string | null => (id === none ? null : names.text(id));
  const services = rowsOf<Keyed<'service', number>>(context, 'services', scope, keys);
  const people = rowsOf<Keyed<'person', number>>(context, 'people', scope, keys);
  const countries = rowsOf<Keyed<'country', number>>(context, 'countries', scope, keys);
  const sources = rowsOf<Keyed<'address', string> & Keyed<'device', number>>(
    context,
    'sources',
    scope,
    sourceKeys,
  );
  return {
    services: busiest(services.filter(isOf('service', scope.service)), listed).map((row) => ({
      service: names.text(row.service),
      ...shown(row),
    })),
    people: busiest(people.filter(isOf('person', scope.person)), listed).map((row) => ({
      person: word(row.person),
      ...shown(row),
    })),
    countries: busiest(countries, listed).map((row) => ({ country: word(row.country), ...shown(row) })),
    sources: busiest(sources, listed).map((row) => ({
      address: row.address,
      device: word(row.device),
      ...shown(row),
    })),
  };
}

function isOf<Key extends string>(key: Key, wanted: number | null) {
  return (row: { readonly [K in Key]: number }): boolean => wanted === all || row[key] === wanted;
}

/** Oldest first; the hours at the ends make days, too. */
function daysOf(context: QueryContext, scope: Scope, keys: Keys): readonly Keyed<'at', number>[] {
  const { calendar } = context;
  const days = new Map<number, Sums>();
  for (const { step, at, ...sums } of rowsOf<Keyed<'at' | 'step', number>>(context, 'days', scope, keys)) {
    const day = step === steps.day ? at : calendar.keyOf('day', at * 1_000);
    days.set(day, plus(days.get(day) ?? zero, sums));
  }
  return [...days].map(([at, sums]) => ({ at, ...sums })).toSorted((a, b) => a.at - b.at);
}

function rowsOf<Row>(
  { queries }: QueryContext,
  name: keyof typeof sql,
  { service, person }: Scope,
  keys: Keys,
): readonly Row[] {
  if (service === null || person === null) return [];
  return queries.all<Row>(sql[name], { ...keys, service, person });
}

function keysOf({ queries, calendar }: QueryContext, span: Span, horizon: number): Keys {
  const { days, hours } = partsOf(span, calendar, horizon);
  const list = (step: 'hour' | 'day', ranges: readonly KeyRange[]): string =>
    JSON.stringify(ranges.flatMap((range) => queries.keys(step, range)));
  return { hours: list('hour', hours), days: list('day', [days]) };
}
