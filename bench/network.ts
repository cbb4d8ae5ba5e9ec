// SPDX-License-Identifier: MIT
import { createLab, type Host, type HostPlan, type Lab } from '@nftoggle/lab';

export const families = ['ipv4', 'ipv6'] as const;
export type Family = (typeof families)[number];

/** What a connection meets on its way, from everything to nothing. */
export const targets = ['nftoggle', 'yardstick', 'conntrack', 'nothing'] as const;
export type Target = (typeof targets)[number];

/** Where the friend connects from: 65,536 addresses, and as many /64, that no interface needs to have. */
export const sources = {
  ipv4: { first: '10.77.0.0', network: '10.77.0.0/16' },
  ipv6: { first: '2001:db8:77::', network: '2001:db8:77::/48' },
} as const;
export const sourceCount = 65_536;

export interface Network {
  readonly lab: Lab;
  readonly friend: Host;
  readonly host: (target: Target) => Host;
}

/**
 * One friend and, on the same wire, one machine for each target. They differ in nothing but their rulesets, and
 * all are up all the time, so that a measurement goes from one to the next with nothing to set up between.
 */
export async function createNetwork(): Promise<Network> {
  const extra = Object.fromEntries(targets.map((target, index) => [target, machine(50 + index)]));
  const lab = await createLab({ only: ['friend'], extra });
  const friend = lab.host('friend');
  await friend.ip(families.map((family) => `route add local ${sources[family].network} dev lo`));
  return { lab, friend, host: (target) => lab.host(target) };
}

/** A machine beside the friend, which knows the way back to all of the friend's sources. */
export function machine(id: number): HostPlan {
  return {
    interfaces: [
      {
        name: 'eth0',
        segment: 'wan',
        mac: `02:00:00:00:0b:${id}`,
        ipv4: `203.0.113.${id}/24`,
        ipv6: `2001:db8:a::${id}/64`,
      },
    ],
    routes: [`${sources.ipv4.network} via 203.0.113.7`, `${sources.ipv6.network} via 2001:db8:a::7`],
  };
}
