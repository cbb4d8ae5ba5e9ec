// SPDX-License-Identifier: MIT
// The conditions of rules in words, each with what was found.
import { formatDuration, type WindowList, windowText } from '@nftoggle/config';
import type { Grant } from '@nftoggle/contracts';
import type { Budget } from './account.ts';
import type { Balance } from './balance.ts';
import type { CompiledRule } from './compile.ts';
import type { Matcher } from './matcher.ts';
import { dateText, dayText } from './time-text.ts';
import type { Interval } from './window-calendar.ts';
import type { Place } from './world.ts';

/** `country is DE (wanted FR, BE)`. */
export function countryCheck({ countries, notCountries }: CompiledRule, place: Place | null): string {
  const wanted = [
    countries === null ? [] : [...countries],
    notCountries === null ? [] : [...notCountries].map((country) => `not ${country}`),
  ].flat();
  return `${placeText(place)} (wanted ${wanted.join(', ')})`;
}

function placeText(place: Place | null): string {
  if (place === null) return 'source is in no country';
  return place.country === null ? 'country is not known' : `country is ${place.country}`;
}

export function expiryCheck(expires: number, at: number, zone: string): string {
  return `${at < expires ? 'expires' : 'expired'} ${dateText(zone, expires)}`;
}

export function clockCheck(problem: string): string {
  return `clock: ${problem}`;
}

/** Of a deny rule, which is then in force whatever its times are. */
export function denyClockCheck(problem: string): string {
  return `clock: ${problem}, so the rule counts at any time`;
}

export const ledgerCheck = 'what was used of the allowance is not known yet';

/** `mon 14:30 is within mon-fri 16:00-18:00`: what is asked, whether or not it is true. */
export function windowCheck(list: WindowList, at: number, zone: string): string {
  return `${dayText(zone, at)} is within ${windowText(list)}`;
}

/** `allowance daily 2h: 35m left`; `free`: the window in which it is not charged. */
export function allowanceCheck(
  { person, allowance }: Budget,
  free: Interval | null,
  { left }: Balance,
  zone: string,
): string {
  const sizes = (['daily', 'weekly', 'monthly'] as const).flatMap((period) => {
    const size = allowance[period];
    return size === null ? [] : [`${period} ${sizeText(size)}`];
  });
  const whose = person === null ? '' : ` of ${person}`;
  const state = free === null ? '' : `, not charged${freeUntil(free, zone)}`;
  return `allowance${whose} ${sizes.join(', ')}: ${leftText(left)} left${state}`;
}

function freeUntil({ to }: Interval, zone: string): string {
  return to === Number.POSITIVE_INFINITY ? '' : ` until ${dayText(zone, to)}`;
}

function sizeText(seconds: number): string {
  return seconds === 0 ? '0' : formatDuration(seconds);
}

/** Down to the minute, and to the second in the last one: nobody plans by more. */
export function leftText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds === 0) return milliseconds > 0 ? 'less than 1s' : 'nothing';
  return formatDuration(seconds < 60 ? seconds : seconds - (seconds % 60));
}

/** `matcher`: null for a source that the configuration does not know any more. */
export function grantCheck({ source, until, by }: Grant, matcher: Matcher | null, zone: string): string {
  if (matcher === null) return `source is ${JSON.stringify(source)}, which the configuration does not know`;
  return `${matcher.condition}; open until ${dateText(zone, Date.parse(until))}, by ${by}`;
}
