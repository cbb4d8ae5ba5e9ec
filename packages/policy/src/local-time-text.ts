// SPDX-License-Identifier: MIT

/** `Mon, 23 Nov 2026, 18:05`. With its year: a clock may have been wrong by many. */
export function localTimeText(timeZone: string, instant: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(instant);
}
