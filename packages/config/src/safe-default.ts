// SPDX-License-Identifier: MIT
import { lanRanges } from './lan.ts';
import { contains, formatNetwork, type Network, parseAddress } from './network.ts';

/**
 * The file for a machine that has none: SSH hidden from the Internet and open to the LAN. `adminAddress` is
 * where the admin's current SSH connection comes from; it stays allowed, so that nobody locks themselves out.
 */
export function safeDefaultConfig({ adminAddress }: { readonly adminAddress?: string } = {}): string {
  const admin = adminAddress === undefined ? null : outsideLan(adminAddress);
  return [
    '# nftoggle.yml: which ports are invisible, and to whom they open.',
    '# A change takes effect when the file is saved; a mistake is reported, and what ran before goes on.',
    'version: 1',
    '',
    '# "enforce" guards. "watch" only reports what it would do, and lets everything pass.',
    'mode: enforce',
    '',
    ...(admin === null ? commentedGroups : adminGroup(admin)),
    '',
    'services:',
    '  # Nobody sees that SSH is here, except from private and link-local addresses ("lan")'.concat(
      admin === null ? '.' : ' and the group "admin".',
    ),
    '  ssh:',
    '    ports: [22/tcp]',
    `    allow: [${admin === null ? 'lan' : 'lan, admin'}]`,
    '',
  ].join('\n');
}

const commentedGroups = ['# groups:', '#   vpn: [10.8.0.0/24]'];

function adminGroup(admin: Network): readonly string[] {
  return [
    'groups:',
    '  # The address that you were connected from when this file was written. It is not in your LAN, and',
    '  # without this line your next SSH connection would be refused. Addresses of Internet connections change:',
    '  # a VPN, or the network that your address is from, lasts longer.',
    `  admin: ["${formatNetwork(admin)}"]`,
  ];
}

/** Null when `lan` holds the address already, or when its packets never leave the machine. */
function outsideLan(text: string): Network | null {
  // Link-local addresses of SSH connections carry their interface: `fe80::1%eth0`.
  const address = parseAddress(text.replace(/%.*$/, ''));
  if (address === null) throw new TypeError(`not an address: ${JSON.stringify(text)}`);
  return [...lanRanges, ...loopback].some((range) => contains(range, address)) ? null : address;
}

const loopback: readonly Network[] = [
  { family: 4, base: 127n << 24n, prefix: 8 },
  { family: 6, base: 1n, prefix: 128 },
];
