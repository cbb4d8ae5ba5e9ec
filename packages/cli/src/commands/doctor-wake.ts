// SPDX-License-Identifier: MIT
import { followWake } from '../client/follow-wake.ts';
import { withWakeable } from '../client/wakeable-device.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { type OutputFormat, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { printStep } from './print-step.ts';

export interface DoctorOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

/** Looks at everything that waking a device depends on, and wakes nothing. */
export async function examineWake(device: string, { state, output }: DoctorOptions): Promise<void> {
  const { socket } = resolvePaths({ state });
  const onStep = output === 'table' ? printStep : () => undefined;
  const trace = await withWakeable(socket, device, () =>
    followWake(socket, { device, doctor: true }, onStep),
  );
  if (trace.ok || output === 'json') printAnswer(output, trace, () => allIsWell(device));
  if (trace.ok) return;
  throw new CommandError(
    exitCodes.failed,
    `something is wrong with waking ${device}: see what is marked ✗. Nothing was woken`,
  );
}

function allIsWell(device: string): string {
  const found = paintFor(process.stdout)('green', 'nothing wrong was found');
  return `${found}; nothing was woken. To try it: nftoggle wake ${device} --trace`;
}
