// SPDX-License-Identifier: MIT
// What an event says to people: the one place where events become sentences. Pure.
import { type CloudEvent, type EventData, type EventType, type Reason, reasons } from '@nftoggle/contracts';
import { visible } from './plain-text.ts';
import { momentWords, spanWords } from './time-words.ts';

/** Plain text in one line each, without markup of any kind. */
export interface EventText {
  readonly title: string;
  readonly message: string;
  readonly priority: Priority;
  readonly tag: Tag;
}

/** `low` wants no attention, `high` wants it now. */
export type Priority = 'low' | 'normal' | 'high';
/** Short codes of emoji, which ntfy shows as such. */
export type Tag =
  | 'green_circle'
  | 'white_circle'
  | 'no_entry'
  | 'warning'
  | 'key'
  | 'hourglass'
  | 'zap'
  | 'gear';

/** How times are told: in the time zone of the configuration, and as of the event. */
interface Telling {
  readonly moment: (instant: string) => string;
}

type Sentences = { readonly [T in EventType]: (data: EventData<T>, telling: Telling) => EventText };

const sentences: Sentences = {
  session_started: (data, { moment }) => ({
    title: `${data.service}: in use`,
    message: joined([
      `${whoIs(data)} began to use ${data.service}, allowed until ${moment(data.until)}`,
      because(data.reason in asConfigured ? null : reasons[data.reason]),
    ]),
    priority: 'normal',
    tag: 'green_circle',
  }),
  session_ended: (data) => ({
    title: `${data.service}: ended`,
    message: joined([
      `${whoIs(data)} stopped using ${data.service} after ${spanWords(secondsOf(data))}`,
      because(endings[data.reason]),
    ]),
    priority: 'normal',
    tag: 'white_circle',
  }),
  access_denied: (data, { moment }) => ({
    title: `${data.service}: ${data.enforced ? 'refused' : 'would be refused'}`,
    message: joined([
      `${whoIs(data)} ${data.enforced ? 'was' : 'would have been'} refused ${data.service}`,
      data.count > 1 ? ` ${data.count} times since ${moment(data.first)}` : '',
      `: ${refusals[data.reason] ?? reasons[data.reason]}`,
      data.next_allowed === null ? '' : `; next allowed ${moment(data.next_allowed)}`,
    ]),
    priority: 'normal',
    tag: 'no_entry',
  }),
  denials_counted: (data, { moment }) => ({
    title: 'Many refusals',
    message: `${countsOf(data)} since ${moment(data.first)}${because(busiest(data))}`,
    priority: 'low',
    tag: 'no_entry',
  }),
  ruleset_restored: ({ damage }) => ({
    title: 'Firewall table restored',
    message: `Somebody ${damage === 'table_removed' ? 'removed' : 'altered'} the nftables table of nftoggle. It is back as it was.`,
    priority: 'high',
    tag: 'warning',
  }),
  grant_issued: ({ grant, by }, { moment }) => ({
    title: `${grant.service}: opened`,
    message: joined([
      `${says(by ?? grant.by)} opened ${grant.service} for ${says(grant.source)} until ${moment(grant.until)}`,
      because(grant.why),
    ]),
    priority: 'normal',
    tag: 'key',
  }),
  grant_extended: ({ grant, by }, { moment }) => ({
    title: `${grant.service}: new end`,
    message: `${says(by ?? grant.by)} now lets ${says(grant.source)} use ${grant.service} until ${moment(grant.until)}`,
    priority: 'normal',
    tag: 'key',
  }),
  grant_revoked: ({ grant, by }) => ({
    title: `${grant.service}: closed`,
    message: `${says(by ?? 'Somebody')} closed ${grant.service} for ${says(grant.source)} before its time`,
    priority: 'normal',
    tag: 'key',
  }),
  grant_ended: ({ grant }) => ({
    title: `${grant.service}: time over`,
    message: `The time that ${says(grant.by)} gave ${says(grant.source)} for ${grant.service} is over`,
    priority: 'low',
    tag: 'key',
  }),
  allowance_low: ({ account, who, left }) => ({
    title: `${says(who)}: little time left`,
    message: `${says(who)} has ${spanWords(left)} left${forService(account)}`,
    priority: 'normal',
    tag: 'hourglass',
  }),
  allowance_spent: ({ account, who, resets }, { moment }) => ({
    title: `${says(who)}: no time left`,
    message: `${says(who)} has used up the time${forService(account)}; there is more from ${moment(resets)}`,
    priority: 'normal',
    tag: 'hourglass',
  }),
  allowance_changed: ({ who, bonus, by, why }) => ({
    title: `${says(who)}: ${bonus < 0 ? 'less' : 'more'} time`,
    message: joined([
      bonus < 0
        ? `${says(by)} took ${spanWords(-bonus)} of today's time from ${says(who)}`
        : `${says(by)} gave ${says(who)} ${spanWords(bonus)} more for today`,
      because(why),
    ]),
    priority: 'normal',
    tag: 'hourglass',
  }),
  permissions_changed: ({ because: cause, services }) => ({
    title: 'Permissions looked at again',
    message: `What is allowed may have changed (${cause}) for ${services === null ? 'any service' : list(services)}`,
    priority: 'low',
    tag: 'gear',
  }),
  clock_changed: ({ trusted, problem }) => ({
    title: trusted ? 'The clock is trusted again' : 'The clock is not trusted',
    message: trusted
      ? 'The clock is trusted again: windows and allowances count'
      : `The clock is not trusted, so no window is open and no allowance counts${because(problem)}`,
    priority: trusted ? 'normal' : 'high',
    tag: 'warning',
  }),
  wake_started: ({ device, by, expected }) => ({
    title: `${device}: waking`,
    message: `${device} is being woken for ${says(by)}${expected === null ? '' : `, which takes about ${spanWords(expected)}`}`,
    priority: 'low',
    tag: 'zap',
  }),
  wake_ready: ({ device, by, seconds }) => ({
    title: `${device}: awake`,
    message: `${device} is ready for ${says(by)} after ${spanWords(seconds)}`,
    priority: 'low',
    tag: 'zap',
  }),
  wake_failed: ({ device, by, seconds, problem }) => ({
    title: `${device}: did not wake`,
    message: `${device} was not ready for ${says(by)} within ${spanWords(seconds)}: ${says(problem)}`,
    priority: 'high',
    tag: 'warning',
  }),
  hook_failed: ({ hook, event, attempts, problem }) => ({
    title: `Hook ${hook} failed`,
    message: `The hook ${hook} did not get ${says(event.type)} in ${times(attempts)}: ${says(problem)}`,
    priority: 'high',
    tag: 'warning',
  }),
  config_changed: ({ daemon, revision }) => ({
    title: 'New configuration',
    message: `${says(daemon)} runs revision ${revision} of the configuration`,
    priority: 'low',
    tag: 'gear',
  }),
  config_refused: ({ daemon, revision, problem }) => ({
    title: 'Configuration refused',
    message: `${says(daemon)} keeps its last good configuration, since revision ${revision} is wrong: ${says(problem)}`,
    priority: 'high',
    tag: 'warning',
  }),
};

