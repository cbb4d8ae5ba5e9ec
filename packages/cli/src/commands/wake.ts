// SPDX-License-Identifier: MIT
import type { WakeTrace } from '@nftoggle/contracts';
import { followWake } from '../client/follow-wake.ts';
import { withWakeable } from '../client/wakeable-device.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { type OutputFormat, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { failureText, isTimeout, readySentence } from '../render/wake-outcome.ts';
import { printStep } from './print-step.ts';

export interface WakeOptions {
  readonly state?: string;
  readonly output: OutputFormat;
  readonly trace?: boolean;
}

/** Wakes a device and waits until it is ready, or until its deadline. */
export async function wakeDevice(device: string, options: WakeOptions): Promise<void> {
  const { state, output } = options;
  const shown = options.trace === true && output === 'table';
  const { socket } = resolvePaths({ state });
  const trace = await withWakeable(socket, device, () =>
    followWake(socket, { device, doctor: false }, shown ? printStep : () => undefined),
  );
  if (trace.ok || output === 'json')
    printAnswer(output, trace, () => paintFor(process.stdout)('green', readySentence(device, trace)));
  if (!trace.ok) throw notReady(device, trace, !shown);
}

function notReady(device: string, trace: WakeTrace, withAdvice: boolean): CommandError {
  const code = isTimeout(trace) ? exitCodes.timedOut : exitCodes.failed;
  return new CommandError(code, failureText(device, trace, withAdvice));
}
