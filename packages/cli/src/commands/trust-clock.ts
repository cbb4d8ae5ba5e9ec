// SPDX-License-Identifier: MIT
import { ClockAccepted } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { currentUser } from '../client/current-user.ts';
import { type OutputFormat, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';

export interface TrustClockOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

/** Somebody looked at the clock and says that it is right. */
export async function trustClock({ state, output }: TrustClockOptions): Promise<void> {
  const { socket } = resolvePaths({ state });
  const body = { by: currentUser() };
  const accepted = await askDaemon(socket, { method: 'POST', path: '/v1/clock/accept', body }, ClockAccepted);
  printAnswer(output, accepted, () => {
    const time = new Date(accepted.now).toLocaleString('sv-SE', { timeZone: accepted.timezone });
    return paintFor(process.stdout)(
      'green',
      `it is ${time} (${accepted.timezone}): windows and allowances count`,
    );
  });
}
