// SPDX-License-Identifier: MIT

import { parseAsn } from './asn-text.ts';
import { parseCountryCode } from './country-code.ts';
import { looksLikeDnsName, parseDnsName } from './dns-name.ts';
import { parseMacAddress } from './mac-address.ts';
import { formatNetwork, type Network, parseAddress, parseNetwork } from './network.ts';
import { accept, type Parsed, refuse } from './parsed.ts';
import { suggest } from './suggest.ts';
import type { Source } from './types.ts';

/** Names that mean the same in every file, so that no device, group or person may take them. */
export const reservedNames = ['lan', 'any'] as const;

/** The names that a source may use. A `Config` is such names. */
export interface Names {
  readonly devices: NameSet;
  readonly groups: NameSet;
  readonly people: NameSet;
}

interface NameSet {
  has(name: string): boolean;
  keys(): Iterable<string>;
}

/** What an entry of `from` or of a group may be. A name of the file wins over all else that looks like it. */
export function parseSource(text: string, names: Names): Parsed<Source> {
  if (text === 'lan') return accept({ kind: 'lan' });
  if (text === 'any') return accept({ kind: 'any' });
  if (names.groups.has(text)) return accept({ kind: 'group', group: text });
  if (names.devices.has(text)) return accept({ kind: 'device', device: text });
  if (names.people.has(text)) return accept({ kind: 'person', person: text });
  const mac = parseMacAddress(text);
  if (mac.ok) {
    const remedy = `Add a device with "mac: ${mac.value}" under "devices", and write its name here.`;
    return refuse(`${JSON.stringify(text)} is a hardware address.`, remedy);
  }
  const [, kind, value = ''] = /^([a-z]+): *([^:/]*)$/i.exec(text) ?? [];
  if (kind !== undefined && parseAddress(text) === null) return parsePlace(text, kind, value);
  const several = text.split(/[\s,]+/).filter((part) => part !== '');
  if (several.length > 1 && several.every((part) => parseSource(part, names).ok)) {
    return refuse(`${JSON.stringify(text)} is several sources.`, `Write a list: [${several.join(', ')}].`);
  }
  if (looksLikeDnsName(text)) return mapped(parseDnsName(text), (name) => ({ kind: 'name', name }));
  if (/[:/.]/.test(text)) return parseNetworkSource(text);
  return refuse(`${JSON.stringify(text)} is not known.`, remedyFor(text, names));
}

/** `country:DE` and `asn:3320`. */
function parsePlace(text: string, kind: string, value: string): Parsed<Source> {
  if (kind === 'country') return mapped(parseCountryCode(value), (country) => ({ kind, country }));
  if (kind === 'asn') return mapped(parseAsn(value), (asn) => ({ kind, asn }));
  const near = suggest(kind, ['country', 'asn']);
  const remedy =
    near === null ? 'Before ":" there can be country or asn.' : `Did you mean "${near}:${value}"?`;
  return refuse(`${JSON.stringify(text)} is not known.`, remedy);
}

function mapped<T>(parsed: Parsed<T>, toSource: (value: T) => Source): Parsed<Source> {
  return parsed.ok ? accept(toSource(parsed.value)) : parsed;
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
  return mapped(parseNetworkText(text), (network) => ({ kind: 'network', network }));
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
  const near = suggest(text, [
    ...names.groups.keys(),
    ...names.devices.keys(),
    ...names.people.keys(),
    ...reservedNames,
  ]);
  if (near !== null) return `Did you mean ${kindOf(near, names)}"${near}"?`;
  if (/^as\d+$/i.test(text)) return `Did you mean "asn:${text.slice(2)}"?`;
  const country = parseCountryCode(text);
  if (country.ok && country.value === text) return `Did you mean "country:${country.value}"?`;
  return 'Write an address, a network, a DNS name, the name of a device, group or person, "country:XX", "lan" or "any".';
}

function kindOf(name: string, names: Names): string {
  if (names.groups.has(name)) return 'the group ';
  if (names.people.has(name)) return 'the person ';
  return names.devices.has(name) ? 'the device ' : '';
}