interface Reading {
  /** IANA name. */
  readonly timezone: string;
  /** When somebody reads it, in milliseconds: what is old by then begins with its time. */
  readonly now: number;
  /** Marks both texts as those of an example. */
  readonly test?: boolean;
}

/** What people would take for news, in milliseconds. */
const fresh = 5 * 60_000;

export function eventText<T extends EventType>(
  { type, data, time }: CloudEvent<T>,
  { timezone, now, test = false }: Reading,
): EventText {
  const telling = { moment: (instant: string) => momentWords(timezone, instant, time) };
  const { title, message, priority, tag } = sentences[type](data, telling);
  const mark = test ? 'test: ' : '';
  const isOld = now - Date.parse(time) > fresh;
  const when = isOld ? `${momentWords(timezone, time, new Date(now).toISOString())}: ` : '';
  return { title: `${mark}${title}`, message: `${mark}${when}${message}`, priority, tag };
}

/** Reasons to be let in that are nothing special. */
const asConfigured: Readonly<Partial<Record<Reason, true>>> = { rule_allows: true, grant_allows: true };

/** Reasons to be refused that people ask about, in their words; the others are told as they are. */
const refusals: Readonly<Partial<Record<Reason, string>>> = {
  rule_denies: 'a rule forbids it',
  no_rule: 'no rule allows it',
  country_refused: 'not from this country',
  outside_window: 'not at this time',
  allowance_spent: 'the time is used up',
  rule_expired: 'the rule that allowed it has expired',
  clock_untrusted: 'the clock of this machine is not trusted, so no window is open and no allowance counts',
  not_ready: 'it is not known yet how much time is left',
  wake_failed: 'the machine did not wake in time',
};

/** Why it ended, where that was not of its own. */
const endings: Readonly<Record<EventData<'session_ended'>['reason'], string | null>> = {
  idle: null,
  expired: 'its session time was over',
  window_end: 'the window closed',
  allowance_spent: 'the allowance is used up',
  rule_expired: 'the rule expired',
  grant_ended: 'the grant ended',
  revoked: 'the permission was taken back',
  shutdown: 'the guard was taken away',
};

function whoIs({ source, who }: Pick<EventData<'session_ended'>, 'source' | 'who'>): string {
  const { device, person, country } = who;
  if (device !== null) return person === null ? device : `${person}'s ${device}`;
  const place = country === null ? '' : ` (${says(country)})`;
  return person ?? `${source.address}${place}`;
}

function secondsOf({ since, ended }: EventData<'session_ended'>): number {
  return (Date.parse(ended) - Date.parse(since)) / 1_000;
}

function countsOf({ services, sources }: EventData<'denials_counted'>): string {
  const packets = services.reduce((sum, { refused, unasked }) => sum + refused + unasked, 0);
  // Nobody counts where those came from that were dropped without a question.
  const from = sources === 0 ? '' : ` from at least ${sources} ${sources === 1 ? 'source' : 'sources'}`;
  return `${packets} more ${packets === 1 ? 'packet was' : 'packets were'} refused${from}`;
}

function busiest({ services }: EventData<'denials_counted'>): string | null {
  const counts = services.map(({ service, refused, unasked }) => ({ service, count: refused + unasked }));
  const most = counts.toSorted((a, b) => b.count - a.count).filter(({ count }) => count > 0);
  return most.length === 0 ? null : list(most.map(({ service, count }) => `${service} ${count}`));
}

function forService(account: string): string {
  const [kind, service = ''] = account.split('.');
  return kind === 'service' ? ` for ${says(service)}` : '';
}

function times(attempts: number): string {
  return attempts === 1 ? 'one attempt' : `${attempts} attempts`;
}

function because(why: string | null): string {
  return why === null ? '' : `: ${says(why)}`;
}

function list(words: readonly string[]): string {
  const shown = words.slice(0, 5).map((word) => says(word));
  return words.length > 5 ? `${shown.join(', ')} and ${words.length - 5} more` : shown.join(', ');
}

function joined(parts: readonly string[]): string {
  return parts.join('');
}

const says = (text: string): string => visible(text);
