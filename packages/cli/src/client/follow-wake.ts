// SPDX-License-Identifier: MIT
import { type WakeStep, WakeTrace } from '@nftoggle/contracts';
import { askDaemon } from './ask-daemon.ts';
import { currentUser } from './current-user.ts';

export interface Followed {
  readonly device: string;
  /** True: everything is looked at, and nothing woken. */
  readonly doctor: boolean;
}

/** How long one question waits for a step, in milliseconds: the most that the daemon takes. */
const patience = 5_000;

/**
 * Wakes a device, or looks at what waking it depends on, and tells each step as it happens. Returns all of them when
 * it is over, which the device's own deadline sees to. Who stops following does not stop the wake.
 */
export async function followWake(
  socket: string,
  { device, doctor }: Followed,
  onStep: (step: WakeStep) => void,
): Promise<WakeTrace> {
  const steps: WakeStep[] = [];
  for (;;) {
    const body = { device, after: steps.length, patience, doctor, by: currentUser() };
    const piece = await askDaemon(socket, { method: 'POST', path: '/v1/wake', body }, WakeTrace);
    steps.push(...piece.steps);
    piece.steps.forEach(onStep);
    if (piece.done) return { ...piece, steps };
  }
}
