// SPDX-License-Identifier: MIT
import { formatNetwork, parseAddress } from './network.ts';
import { accept, type Parsed, refuse } from './parsed.ts';

const dnsPort = 53;

/** An address with or without a port, `[2001:db8::53]:5353`, as `address:port`. */
export function parseDnsServer(text: string): Parsed<string> {
  const [addressText, portText] = splitPort(text);
  const address = parseAddress(addressText);
  if (address === null) {
    return refuse(`${JSON.stringify(text)} is not the address of a DNS server.`, remedyFor(text));
  }
  const port = Number(portText ?? dnsPort);
  if (port < 1 || port > 65_535) return refuse(`"${text}" is out of range.`, 'Ports go from 1 to 65535.');
  const host = formatNetwork(address);
  return accept(`${address.family === 6 ? `[${host}]` : host}:${port}`);
}

function splitPort(text: string): readonly [address: string, port?: string] {
  const [, v6, v4, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = v6 ?? v4;
  // IPv6 without brackets: every colon is the address's own.
  if (address === undefined) return [text];
  return port === undefined ? [address] : [address, port];
}

function remedyFor(text: string): string {
  if (text.includes('%')) return 'Leave out the interface: everything from "%" on.';
  if (/^[a-z]+:\/\//i.test(text)) return 'Write an address: DNS over TLS or HTTPS is not spoken here.';
  return 'Write an address, such as 192.168.1.1, "192.168.1.1:5353" or "[2001:db8::53]:5353".';
}
