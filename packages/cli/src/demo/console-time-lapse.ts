// SPDX-License-Identifier: MIT
// A day of a family in a minute: the example's own file with other times in it.
export interface TimeLapse {
  readonly text: string;
  /** The lines that are others than in the example. */
  readonly changed: readonly string[];
  readonly allowanceSeconds: number;
  readonly windowSeconds: number;
  readonly windowEnd: Date;
}

const [allowanceSeconds, windowSeconds] = [10, 45];

export function timeLapse(example: string, now: Date): TimeLapse {
  const windowEnd = new Date(Math.ceil(now.getTime() / 1_000 + windowSeconds) * 1_000);
  const clockTime = (date: Date): string => date.toISOString().slice(11, 19);
  const window = `${clockTime(new Date(windowEnd.getTime() - 3_600_000))}-${clockTime(windowEnd)}`;
  const changes: readonly (readonly [line: RegExp, instead: string])[] = [
    [/^timezone:.*$/m, 'timezone: UTC\nmetering: { tick: 2s }'],
    [/^ {6}daily:.*$/m, `      daily: ${allowanceSeconds}s`],
    [/^ {6}warn_before:.*$/m, '      warn_before: [5s]'],
    [/^ {8}windows:.*$/m, `        windows: ["${window}"]`],
    [/^ {8}except:.*\n {8}also:.*\n/m, ''],
  ];
  const text = changes.reduce((all, [line, instead]) => {
    if (!line.test(all)) throw new Error(`the example has no line like ${line}`);
    return all.replace(line, instead);
  }, example);
  const changed = changes.flatMap(([, instead]) => (instead === '' ? [] : instead.split('\n')));
  return { text, changed, allowanceSeconds, windowSeconds, windowEnd };
}

export function secondsLeft(end: Date): number {
  return Math.max(0, Math.round((end.getTime() - Date.now()) / 1_000));
}
