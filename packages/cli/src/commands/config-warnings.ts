// SPDX-License-Identifier: MIT
// What is right to the letter and cannot be meant.
import { type Config, localDate, type Rule, type WindowList } from '@nftoggle/config';
import { localDateTime } from '../render/rule-facts.ts';
import { hookWarnings } from './hook-warnings.ts';

export function configWarnings(config: Config, now: number): string[] {
  const services = [...config.services.values()];
  return [
    ...services.flatMap(({ deny }) =>
      deny.flatMap((rule) => idle(rule, config, now, 'refuses nobody any more')),
    ),
    ...services.flatMap(({ allow }) =>
      allow.flatMap((rule) => idle(rule, config, now, 'lets nobody in any more')),
    ),
    ...hookWarnings(config.hooks),
  ];
}

/** A rule whose time is over, and will not come again. */
function idle({ path, expires, windows }: Rule, config: Config, now: number, verb: string): string[] {
  const { timezone } = config;
  if (expires !== null && expires <= now)
    return [`${path} expired ${localDateTime(expires, timezone)} (${timezone}): it ${verb}`];
  return windows !== null && isPast(windows, localDate(timezone, now))
    ? [`${path}: the last date of its windows is past, so it ${verb}`]
    : [];
}

function isPast({ weekly, also }: WindowList, today: string): boolean {
  return weekly.length === 0 && also.every(({ dates }) => dates.last < today);
}
