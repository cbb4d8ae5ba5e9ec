// SPDX-License-Identifier: MIT
import type { WakeStep } from '@nftoggle/contracts';
import type { Format, Paint } from '../paint.ts';
import { printable } from './printable.ts';
import { wrap } from './wrap.ts';

/** As it should be, wrong, and neither. */
const marks = { true: '✓', false: '✗', null: '·' } as const;
const colours = { true: 'green', false: 'red', null: 'dim' } as const satisfies Record<string, Format>;

/** Room for `999.9 s`: no device has more than ten minutes. */
const timeWidth = 7;
const nameWidth = 'neighbour'.length;
const indent = timeWidth + nameWidth + 7;
/** Narrower than this, a text beside the other columns is worse than one that the terminal breaks. */
const narrowest = 30;

/** One step of a wake, so wide that steps that are printed one by one stand in columns. */
export function stepLine({ at, step, ok, text }: WakeStep, paint: Paint, width = Infinity): string {
  const key = `${ok}` as const;
  const time = secondsText(at).padStart(timeWidth);
  const head = `${paint('dim', time)}  ${paint(colours[key], marks[key])}  ${step.padEnd(nameWidth)}  `;
  const room = width - indent < narrowest ? Infinity : width - indent;
  const [first = '', ...more] = wrap(printable(text), room).map((line) =>
    step === 'advice' ? paint('yellow', line) : line,
  );
  return [head + first, ...more.map((line) => ' '.repeat(indent) + line)].join('\n');
}

/** `12.4 s` */
export function secondsText(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
