// SPDX-License-Identifier: MIT
import type { Refusal, StatsSeries } from '@nftoggle/contracts';
import type { QueryContext } from './query-summary.ts';
import { type Step, steps } from './schema.ts';
import type { Scope } from './scope.ts';
import { type Sums, shown, sumColumns } from './sums.ts';

const mostPoints = 1_000;

const sql = `SELECT at, ${sumColumns.join(', ')} FROM sums
  WHERE step = @step AND at IN (SELECT value FROM json_each(@keys)) AND person = @person AND service = @service
  ORDER BY at`;

export const seriesStatements: readonly string[] = [sql];

/** By whole spans of `step`, outwards. */
export function querySeries(
  { queries, calendar }: QueryContext,
  { span, service, person }: Scope,
  step: Step,
): StatsSeries | Refusal {
  if (service === null || person === null) return { points: [] };
  const from = calendar.keyOf(step, calendar.floor(step, span.from));
  const to = calendar.keyOf(step, calendar.ceil(step, span.to));
  const keys = queries.keys(step, [from, to], mostPoints + 1);
  if (keys.length > mostPoints) {
    const message = `That is more than ${mostPoints} points: take longer steps or a shorter span.`;
    return { error: 'too_many', message };
  }
  const parameters = { step: steps[step], keys: JSON.stringify(keys), service, person };
  const rows = queries.all<Sums & { readonly at: number }>(sql, parameters);
  return {
    points: rows.map(({ at, ...sums }) => {
      return { at: new Date(calendar.startOf(step, at)).toISOString(), ...shown(sums) };
    }),
  };
}
