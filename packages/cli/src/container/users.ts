// SPDX-License-Identifier: MIT
// As whom each program runs in its container: docker-compose.yml says the same.
import type { BusUser } from '@nftoggle/bus';
import type { Daemon } from '@nftoggle/contracts';

const root = 0;

export const uidOf: Readonly<Record<Daemon | 'nats', number>> = {
  interceptor: root,
  policy: 10_002,
  wol: 10_003,
  hooks: root,
  stats: 10_005,
  api: 10_006,
  nats: 10_007,
};

/** The key of the tap is for people. */
export function uidOfKey(user: BusUser): number {
  return user === 'tap' ? root : uidOf[user];
}
