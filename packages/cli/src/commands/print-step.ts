// SPDX-License-Identifier: MIT
import type { WakeStep } from '@nftoggle/contracts';
import { printLine } from '../output.ts';
import { paintFor } from '../paint.ts';
import { stepLine } from '../render/step-line.ts';

/** At once: who watches a wake sees each step as it happens. Lines are broken on a terminal alone. */
export function printStep(step: WakeStep): void {
  printLine(process.stdout, stepLine(step, paintFor(process.stdout), process.stdout.columns));
}
