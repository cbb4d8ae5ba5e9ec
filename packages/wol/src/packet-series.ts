// SPDX-License-Identifier: MIT
import type { Clock } from './clock.ts';

/** Seconds after the first magic packet. One may get lost, or come while the machine is still on its way to sleep. */
const early = [0, 1, 2, 4] as const;
const later = 5;

/** When the packet with that number is due, in milliseconds after the first one. */
export function packetDue(number: number): number {
  const last = early.length - 1;
  return 1_000 * (early[number] ?? (early[last] ?? 0) + (number - last) * later);
}

/** Calls `send` now and at each moment of the schedule, until the function that is returned is called. */
export function startSeries(clock: Clock, send: () => void): () => void {
  const begun = clock.now();
  let cancel: () => void = () => undefined;
  let stopped = false;
  const round = (number: number): void => {
    send();
    if (stopped) return;
    cancel = clock.after(begun + packetDue(number + 1) - clock.now(), () => round(number + 1));
  };
  round(0);
  return () => {
    stopped = true;
    cancel();
  };
}
