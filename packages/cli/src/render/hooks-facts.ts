// SPDX-License-Identifier: MIT
import type { HooksStatus } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { countText } from './figures.ts';
import { lettersText } from './hooks-page.ts';
import { printable } from './printable.ts';

/** Of hooks, what is worth a look on the status page; `nftoggle hooks` has the rest. */
export function hooksFacts({ hooks, letters }: HooksStatus, paint: Paint): string[] {
  const dead = lettersText(letters);
  const warning = (text: string): string => `${paint('yellow', 'warning:')} ${text}`;
  return [
    ...(hooks.length === 0 ? [] : [summary(hooks)]),
    ...hooks.flatMap(({ hook, problem }) =>
      problem === null ? [] : [warning(`hook ${hook} failed last: ${printable(problem)}`)],
    ),
    ...(dead === null || (hooks.length === 0 && letters === null) ? [] : [warning(dead)]),
  ];
}

function summary(hooks: HooksStatus['hooks']): string {
  const sum = (of: 'delivered' | 'failed'): string =>
    countText(hooks.reduce((total, one) => total + one[of], 0));
  const waiting = hooks.reduce((total, one) => total + (one.waiting ?? 0), 0);
  const names = hooks.length === 1 ? 'hook' : 'hooks';
  return `${hooks.length} ${names}: ${sum('delivered')} delivered, ${sum('failed')} failed, ${countText(waiting)} waiting`;
}
