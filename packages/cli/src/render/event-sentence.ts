// SPDX-License-Identifier: MIT
// What happened, in a sentence for people: one for each type of event.
import type { EventData, EventType, Grant, SessionUse } from '@nftoggle/contracts';
import type { Format } from '../paint.ts';
import { boundTexts } from './bound-text.ts';
import { durationText } from './duration-text.ts';
import { bytesText, countText } from './figures.ts';
import { momentText } from './local-time.ts';
import { endTexts, refusalTexts } from './reason-text.ts';
import { forWhom } from './source-text.ts';
import { whoText } from './who-text.ts';

/** When it happened, and where: by the clock of which time zone times are told. */
export interface EventFrame {
  readonly at: Date;
  readonly zone: string;
}

interface Telling<T extends EventType> {
  /** One word that says what kind of thing this is, ten characters at most. */
  readonly label: string;
  readonly colour: Format | null;
  readonly sentence: (data: EventData<T>, frame: EventFrame) => string;
}

export const tellings: { readonly [T in EventType]: Telling<T> } = {
  session_started: {
    label: 'let in',
    colour: 'green',
    sentence: ({ service, who, covers, until, bound, reason }, frame) =>
      `${service}: ${whoText(who, covers)} until ${moment(until, frame)} (${boundTexts[bound]})` +
      `${reason === 'grant_allows' ? ', by a grant' : ''}`,
  },
  session_ended: {
    label: 'ended',
    colour: 'dim',
    sentence: ({ service, who, covers, reason, since, ended, use, cut }) => {
      const lasted = durationText((Date.parse(ended) - Date.parse(since)) / 1_000);
      const broken = cut === 0 ? '' : `; ${counted(cut, 'connection was', 'connections were')} cut`;
      return `${service}: ${whoText(who, covers)} after ${lasted}: ${endTexts[reason]}; ${useText(use)}${broken}`;
    },
  },
  access_denied: {
    label: 'refused',
    colour: 'red',
    sentence: ({ service, who, source, reason, count, next_allowed, enforced }, frame) => {
      const packets = count === 1 ? '' : `, ${countText(count)} packets`;
      const next = next_allowed === null ? '' : `; allowed from ${moment(next_allowed, frame)} on`;
      const harmless = enforced ? '' : '; it passed all the same (mode watch)';
      return `${service}: ${whoText(who, source.address)}${packets}: ${refusalTexts[reason]}${next}${harmless}`;
    },
  },
  denials_counted: { label: 'refused', colour: 'red', sentence: countedSentence },
  ruleset_restored: {
    label: 'guard',
    colour: 'red',
    sentence: ({ damage }) =>
      `somebody ${damage === 'table_removed' ? 'removed' : 'altered'} our nftables table; it is back`,
  },
  grant_issued: {
    label: 'grant',
    colour: 'yellow',
    sentence: ({ grant, by }, frame) =>
      `${by ?? grant.by} opened ${whatOf(grant)} until ${moment(grant.until, frame)}${whyText(grant.why)}`,
  },
  grant_extended: {
    label: 'grant',
    colour: 'yellow',
    sentence: ({ grant, by }, frame) =>
      `${by ?? grant.by} left ${whatOf(grant)} open until ${moment(grant.until, frame)}`,
  },
  grant_revoked: {
    label: 'grant',
    colour: 'yellow',
    sentence: ({ grant, by }, frame) =>
      `${by ?? 'somebody'} closed ${whatOf(grant)}, which was open until ${moment(grant.until, frame)}`,
  },
  grant_ended: {
    label: 'grant',
    colour: 'dim',
    sentence: ({ grant }) => `${whatOf(grant)} is not open any more: the time of the grant is over`,
  },
  allowance_low: {
    label: 'allowance',
    colour: 'yellow',
    sentence: ({ who, left, resets }, frame) =>
      `${who} has ${durationText(left)} left until ${moment(resets, frame)}`,
  },
  allowance_spent: {
    label: 'allowance',
    colour: 'yellow',
    sentence: ({ who, resets }, frame) => `${who} has nothing left until ${moment(resets, frame)}`,
  },
  allowance_changed: {
    label: 'allowance',
    colour: 'yellow',
    sentence: ({ who, bonus, by, why }) =>
      bonus < 0
        ? `${by} took ${durationText(-bonus)} from ${who} for today${whyText(why)}`
        : `${by} gave ${who} ${durationText(bonus)} more for today${whyText(why)}`,
  },
  permissions_changed: {
    label: 'policy',
    colour: 'dim',
    sentence: ({ because, services }) =>
      `who may use ${services === null ? 'any service' : services.join(', ')} is looked at again: ${changes[because]}`,
  },
  clock_changed: {
    label: 'clock',
    colour: 'yellow',
    sentence: ({ trusted, problem }) =>
      trusted
        ? 'the clock is trusted again: windows and allowances count'
        : `the clock is not trusted, so no window is open${problem === null ? '' : `: ${problem}`}`,
  },
  wake_started: {
    label: 'wake',
    colour: 'yellow',
    sentence: ({ device, by, expected }) =>
      `${device} is being woken for ${by}${expected === null ? '' : `; that takes about ${durationText(expected)}`}`,
  },
  wake_ready: {
    label: 'wake',
    colour: 'green',
    sentence: ({ device, by, seconds }) => `${device} is ready for ${by} after ${seconds.toFixed(1)} s`,
  },
  wake_failed: {
    label: 'wake',
    colour: 'red',
    sentence: ({ device, by, seconds, problem }) =>
      `${device} was not ready for ${by} within ${durationText(seconds)}: ${problem}`,
  },
  hook_failed: {
    label: 'hook',
    colour: 'red',
    sentence: ({ hook, event, problem, attempts }) =>
      `${hook} did not get ${event.type} in ${counted(attempts, 'attempt', 'attempts')}: ${problem} (see: nftoggle hooks dead)`,
  },
  config_changed: {
    label: 'config',
    colour: null,
    sentence: ({ daemon, revision }) => `${daemon} goes by revision ${revision} now`,
  },
  config_refused: {
    label: 'config',
    colour: 'red',
    sentence: ({ daemon, revision, problem }) =>
      `${daemon} does not take revision ${revision} and keeps its last good one: ${problem}`,
  },
};

