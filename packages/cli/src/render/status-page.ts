// SPDX-License-Identifier: MIT
import type { InterceptorStatus, Session, SessionUse, SystemStatus } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { boundTexts } from './bound-text.ts';
import { columns } from './columns.ts';
import { bytesText, shortDuration } from './figures.ts';
import { guardTrouble } from './guard-trouble.ts';
import { hooksFacts } from './hooks-facts.ts';
import { momentText } from './local-time.ts';
import { policyCount, policyFacts, policyProblems } from './policy-facts.ts';
import { statsFacts } from './stats-facts.ts';
import { timeLeft } from './time-left.ts';
import { wolFacts } from './wol-facts.ts';

/** One page that answers, from top to bottom: am I safe, what is guarded, who is in, is anything lost. */
export function statusPage(status: SystemStatus, now: Date, paint: Paint): string {
  const { interceptor } = status;
  const parts = [headline(status, paint), problems(status, paint)];
  if (interceptor !== null)
    parts.push(
      services(interceptor, paint),
      sessions(interceptor, status.timezone, now, paint),
      queues(interceptor, paint),
      counts(interceptor),
    );
  if (status.policy !== null)
    parts.push([policyCount(status.policy), ...policyFacts(status.policy, now, paint)]);
  if (status.wol !== null) parts.push(wolFacts(status.wol, now, paint));
  if (status.hooks !== null) parts.push(hooksFacts(status.hooks, paint));
  if (status.stats !== null) parts.push(statsFacts(status.stats, status.timezone));
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}

function headline(status: SystemStatus, paint: Paint): string[] {
  const { interceptor } = status;
  const revision = interceptor?.revision ?? status.policy?.revision ?? status.api.revision;
  return [
    `nftoggle ${status.version} on ${paint('bold', status.node)}: ${guardText(status, paint)}`,
    `mode ${status.mode}, revision ${revision}, times in ${status.timezone}`,
  ];
}

function guardText({ interceptor, healthy }: SystemStatus, paint: Paint): string {
  if (interceptor === null)
    return paint('red', 'unknown: the interceptor is silent (what the kernel guards stays guarded)');
  const partly = healthy ? '' : paint('yellow', ', but not everything answers');
  switch (interceptor.guard) {
    case 'guarding':
      return paint('green', 'guarding') + partly;
    case 'watching':
      return paint('yellow', 'watching: nothing is blocked') + partly;
    case 'removed':
    case 'failed':
      return paint('red', guardTrouble[interceptor.guard]);
  }
}

function problems(status: SystemStatus, paint: Paint): string[] {
  const found: string[] = [];
  if (status.interceptor === null) found.push('the interceptor does not answer: no new source is let in');
  if (status.policy === null) found.push('policy does not answer: the fallback of each service applies');
  if (status.wol === null) found.push('wol does not answer: no device is woken');
  // It is healthy without hooks where none is configured.
  if (status.hooks === null && !status.healthy)
    found.push('hooks does not answer: what happens is told to nobody now, and waits until it does');
  const { interceptor, policy, wol, hooks, stats, api } = status;
  const texts = [interceptor, policy, wol, hooks, stats, api].map((daemon) => daemon?.problem ?? null);
  for (const text of new Set(texts))
    if (text !== null)
      found.push(`the newest configuration is not in force:\n  ${text.replaceAll('\n', '\n  ')}`);
  if (status.policy !== null) found.push(...policyProblems(status.policy));
  return [
    ...found.map((text) => `${paint('red', 'problem:')} ${text}`),
    ...warnings(status).map((text) => `${paint('yellow', 'warning:')} ${text}`),
  ];
}

/** What is wrong and neither lets anybody in nor keeps anybody out, nor loses anything. */
function warnings({ stats, hooks, healthy }: SystemStatus): string[] {
  return [
    ...(hooks === null && healthy ? ['hooks does not answer; no hook is configured that would need it'] : []),
    ...(stats === null
      ? ['stats does not answer: events wait for it, none is lost, and the past cannot be shown']
      : []),
  ];
}

function services({ services }: InterceptorStatus, paint: Paint): string[] {
  if (services.length === 0) return ['no service: nothing is guarded'];
  const rows = services.map(({ name, ports, guards, sessions }) => [
    name,
    ports.join(' '),
    guards,
    String(sessions),
  ]);
  return headed(['SERVICE', 'PORTS', 'GUARDS', 'SESSIONS'], rows, paint);
}

function sessions(
  { sessions, sessionsTotal, metering }: InterceptorStatus,
  zone: string,
  now: Date,
  paint: Paint,
): string[] {
  if (sessions.length === 0) return ['no session is open'];
  const rows = sessions.map((session) => [
    session.service,
    session.covers,
    timeLeft(session.until, now),
    useText(session.use),
    endText(session, zone, now),
    `${ruleText(session)}${session.metered ? ', metered' : ''}`,
  ]);
  const more = sessionsTotal - sessions.length;
  const byTime = metering === 'time' && sessions.some(({ metered }) => metered);
  return [
    ...headed(['OPEN FOR', 'SOURCE', 'TIME LEFT', 'USED', 'UNTIL', 'BY'], rows, paint),
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...(byTime
      ? ['metered: all the time of a session counts, for this kernel does not count its traffic']
      : []),
  ];
}

/** `21m 1.8 MB`: time in use, and the bytes of both directions where the kernel counts them. */
function useText({ active, from_source, to_source }: SessionUse): string {
  const moved =
    from_source === null || to_source === null ? '' : ` ${bytesText(from_source.bytes + to_source.bytes)}`;
  return `${shortDuration(active)}${moved}`;
}

/** The service stands in the same line already. */
function ruleText({ rule, reason, service }: Session): string {
  return rule?.replace(`services.${service}.`, '') ?? reason;
}

/** `18:00 window closes`; what is kept beyond the end is said, for to be cut off is what everybody expects. */
function endText({ until, bound, at_end }: Session, zone: string, now: Date): string {
  const kept = at_end === 'keep' && bound !== 'session_time' ? ' (connections go on)' : '';
  return `${momentText(until, now, zone)} ${boundTexts[bound]}${kept}`;
}

function queues(interceptor: InterceptorStatus, paint: Paint): string[] {
  const { queues, queueMechanism, held, heldLimit, waking, wakingLimit } = interceptor;
  const rows = queues.map((queue) => [
    `${queue.number} ${queue.lane}`,
    String(queue.waiting),
    String(queue.total),
    `${queue.droppedFull} full, ${queue.droppedSocket} socket`,
  ]);
  return [
    ...(rows.length > 0 ? headed(['QUEUE', 'WAITING', 'TOTAL', 'DROPPED'], rows, paint) : []),
    `held ${held} of ${heldLimit}, waking ${waking} of ${wakingLimit} packets, by ${queueMechanism}`,
  ];
}

function counts({ counts }: InterceptorStatus): string[] {
  const rare = [
    [counts.replaced, 'replaced by a newer copy'],
    [counts.malformed, 'malformed'],
    [counts.vanished, 'thrown away by the kernel'],
    [counts.fallback, 'questions without an answer'],
    [counts.restored, 'times the ruleset was restored'],
    [counts.unasked, 'more dropped by the kernel unasked'],
  ] as const;
  const seen = rare.filter(([count]) => count > 0).map(([count, text]) => `, ${count} ${text}`);
  return [`packets ${counts.packets}: ${counts.allowed} let in, ${counts.denied} dropped${seen.join('')}`];
}

function headed(titles: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string[] {
  return columns([titles.map((title) => paint('dim', title)), ...rows]);
}
