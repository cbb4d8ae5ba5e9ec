// SPDX-License-Identifier: MIT
import type { GrantIssued } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { closeCommand } from './grant-command.ts';
import { momentText } from './local-time.ts';
import { forWhom } from './source-text.ts';
import { timeLeft } from './time-left.ts';

/** What is open now, for whom and until when; what that overrides; what one should know; the way back. */
export function grantIssuedPage(issued: GrantIssued, now: Date, paint: Paint): string {
  const { grant, extended, notes } = issued;
  return [
    headline(issued, now, paint),
    ...overriddenLine(issued),
    ...notes.map((note) => `${paint('yellow', 'note:')} ${note}`),
    `${extended ? 'end it' : 'undo'}: ${closeCommand(grant)}`,
  ].join('\n');
}

function headline({ grant, extended, timezone }: GrantIssued, now: Date, paint: Paint): string {
  const { service, source, until } = grant;
  const end = `${momentText(until, now, timezone)} (${timezone})`;
  const left = timeLeft(until, now);
  const whom = forWhom(source);
  return extended
    ? `${service} is open for ${whom} already; ${paint('green', `now until ${end}`)}, ${left}`
    : `${paint('green', `opened ${service} for ${whom}`)} until ${end}, ${left}`;
}

/** What the rule lacks that would have let the source in. */
const lacks: Readonly<Record<string, string>> = {
  country_refused: 'which is for other countries',
  outside_window: 'which is for other times',
  allowance_spent: 'whose allowance is spent',
  rule_expired: 'which has expired',
  clock_untrusted: 'which waits for the clock to be right',
  not_ready: 'whose allowance is not known yet',
};

function overriddenLine({ overrides, overrides_reason }: GrantIssued): string[] {
  if (overrides === null) return [];
  const lack = lacks[overrides_reason ?? ''];
  return [`overrides ${overrides}${lack === undefined ? '' : `, ${lack}`}`];
}