const changes: Readonly<Record<EventData<'permissions_changed'>['because'], string>> = {
  grant: 'a grant changed',
  allowance: 'an allowance changed',
  names: 'a name leads to other addresses',
  countries: 'the country database changed',
  clock: 'the clock changed',
};

function countedSentence({ services, sources, most }: EventData<'denials_counted'>): string {
  const sum = (of: 'refused' | 'unasked'): number => services.reduce((total, one) => total + one[of], 0);
  const [refused, unasked] = [sum('refused'), sum('unasked')];
  const first = most[0];
  const worst = first === undefined ? '' : `, the most from ${first.address} (${countText(first.count)})`;
  const parts = [
    ...(refused === 0
      ? []
      : [
          `${counted(refused, 'more packet', 'more packets')} of ${counted(sources, 'source', 'sources')}${worst}`,
        ]),
    ...(unasked === 0 ? [] : [`${counted(unasked, 'packet', 'packets')} dropped by the kernel unasked`]),
  ];
  const names = services.flatMap((one) => (one.refused + one.unasked === 0 ? [] : [one.service]));
  return `${names.join(', ')}: ${parts.length === 0 ? 'nothing more' : parts.join('; ')}`;
}

/** The bytes of both directions, where the kernel counts them. */
function useText({ active, from_source, to_source }: SessionUse): string {
  if (active === 0 && (from_source?.bytes ?? 0) === 0) return 'it was not used';
  const moved =
    from_source === null || to_source === null
      ? ''
      : `, ${bytesText(from_source.bytes)} in, ${bytesText(to_source.bytes)} out`;
  return `in use for ${durationText(active)}${moved}`;
}

function whatOf({ service, source }: Grant): string {
  return `${service} for ${forWhom(source)}`;
}

function whyText(why: string | null): string {
  return why === null ? '' : `: "${why}"`;
}

function moment(instant: string, { at, zone }: EventFrame): string {
  return momentText(instant, at, zone);
}

function counted(count: number, one: string, many: string): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}
