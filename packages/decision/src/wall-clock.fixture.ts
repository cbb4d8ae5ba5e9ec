// SPDX-License-Identifier: MIT
// What clocks on the wall show, minute by minute, asked of Intl: slow, and made without anything under test.
export const minute = 60_000;

export interface WallMinute {
  readonly at: number;
  /**
   * The latest local time that was shown until then, in milliseconds as if it were UTC. While a clock that was
   * put back shows times again it stays where it was: a time that is shown twice begins something once.
   */
  readonly reached: number;
}

/** Stretches of six days, most of them about a day on which the clock is changed. */
export const stretches = [
  ['UTC', '2026-02-26'],
  ['Europe/Berlin', '2026-03-26'],
  ['Europe/Berlin', '2026-10-22'],
  ['Europe/Berlin', '2027-12-29'],
  ['America/New_York', '2026-03-05'],
  ['America/New_York', '2026-10-29'],
  ['Australia/Lord_Howe', '2026-04-02'],
  ['Australia/Lord_Howe', '2026-10-01'],
  ['America/Santiago', '2026-04-02'],
  ['America/Santiago', '2026-09-03'],
  ['America/Havana', '2026-03-05'],
  ['America/St_Johns', '2010-11-04'],
  ['Africa/Casablanca', '2026-02-12'],
  ['Antarctica/Troll', '2026-03-26'],
  ['Pacific/Apia', '2011-12-27'],
  ['Asia/Kathmandu', '2028-02-26'],
] as const;

const known = new Map<string, readonly WallMinute[]>();

/** The minutes of a stretch that begins at midnight UTC. */
export function wallMinutes(zone: string, start: string): readonly WallMinute[] {
  const key = `${zone} ${start}`;
  const minutes = known.get(key) ?? read(zone, Date.parse(start));
  known.set(key, minutes);
  return minutes;
}

function read(zone: string, start: number): WallMinute[] {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
    hourCycle: 'h23',
  });
  let reached = Number.NEGATIVE_INFINITY;
  const minutes: WallMinute[] = [];
  // It begins a day earlier, so that a change just before the stretch is known of.
  for (let at = start - 1_440 * minute; at < start + 6 * 1_440 * minute; at += minute) {
    reached = Math.max(reached, shown(clock.format(at)));
    if (at >= start) minutes.push({ at, reached });
  }
  return minutes;
}

/** `28/02/2026, 13:05`. */
function shown(text: string): number {
  const [, day = '', month = '', year = '', time = ''] = text.match(/^(\d+)\/(\d+)\/(\d+), (\S+)$/) ?? [];
  return Date.parse(`${year}-${month}-${day}T${time}Z`);
}
