// SPDX-License-Identifier: MIT
import type { Marks } from '../marks.ts';
import { hex } from './hex.ts';
import { type Indexed, lastingChains } from './names.ts';
import type { Chain } from './render.ts';

/**
 * While a machine sleeps nobody answers for its address, and the kernel tells that to whoever sends to it: a client
 * that is connecting then gives up at once instead of trying again. Not so for services that wake machines.
 */
export function unreachableChains(waking: readonly Indexed[], marks: Marks): Chain[] {
  if (waking.length === 0) return [];
  const own = waking.map(({ index }) => hex(marks.opened(index))).join(', ');
  const match = `ct mark & ${hex(marks.mask)} { ${own} }`;
  return [
    {
      name: lastingChains.unreachable,
      hook: 'hook output priority 0',
      rules: [
        `icmp type destination-unreachable icmp code host-unreachable ${match} counter drop`,
        `icmpv6 type destination-unreachable icmpv6 code addr-unreachable ${match} counter drop`,
      ],
    },
  ];
}
