// SPDX-License-Identifier: MIT
import type { Decision } from '@nftoggle/contracts';
import type { CompiledPolicy, CompiledService } from './compile.ts';

/** A decision as one sentence for people; `source` is how the asker is called in it. */
export function decisionSentence(
  policy: CompiledPolicy,
  service: CompiledService,
  source: string,
  decision: Decision,
  now: Date,
): string {
  if (decision.rule === null) return `deny: ${noMatch(service, source)}`;
  if (decision.decision === 'deny') return `deny: ${decision.rule} refuses ${source}`;
  const until = decision.until === null ? '' : ` until ${localTime(decision.until, now, policy.timezone)}`;
  return `allow: ${decision.rule} lets ${source} ${service.direction}${until}`;
}

function noMatch({ name, direction, rules }: CompiledService, source: string): string {
  if (rules.length === 0) return `${name} has no rule that could let ${source} ${direction}`;
  if (rules.length === 1) return `the only rule of ${name} does not match ${source}`;
  return `none of the ${rules.length} rules of ${name} matches ${source}`;
}

/** `18:40 (Europe/Berlin)`, with the date in front when it is not that of `now`. */
function localTime(instant: string, now: Date, timezone: string): string {
  const then = new Date(instant);
  const date = part(then, timezone, { year: 'numeric', month: '2-digit', day: '2-digit' });
  const today = part(now, timezone, { year: 'numeric', month: '2-digit', day: '2-digit' });
  const time = part(then, timezone, { hour: '2-digit', minute: '2-digit' });
  return `${date === today ? '' : `${date} `}${time} (${timezone})`;
}

/** The Swedish form of dates is that of ISO 8601. */
function part(instant: Date, timeZone: string, fields: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, ...fields }).format(instant);
}
