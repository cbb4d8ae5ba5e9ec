// SPDX-License-Identifier: MIT
// A friend on the Internet, a machine behind a gateway that sleeps, and two more boxes to compare: one that holds
// packets for machines that never wake, and one that holds none.
import { createLab, type Host, type Lab } from '@nftoggle/lab';
import { families, machine, sources } from './network.ts';

/** The same box twice: packets are held on one of them. */
export const boxes = ['holding', 'idle'] as const;
export type Box = (typeof boxes)[number];

export interface WakeNetwork {
  readonly lab: Lab;
  readonly friend: Host;
  readonly gateway: Host;
  readonly sleeper: Host;
  readonly host: (box: Box) => Host;
}

export async function createWakeNetwork(): Promise<WakeNetwork> {
  const extra = Object.fromEntries(boxes.map((box, index) => [box, machine(60 + index)]));
  const lab = await createLab({ only: ['friend', 'gateway', 'server'], extra });
  const friend = lab.host('friend');
  await friend.ip(families.map((family) => `route add local ${sources[family].network} dev lo`));
  return {
    lab,
    friend,
    gateway: lab.host('gateway'),
    sleeper: lab.host('server'),
    host: (box) => lab.host(box),
  };
}
