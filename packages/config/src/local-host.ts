// SPDX-License-Identifier: MIT
// Hosts that a webhook may reach although they are this machine, or are on its links by their addresses.
import { formatNetwork, parseAddress, parseNetwork } from './network.ts';
import { accept, type Parsed, refuse } from './parsed.ts';
import { describeValue } from './raw-value.ts';

/** An address in its shortest form, or a name in lower case without a dot at its end. */
export function parseLocalHost(text: string): Parsed<string> {
  const address = parseAddress(text.replace(/^\[(.*)\]$/, '$1'));
  if (address !== null) return accept(formatNetwork(address));
  const name = text.toLowerCase().replace(/\.$/, '');
  if (looksLikeHost(name)) return accept(name);
  return refuse(`${describeValue(text)} is neither the name of a host nor an address.`, remedyFor(text));
}

/** Of one word or several, and with `_`, which container networks have in names. */
export function looksLikeHost(name: string): boolean {
  const labels = name.replace(/\.$/, '').split('.');
  const wellFormed = labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i.test(label));
  return wellFormed && name.length <= 254;
}

function remedyFor(text: string): string {
  if (parseNetwork(text) !== null) return 'Write single addresses here, or the names of hosts.';
  const host = URL.parse(text)?.hostname || URL.parse(`http://${text}`)?.hostname;
  if (host && host !== text && parseLocalHost(host).ok) return `Write the host alone: ${host}.`;
  return 'Write it like localhost or 192.168.1.20.';
}
