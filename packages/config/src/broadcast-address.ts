// SPDX-License-Identifier: MIT
import { familyBits, formatNetwork, type Network, parseNetwork } from './network.ts';
import { type Parsed, refuse } from './parsed.ts';
import { parseAddressText } from './source.ts';

/** Where magic packets may go: any IPv4 address, or a multicast group of IPv6, which has no broadcast. */
export function parseBroadcast(text: string): Parsed<Network> {
  const address = parseAddressText(text);
  if (!address.ok) return refuse(address.message, networkRemedy(text) ?? address.remedy);
  if (address.value.family === 4 || address.value.base >> 120n === 0xffn) return address;
  return refuse(
    `${JSON.stringify(text)} is neither IPv4 nor multicast.`,
    'IPv6 has no broadcast: write a multicast group, such as "ff02::1", or an IPv4 address.',
  );
}

/** People write the network where its last address belongs. */
function networkRemedy(text: string): string | null {
  const network = parseNetwork(text);
  if (network?.family !== 4) return null;
  const last = network.base | ((1n << BigInt(familyBits[4] - network.prefix)) - 1n);
  return `Write the broadcast address of the network: ${formatNetwork({ ...network, base: last, prefix: 32 })}.`;
}
