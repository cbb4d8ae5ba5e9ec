// SPDX-License-Identifier: MIT
// Connections whose service is gone, or guards their port no more. They pass by the mark they carry, so
// each of them has to be given to the service that guards the port now, be set free, or be ended.
import type { Config, Service } from '@nftoggle/config';
import { findGuardians } from './guarded-ports.ts';
import type { ConntrackFlow, ConntrackTuple } from './native.ts';

export interface Orphan {
  readonly flow: ConntrackFlow;
  /** The connection as the one who asked for the port sends it. */
  readonly asked: ConntrackTuple;
  /** Who guards the port now; empty when nobody does. */
  readonly guardians: readonly Service[];
}

/** `serviceOf` names the service of a connection's mark, if it is still there. */
export function findOrphans(
  flows: readonly ConntrackFlow[],
  config: Config,
  serviceOf: (mark: number) => string | undefined,
): Orphan[] {
  const guardiansOf = findGuardians(config);
  return flows
    .map((flow) => {
      const { asked, services } = guardiansOf(flow);
      return { flow, asked, guardians: services };
    })
    .filter(({ flow, guardians }) => !guardians.some(({ name }) => name === serviceOf(flow.mark)));
}
