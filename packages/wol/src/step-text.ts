// SPDX-License-Identifier: MIT
// Steps of a wake in words.
import { formatNetwork } from '@nftoggle/config';
import type { Neighbour } from './neighbours.ts';
import type { WakeHost } from './target.ts';
import type { Sending } from './wake-send.ts';
import { broadcastAddress, type Destination, type Way } from './way.ts';

export function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

export function pathText(way: Way): string {
  if (way.paths.length === 0) return way.problem ?? 'the configured broadcast address, by the routes';
  return way.paths
    .map(({ interface: name, address, network }) => {
      const broadcast = broadcastAddress(network);
      const where = broadcast === null ? '' : `, broadcast ${broadcast}`;
      return `${name} has ${address} in ${formatNetwork(network)}${where}`;
    })
    .join('; ');
}

/** `to 192.168.1.255, 255.255.255.255 (eth0), 192.168.1.20; ports 9 and 7` */
export function destinationsText(destinations: readonly Destination[], ports: readonly number[]): string {
  const to = destinations.map((each) =>
    each.interface === null || each.to.includes('%') ? each.to : `${each.to} (${each.interface})`,
  );
  return `to ${to.join(', ')}; UDP ${ports.length === 1 ? 'port' : 'ports'} ${ports.join(' and ')}`;
}

/** What did not leave, once for each destination. */
export function sendProblems(sendings: readonly Sending[]): readonly string[] {
  const texts = sendings.flatMap(({ destination, problem }) => {
    const by = destination.interface === null ? '' : ` by ${destination.interface}`;
    return problem === null ? [] : [`a magic packet to ${destination.to}${by} was not sent: ${problem}`];
  });
  return [...new Set(texts)];
}

export function neighbourText(address: string, neighbour: Neighbour | null, host: WakeHost): string {
  if (neighbour === null) return `the kernel knows no neighbour ${address}`;
  const { mac, interface: name, state } = neighbour;
  if (mac === null)
    return `${address} on ${name}: ${state === 'asking' ? 'asked for, ' : ''}nobody answers for it`;
  const whose = host.macs.length === 0 || host.macs.includes(mac) ? '' : `, which is not of ${host.name}`;
  return `${address} on ${name} is ${mac}${whose} (${state === 'known' ? 'age unknown' : state})`;
}
