// SPDX-License-Identifier: MIT
// `forward`: the box's own ports lead to a device.
import { type Config, formatNetwork } from '@nftoggle/config';
import type { Marks } from '../marks.ts';
import { firstAddress } from '../wake-target.ts';
import type { IndexedService } from './dispatch.ts';
import { hex } from './hex.ts';
import { lastingChains } from './names.ts';
import type { Chain } from './render.ts';

/**
 * After the gate (-140), so that only what was let in is led anywhere; before the usual place of DNAT (-100), where the
 * first of two rules for a port wins: here the configuration says whose it is.
 */
const dnatPriority = -105;
/** The usual place of source NAT. */
const masqueradePriority = 100;

/**
 * None where nothing is forwarded: such chains make the kernel look at each connection on its way through NAT, and
 * not every kernel can. The connection's mark says that the gate let it in, by which service, hence by which ports
 * and interfaces.
 */
export function forwardingChains(services: readonly IndexedService[], config: Config, marks: Marks): Chain[] {
  const forwarding = services.filter(({ forward }) => forward !== null);
  if (forwarding.length === 0) return [];
  return [
    {
      name: lastingChains.dnat,
      type: 'nat',
      hook: `hook prerouting priority ${dnatPriority}`,
      rules: forwarding.flatMap((service) => dnatRules(service, config, marks)),
    },
    {
      name: lastingChains.masquerade,
      type: 'nat',
      hook: `hook postrouting priority ${masqueradePriority}`,
      rules: forwarding
        .filter(({ forward }) => forward?.masquerade)
        .map((service) => `${ofService(service, marks)} ct status dnat masquerade`),
    },
  ];
}

/** The port stays as it is. Packets to the device itself need no other destination. */
function dnatRules(service: IndexedService, { devices }: Config, marks: Marks): string[] {
  return service.to.flatMap((name) =>
    ([4, 6] as const).flatMap((family) => {
      const device = devices.get(name);
      const address = device === undefined ? undefined : firstAddress(device, family);
      if (address === undefined) return [];
      const match = `${ofService(service, marks)} meta nfproto ipv${family} fib daddr type local`;
      return [`${match} dnat ${family === 4 ? 'ip' : 'ip6'} to ${formatNetwork(address)}`];
    }),
  );
}

function ofService({ index }: IndexedService, marks: Marks): string {
  return `ct mark & ${hex(marks.mask)} == ${hex(marks.opened(index))}`;
}
