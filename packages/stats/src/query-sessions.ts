// SPDX-License-Identifier: MIT
import type { EndReason, SessionRecord, SessionUse } from '@nftoggle/contracts';
import type { SourceFilter } from './list-filter.ts';
import type { Names } from './names.ts';
import { type Page, type Place, pageOf } from './page.ts';
import type { Queries } from './queries.ts';
import { all } from './schema.ts';
import type { Scope } from './scope.ts';

interface Row extends Place {
  readonly id: string;
  readonly service: number;
  readonly address: string;
  readonly mac: string | null;
  readonly device: number | null;
  readonly person: number | null;
  readonly country: number | null;
  readonly rule: string | null;
  readonly ended: number | null;
  readonly reason: EndReason | null;
  readonly connections: number | null;
  readonly active_ms: number | null;
  readonly in_packets: number | null;
  readonly in_bytes: number | null;
  readonly out_packets: number | null;
  readonly out_bytes: number | null;
}

export interface ListQuestion {
  readonly scope: Scope;
  readonly source: SourceFilter | null;
  readonly after: Place;
  readonly limit: number;
}

/** Sessions that began in the span. */
export function querySessions(queries: Queries, names: Names, question: ListQuestion): Page<SessionRecord> {
  const rows = queries.all<Row>(sessionsSql(question), parametersOf(question));
  return pageOf(rows, question.limit, (row) => recordOf(row, names));
}

/** The index with the fewest rows, as a rule: a source's, a person's, a service's, all. */
export function sessionsSql({ scope, source }: Pick<ListQuestion, 'scope' | 'source'>): string {
  const filters = filtersOf(scope, source);
  return `SELECT *, since AS time FROM session INDEXED BY session_by_${filters[0] ?? 'since'}
    WHERE ${filters.map((column) => `${column} = @${column} AND`).join(' ')}
      since >= @from AND since < @to AND (since, seq) < (@time, @seq)
    ORDER BY since DESC, seq DESC LIMIT @limit + 1`;
}

export function filtersOf({ service, person }: Scope, source: SourceFilter | null): readonly string[] {
  return [
    ...(source === null ? [] : [source.column]),
    ...(person === all ? [] : ['person']),
    ...(service === all ? [] : ['service']),
  ];
}

export function parametersOf({ scope, source, after, limit }: ListQuestion): Record<string, unknown> {
  const { span, service, person } = scope;
  const named = source === null ? {} : { [source.column]: source.value };
  return { ...span, service, person, ...named, ...after, limit };
}

export function whoOf(
  { device, person, country }: Pick<Row, 'device' | 'person' | 'country'>,
  names: Names,
): SessionRecord['who'] {
  const word = (id: number | null): string | null => (id === null ? null : names.text(id));
  return { device: word(device), person: word(person), country: word(country) };
}

function recordOf(row: Row, names: Names): SessionRecord {
  return {
    session: row.id,
    service: names.text(row.service),
    address: row.address,
    mac: row.mac,
    who: whoOf(row, names),
    rule: row.rule,
    since: new Date(row.time).toISOString(),
    ended: row.ended === null ? null : new Date(row.ended).toISOString(),
    reason: row.reason,
    use: useOf(row),
  };
}

function useOf(row: Row): SessionUse | null {
  if (row.connections === null || row.active_ms === null) return null;
  const traffic = (packets: number | null, bytes: number | null) =>
    packets === null || bytes === null ? null : { packets, bytes };
  return {
    connections: row.connections,
    active: row.active_ms / 1_000,
    from_source: traffic(row.in_packets, row.in_bytes),
    to_source: traffic(row.out_packets, row.out_bytes),
  };
}
