// SPDX-License-Identifier: MIT
import type { DaemonStatus, WolStatus } from '@nftoggle/contracts';
import { type Clock, shown } from './clock.ts';
import { expectationOf, type WakeStore } from './learned.ts';
import type { WakeHost } from './target.ts';
import type { Wake } from './wake.ts';

export function statusOf(
  daemon: DaemonStatus,
  clock: Clock,
  wakes: readonly Wake[],
  hosts: readonly WakeHost[],
  store: Pick<WakeStore, 'get'>,
): WolStatus {
  return {
    ...daemon,
    daemon: 'wol',
    waking: wakes.map(({ host, by, started, deadline, packets, problem }) => ({
      device: host.name,
      by,
      started: shown(clock, started),
      deadline: shown(clock, deadline),
      packets,
      problem,
    })),
    devices: hosts.map(({ name }) => ({ device: name, expected: expectationOf(store.get(name)) })),
  };
}
