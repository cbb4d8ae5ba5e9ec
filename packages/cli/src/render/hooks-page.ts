// SPDX-License-Identifier: MIT
import type { HooksStatus } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { countText, figureTable } from './figures.ts';
import { printable } from './printable.ts';

const titles = ['HOOK', 'DELIVERS TO', 'DELIVERED', 'FAILED', 'WAITING'];

/** A line for each hook, and below it what went wrong last. */
export function hooksPage({ hooks, letters }: HooksStatus, paint: Paint): string {
  if (hooks.length === 0)
    return ['no hook is configured: nothing is told to anybody', ...dead(letters)].join('\n');
  const rows = hooks.map(({ hook, kind, target, delivered, failed, waiting }) => [
    hook,
    `${kind === 'webhook' ? '' : 'script '}${printable(target)}`,
    countText(delivered),
    countText(failed),
    waiting === null ? '?' : countText(waiting),
  ]);
  const [head = '', ...lines] = figureTable(titles, rows, paint, 2);
  const withProblems = lines.flatMap((line, index) => {
    const problem = hooks[index]?.problem ?? null;
    return problem === null ? [line] : [line, `  ${paint('yellow', `last attempt: ${printable(problem)}`)}`];
  });
  return [head, ...withProblems, ...dead(letters)].join('\n');
}

function dead(letters: number | null): string[] {
  const text = lettersText(letters);
  return text === null ? [] : ['', text];
}

/** Null when there is nothing to say. */
export function lettersText(letters: number | null): string | null {
  if (letters === null) return 'how many dead letters there are is not known';
  if (letters === 0) return null;
  return `${letters === 1 ? '1 event was' : `${countText(letters)} events were`} given up: nftoggle hooks dead`;
}
