// SPDX-License-Identifier: MIT
import { idText } from './event-id.ts';
import type { Names } from './names.ts';
import { byPlace, type Page, type Place, pageOf } from './page.ts';
import type { Queries } from './queries.ts';
import type { Span } from './span.ts';

export interface EventRow extends Place {
  readonly id: Buffer;
  readonly type: number;
  readonly author: number;
  readonly service: number | null;
  readonly subject: string | null;
  readonly data: string;
}

export interface EventsQuestion {
  readonly span: Span;
  /** Null: all. A word that nothing was ever stored of is left out. */
  readonly types: readonly number[] | null;
  /** `undefined`: all; null: one that nothing was ever stored of. */
  readonly service: number | null | undefined;
  readonly after: Place;
  readonly limit: number;
}

const range = `time >= @from AND time < @to AND (time, seq) < (@time, @seq)
  ORDER BY time DESC, seq DESC LIMIT @limit + 1`;

export const eventsSql = {
  all: `SELECT * FROM event INDEXED BY event_by_time WHERE ${range}`,
  type: `SELECT * FROM event INDEXED BY event_by_type WHERE type = @type AND ${range}`,
  service: `SELECT * FROM event INDEXED BY event_by_service
    WHERE service = @service AND type = @type AND ${range}`,
} as const;

/** CloudEvents as they were published. */
export function queryEvents(
  queries: Queries,
  names: Names,
  question: EventsQuestion,
): Page<Record<string, unknown>> {
  return pageOf(rowsOf(queries, names, question), question.limit, (row) => eventOf(row, names));
}

/** An index gives the rows of one type in their order; those of several types are put together from a page of each. */
function rowsOf(queries: Queries, names: Names, question: EventsQuestion): readonly EventRow[] {
  const { span, types, service, after, limit } = question;
  const parameters = { ...span, ...after, limit };
  if (service === null) return [];
  if (service === undefined && types === null) return queries.all<EventRow>(eventsSql.all, parameters);
  const sql = service === undefined ? eventsSql.type : eventsSql.service;
  return (types ?? names.ofKind('type'))
    .flatMap((type) => queries.all<EventRow>(sql, { ...parameters, type, service }))
    .toSorted(byPlace)
    .slice(0, limit + 1);
}

export function eventOf(row: EventRow, names: Names): Record<string, unknown> {
  const subject = row.subject === '' && row.service !== null ? names.text(row.service) : row.subject;
  return {
    specversion: '1.0',
    id: idText(row.id),
    source: names.text(row.author),
    type: names.text(row.type),
    ...(subject === null ? {} : { subject }),
    time: new Date(row.time).toISOString(),
    datacontenttype: 'application/json',
    data: JSON.parse(row.data) as unknown,
  };
}
