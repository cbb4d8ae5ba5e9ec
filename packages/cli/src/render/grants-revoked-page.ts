// SPDX-License-Identifier: MIT
import type { Grant, GrantList } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { openCommand } from './grant-command.ts';
import { forWhom } from './source-text.ts';
import { timeLeft } from './time-left.ts';

/** Undo lines that are shown at most; who closes more has `nftoggle open`. */
const mostUndos = 5;

/** `grants`: those that were revoked, at least one, all of one service. */
export function grantsRevokedPage({ grants }: GrantList, now: Date, paint: Paint): string {
  const service = grants[0]?.service ?? '';
  const count = grants.length === 1 ? '1 grant revoked' : `${grants.length} grants revoked`;
  const each = grants.map((grant) => `${forWhom(grant.source)}, had ${timeLeft(grant.until, now)} left`);
  return [
    `${paint('green', `closed ${service}`)}: ${count} (${each.join('; ')})`,
    `whom the rules of ${service} allow may still come in`,
    ...grants.slice(0, mostUndos).map((grant: Grant) => `undo: ${openCommand(grant, now)}`),
  ].join('\n');
}
