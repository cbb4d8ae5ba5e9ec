// SPDX-License-Identifier: MIT
import { type Allowance, formatDuration, type Rule, windowText } from '@nftoggle/config';

/** What limits a rule beside its sources, in the words of the file. */
export interface RuleFacts {
  readonly countries?: string;
  readonly windows?: string;
  readonly allowance?: string;
  readonly expires?: string;
}

export function ruleFacts(
  { countries, notCountries, windows, allowance, expires }: Rule,
  zone: string,
): RuleFacts {
  return {
    ...(countries === null ? {} : { countries: countries.join(', ') }),
    ...(notCountries === null ? {} : { countries: `not ${notCountries.join(', ')}` }),
    ...(windows === null ? {} : { windows: windowText(windows) }),
    ...(allowance === null ? {} : { allowance: allowanceText(allowance) }),
    ...(expires === null ? {} : { expires: localDateTime(expires, zone) }),
  };
}

/** `2h daily, 10h weekly, free fri 18:00-20:00`. */
export function allowanceText(allowance: Allowance): string {
  const { uncharged } = allowance;
  const sizes = (['daily', 'weekly', 'monthly'] as const).flatMap((period) => {
    const size = allowance[period];
    if (size === null) return [];
    return [`${size === 0 ? 'none' : formatDuration(size)} ${period}`];
  });
  return [...sizes, ...(uncharged === null ? [] : [`free ${windowText(uncharged)}`])].join(', ');
}

/** `2026-12-24 18:00`: the Swedish form of dates is that of ISO 8601. */
export function localDateTime(instant: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(
    instant,
  );
}
