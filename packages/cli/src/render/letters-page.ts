// SPDX-License-Identifier: MIT
import type { DeadLetters } from '@nftoggle/contracts';
import type { PageFrame } from './page-frame.ts';
import { pastText } from './past-time.ts';
import { printable } from './printable.ts';
import { wrap } from './wrap.ts';

type Letter = DeadLetters['letters'][number];

const indent = '  ';

/** Two lines for each: its id and what it is about, and why it was given up. */
export function lettersPage(
  { letters, total }: DeadLetters,
  zone: string,
  { width, paint }: PageFrame,
): string {
  if (letters.length === 0) return 'no dead letter: every hook got what it is for';
  const count = total === 1 ? '1 dead letter' : `${total} dead letters`;
  const more = total - letters.length;
  return [
    `${count} (times in ${zone})`,
    ...letters.flatMap((letter) => [
      `${paint('bold', letter.id)}  ${letter.hook}: ${letter.event.type} of ${pastText(letter.event.time, zone)}`,
      ...wrap(whyText(letter, zone), width - indent.length).map((line) => indent + line),
    ]),
    ...(more > 0 ? [`… and ${more} older: --limit`] : []),
    'again: nftoggle hooks retry ID (or --all); away: nftoggle hooks discard ID',
  ].join('\n');
}

function whyText({ at, attempts, problem }: Letter, zone: string): string {
  const tried = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  return `given up ${pastText(at, zone)} after ${tried}: ${printable(problem)}`;
}
