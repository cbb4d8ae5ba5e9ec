// SPDX-License-Identifier: MIT

import { parseMacAddress } from './mac-address.ts';
import { formatNetwork, type Network, parseAddress, parseNetwork } from './network.ts';
import { accept, type Parsed, refuse } from './parsed.ts';
import { suggest } from './suggest.ts';
import type { Source } from './types.ts';

/** Names that mean the same in every file, so that no device or group may take them. */
export const reservedNames = ['lan', 'any'] as const;

/** The names that a source may use. */
export interface Names {
  readonly devices: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/** An address, a network, `lan`, `any`, or the name of a device or group. */
export function parseSource(text: string, names: Names): Parsed<Source> {
  if (text === 'lan') return accept({ kind: 'lan' });
  if (text === 'any') return accept({ kind: 'any' });
  if (names.groups.has(text)) return accept({ kind: 'group', group: text });
  if (names.devices.has(text)) return accept({ kind: 'device', device: text });
  const mac = parseMacAddress(text);
  if (mac.ok) {
    const remedy = `Add a device with "mac: ${mac.value}" under "devices", and write its name here.`;
    return refuse(`${JSON.stringify(text)} is a hardware address.`, remedy);
  }
  if (/[:/]|^\d+\.|\.\d+$/.test(text)) return parseNetworkSource(text);
  return refuse(`${JSON.stringify(text)} is not known.`, remedyFor(text, names));
}

/** An address or `ADDRESS/BITS`, with a reason when it is neither. */
export function parseNetworkText(text: string): Parsed<Network> {
  const network = parseNetwork(text);
  // `::ffff:192.0.2.1` is an IPv4 address, but which of the two kinds of bits would `/24` count?
  const ambiguous = network?.family === 4 && text.includes(':') && text.includes('/');
  if (network !== null && !ambiguous) return accept(network);
  return refuse(`${JSON.stringify(text)} is not an address or network.`, networkRemedy(text));
}

export function parseAddressText(text: string): Parsed<Network> {
  const address = parseAddress(text);
  if (address !== null) return accept(address);
  const remedy = text.includes('/')
    ? 'Write a single address here; networks belong in a group.'
    : networkRemedy(text);
  return refuse(`${JSON.stringify(text)} is not an address.`, remedy);
}

function parseNetworkSource(text: string): Parsed<Source> {
  const network = parseNetworkText(text);
  return network.ok ? accept({ kind: 'network', network: network.value }) : network;
}

function networkRemedy(text: string): string {
  const [addressText = '', bits] = text.split('/');
  if (addressText.includes('%')) return 'Leave out the interface: everything from "%" on.';
  const address = parseAddress(addressText);
  if (address?.family === 4 && addressText.includes(':') && bits !== undefined) {
    return `Write it as IPv4, such as ${formatNetwork(address)}/24.`;
  }
  if (address !== null && bits !== undefined) return `The number after "/" goes from 0 to ${address.prefix}.`;
  if (/^[0-9a-f.:]+\s*-\s*[0-9a-f.:]+$/i.test(text))
    return 'Write a range as a network, such as 192.0.2.0/28.';
  return 'Write an address, such as 192.0.2.7 or 2001:db8::7, or a network, such as 192.0.2.0/24.';
}

function remedyFor(text: string, names: Names): string {
  const near = suggest(text, [...names.groups, ...names.devices, ...reservedNames]);
  if (near !== null) return `Did you mean ${kindOf(near, names)}"${near}"?`;
  if (text.includes('.')) return 'Names of hosts are not looked up: write the address.';
  return 'Write an address, a network, the name of a device or group, "lan" or "any".';
}

function kindOf(name: string, names: Names): string {
  if (names.groups.has(name)) return 'the group ';
  return names.devices.has(name) ? 'the device ' : '';
}
