// SPDX-License-Identifier: MIT
// Addresses that no webhook may be sent to unless the configuration says so: whoever answers for a name could
// otherwise have us speak to this machine, to its links, or to the machine that it runs on. Pure.
import { contains, type Network, parseAddress, parseNetwork } from '@nftoggle/config';

/** Private networks are not among them: that is where most receivers are. */
const refused: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'this machine (unspecified)'],
  ['127.0.0.0/8', 'this machine (loopback)'],
  ['169.254.0.0/16', 'the link (link-local)'],
  ['224.0.0.0/4', 'many machines (multicast)'],
  ['240.0.0.0/4', 'nobody, or everybody (reserved, broadcast)'],
  ['::/128', 'this machine (unspecified)'],
  ['::1/128', 'this machine (loopback)'],
  ['fe80::/10', 'the link (link-local)'],
  ['ff00::/8', 'many machines (multicast)'],
  // Where providers of virtual machines tell them their secrets, outside the link-local ranges.
  ['100.100.100.200/32', 'a metadata service'],
  ['168.63.129.16/32', 'a metadata service'],
  ['192.0.0.192/32', 'a metadata service'],
  ['fd00:ec2::254/128', 'a metadata service'],
  ['fd20:ce::254/128', 'a metadata service'],
];

const ranges = refused.flatMap(([text, why]) => {
  const network = parseNetwork(text);
  return network === null ? [] : [{ network, why }];
});

/** Ranges of IPv6 that lead to an IPv4 address, and how many bits stand behind it. */
const carriers: readonly (readonly [Network, bigint])[] = (
  [
    // Translated by NAT64 (RFC 6052, RFC 8215).
    ['64:ff9b::/96', 0n],
    ['64:ff9b:1::/48', 0n],
    // IPv4-compatible and translated (RFC 4291, RFC 2765), both obsolete.
    ['::/96', 0n],
    ['::ffff:0:0:0/96', 0n],
    // 6to4 (RFC 3056).
    ['2002::/16', 80n],
  ] as const
).flatMap(([text, behind]) => {
  const network = parseNetwork(text);
  return network === null ? [] : [[network, behind] as const];
});

/** Why that address is refused, in words; null when it is not. What is no address, or has a zone, is refused. */
export function refusedBecause(address: string): string | null {
  const parsed = parseAddress(address);
  if (parsed === null) return 'the link (with a zone)';
  return (
    rangeOf(parsed) ??
    carried(parsed)
      .map(rangeOf)
      .find((why) => why !== null) ??
    null
  );
}

function rangeOf(address: Network): string | null {
  return ranges.find(({ network }) => contains(network, address))?.why ?? null;
}

/** Teredo (RFC 4380) has two: a server's, and a client's with every bit turned. */
function carried(address: Network): readonly Network[] {
  if (address.family === 4) return [];
  const ipv4 = (base: bigint): Network => ({ family: 4, base: base & 0xffff_ffffn, prefix: 32 });
  const found = carriers
    .filter(([network]) => contains(network, address))
    .map(([, behind]) => ipv4(address.base >> behind));
  if (address.base >> 96n !== 0x2001_0000n) return found;
  return [...found, ipv4(address.base >> 64n), ipv4(~address.base)];
}
