// SPDX-License-Identifier: MIT
// How a wake ended, in one sentence.
import type { WakeStep, WakeTrace } from '@nftoggle/contracts';
import { printable } from './printable.ts';
import { secondsText } from './step-line.ts';

/** When the wake itself began, after the look at whether it is needed; undefined when it was not. */
function begunAt(steps: readonly WakeStep[]): number | undefined {
  return steps.find(({ step }) => step === 'path' || step === 'packets')?.at;
}

/** `nas is ready after 12.4 s`, counted from the first magic packet or the start of the command. */
export function readySentence(device: string, { steps }: WakeTrace): string {
  const begun = begunAt(steps);
  const ready = steps.findLast(({ step }) => step === 'ready');
  if (begun === undefined || ready === undefined) return `${device} was up already`;
  return `${device} is ready after ${secondsText(ready.at - begun)}`;
}

/** Only its deadline ends a wake that began and does not succeed. */
export function isTimeout({ steps }: WakeTrace): boolean {
  return begunAt(steps) !== undefined && steps.some(({ step }) => step === 'failed');
}

/** What failed; and what to do about it, unless that was told before. */
export function failureText(device: string, { steps }: WakeTrace, withAdvice: boolean): string {
  const failed = textsOf(steps, 'failed');
  const advice = withAdvice ? textsOf(steps, 'advice') : [];
  const cause = failed.length === 0 ? 'the wake ended without a word' : failed.join('; ');
  return [`${device} is not ready: ${cause}`, ...advice.map((text) => `  ${text}`)].join('\n');
}

function textsOf(steps: readonly WakeStep[], which: WakeStep['step']): string[] {
  return [...new Set(steps.flatMap(({ step, text }) => (step === which ? [printable(text)] : [])))];
}
