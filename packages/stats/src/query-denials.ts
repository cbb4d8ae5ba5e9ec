// SPDX-License-Identifier: MIT
import type { DenialRecord, EventData } from '@nftoggle/contracts';
import { type Page, type Place, pageOf } from './page.ts';
import type { Queries } from './queries.ts';
import { filtersOf, type ListQuestion, parametersOf } from './query-sessions.ts';
import { denied } from './schema.ts';

interface Row extends Place {
  readonly data: string;
}

const dayMs = 86_400_000;

/** Refusals that were told of one by one, by when they were told of. */
export function queryDenials(queries: Queries, question: ListQuestion): Page<DenialRecord> {
  const parameters = parametersOf(question);
  const rows =
    question.source?.column === 'address'
      ? rowsByDay(queries, question, parameters)
      : queries.all<Row>(denialsSql(question), parameters);
  return pageOf(rows, question.limit, ({ data }) => recordOf(JSON.parse(data)));
}

/** Every index is of refusals alone, or begins with the type; that of addresses begins with the day. */
export function denialsSql({ scope, source }: Pick<ListQuestion, 'scope' | 'source'>): string {
  const filters = filtersOf(scope, source);
  const day = source?.column === 'address' ? `time / ${dayMs} = @day AND` : '';
  return `SELECT time, seq, data FROM event INDEXED BY event_by_${filters[0] ?? 'type'}
    WHERE ${day} ${filters.map((column) => `${column} = @${column} AND`).join(' ')} type = ${denied}
      AND time >= @from AND time < @to AND (time, seq) < (@time, @seq)
    ORDER BY time DESC, seq DESC LIMIT @limit + 1`;
}

/** From the newest day on, until there is a page. */
function rowsByDay(queries: Queries, question: ListQuestion, parameters: object): readonly Row[] {
  const { scope, after, limit } = question;
  const sql = denialsSql(question);
  const rows: Row[] = [];
  let to = Math.min(scope.span.to, after.time + 1);
  while (rows.length <= limit) {
    const newest = queries.all<{ readonly time: number | null }>(newestSql, { from: scope.span.from, to })[0]
      ?.time;
    if (newest === undefined || newest === null) break;
    const day = Math.trunc(newest / dayMs);
    rows.push(...queries.all<Row>(sql, { ...parameters, day, limit: limit - rows.length }));
    to = day * dayMs;
  }
  return rows;
}

/** Of all events. */
const newestSql = 'SELECT max(time) AS time FROM event WHERE time >= @from AND time < @to';

function recordOf(data: EventData<'access_denied'>): DenialRecord {
  const { service, source, who, reason, rule, count, first, last, enforced } = data;
  const { address, mac = null } = source;
  return { service, address, mac, who, reason, rule, count, first, last, enforced };
}
