// SPDX-License-Identifier: MIT
// What wakes now, and what can be woken.
import type { WolStatus } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { columns } from './columns.ts';
import { durationText } from './duration-text.ts';
import { printable } from './printable.ts';

/** Wakes under way first: somebody waits for them. */
export function wolFacts({ waking, devices }: WolStatus, now: Date, paint: Paint): string[] {
  const usual = new Map(devices.map(({ device, expected }) => [device, expected?.median]));
  return [
    ...waking.map((wake) => wakingLine(wake, usual.get(wake.device), now, paint)),
    ...deviceLines(devices, paint),
  ];
}

type Waking = WolStatus['waking'][number];

function wakingLine(
  { device, by, started, deadline, problem }: Waking,
  usual: number | undefined,
  now: Date,
  paint: Paint,
): string {
  const since = Math.max(0, now.getTime() - Date.parse(started)) / 1_000;
  const most = (Date.parse(deadline) - Date.parse(started)) / 1_000;
  const of = usual === undefined ? `${durationText(most)} at most` : `about ${durationText(usual)}`;
  const trouble = problem === null ? '' : `; ${paint('red', printable(problem))}`;
  return `${paint('yellow', `${device}: waking`)} for ${durationText(since)} of ${of}, for ${printable(by)}${trouble}`;
}

function deviceLines(devices: WolStatus['devices'], paint: Paint): string[] {
  if (devices.length === 0) return [];
  const titles = ['CAN BE WOKEN', 'TAKES', '95 % WITHIN', 'WAKES'].map((title) => paint('dim', title));
  const rows = devices.map(({ device, expected }) =>
    expected === null
      ? [device, 'not known yet']
      : [device, durationText(expected.median), durationText(expected.p95), String(expected.wakes)],
  );
  return columns([titles, ...rows]);
}
