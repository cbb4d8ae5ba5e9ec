// SPDX-License-Identifier: MIT
// The command lines that take a change back, as a person would type them.
import { formatDuration } from '@nftoggle/config';
import type { Grant } from '@nftoggle/contracts';

export function closeCommand({ service, source }: Grant): string {
  return `nftoggle close ${service}${fromOption(source)}`;
}

/** Opens again for as long as it would have been open. */
export function openCommand({ service, source, until }: Grant, now: Date): string {
  const seconds = Math.round((Date.parse(until) - now.getTime()) / 1_000);
  const time = seconds < 120 ? Math.max(1, seconds) : Math.round(seconds / 60) * 60;
  return `nftoggle open ${service} --for ${formatDuration(time)}${fromOption(source)}`;
}

export function bonusCommand(who: string, seconds: number): string {
  return `nftoggle bonus ${who} ${seconds < 0 ? '-' : '+'}${formatDuration(Math.abs(seconds))}`;
}

function fromOption(source: string): string {
  return source === 'any' ? '' : ` --from ${source}`;
}
