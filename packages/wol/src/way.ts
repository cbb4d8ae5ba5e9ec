// SPDX-License-Identifier: MIT
// Where magic packets have to go to reach a device that has no address while it sleeps.
import {
  contains,
  familyBits,
  formatNetwork,
  type Network,
  parseAddress,
  parseNetwork,
} from '@nftoggle/config';
import { addressesOf, type WakeHost } from './target.ts';

/** An address of this host, and the network that it is in. */
export interface LocalAddress {
  readonly interface: string;
  /** Without a zone. */
  readonly address: string;
  readonly network: Network;
  readonly loopback: boolean;
}

export interface Destination {
  readonly kind: 'subnet' | 'limited' | 'unicast' | 'multicast' | 'configured';
  readonly family: 4 | 6;
  /** With the zone, where it needs one. */
  readonly to: string;
  /** The interface it leaves by; null for the one that the routes choose. */
  readonly interface: string | null;
  /**
   * The address of ours that the socket is bound to, for IPv4: the kernel sends 255.255.255.255 out of the
   * interface that has it (`ip_route_output_key`), and no privilege is needed for that.
   */
  readonly from: string | null;
}

export interface Way {
  /** Addresses of ours in the network of the device, or on the interface that is configured. */
  readonly paths: readonly LocalAddress[];
  readonly destinations: readonly Destination[];
  /** Why packets will hardly arrive; null when nothing speaks against it. */
  readonly problem: string | null;
}

/** IPv6 addresses that mean another thing on each link. */
const linkScopes = ['fe80::/10', 'ff02::/16'].flatMap((text) => parseNetwork(text) ?? []);
/** More interfaces than any home has; a container host may have hundreds of bridges. */
const mostInterfaces = 16;

/** The way to a device that was asked for at `asked`, among our addresses as they are now. */
export function wayTo(host: WakeHost, asked: string | null, locals: readonly LocalAddress[]): Way {
  const addresses = [...new Set([...(asked === null ? [] : [asked]), ...addressesOf(host)])];
  const wanted = host.wake.interface;
  const usable = locals.filter((local) => !local.loopback);
  const paths = wanted === null ? pathsTo(addresses, usable) : usable.filter((l) => l.interface === wanted);
  const problem = problemOf(host, addresses, paths);
  const senders = paths.length > 0 ? paths : wanted === null ? anywhere(usable) : [];
  const destinations = [
    ...senders.flatMap((local) => broadcastsOf(local, paths.length > 0)),
    ...addresses.flatMap((address) => unicastsTo(address, paths)),
    ...configured(host, senders),
  ];
  return { paths, destinations: distinct(destinations), problem };
}

function pathsTo(addresses: readonly string[], locals: readonly LocalAddress[]): readonly LocalAddress[] {
  const wanted = addresses.map(withoutZone).flatMap((address) => parseAddress(address) ?? []);
  return locals.filter(({ network }) => wanted.some((address) => contains(network, address)));
}

/** The device is in no network of ours: its card may be on one of our wires all the same. */
function anywhere(locals: readonly LocalAddress[]): readonly LocalAddress[] {
  const one = new Map(locals.map((local) => [`${local.interface} ${local.network.family}`, local]));
  return [...one.values()].slice(0, mostInterfaces);
}

function broadcastsOf(local: LocalAddress, isPath: boolean): readonly Destination[] {
  const { interface: name, address, network } = local;
  if (network.family === 6) {
    return [{ kind: 'multicast', family: 6, to: `ff02::1%${name}`, interface: name, from: null }];
  }
  const common = { family: 4, interface: name, from: address } as const;
  const subnet = isPath ? broadcastAddress(network) : null;
  return [
    ...(subnet === null ? [] : [{ kind: 'subnet', to: subnet, ...common } as const]),
    { kind: 'limited', to: '255.255.255.255', ...common },
  ];
}

/** Networks of one or two addresses have none (RFC 3021). */
export function broadcastAddress({ family, base, prefix }: Network): string | null {
  if (family === 6 || prefix > 30) return null;
  const hosts = (1n << BigInt(32 - prefix)) - 1n;
  return formatNetwork({ family: 4, base: base | hosts, prefix: 32 });
}

/**
 * By the routes: a switch or router that still knows the card delivers it. A link-local address needs to be told
 * which link.
 */
function unicastsTo(address: string, paths: readonly LocalAddress[]): readonly Destination[] {
  const parsed = parseAddress(withoutZone(address));
  if (parsed === null) return [];
  const unicast = { kind: 'unicast', family: parsed.family, from: null } as const;
  const isScoped = linkScopes.some((scope) => contains(scope, parsed));
  if (!isScoped || address.includes('%')) return [{ ...unicast, to: address, interface: null }];
  return paths
    .filter(({ network }) => contains(network, parsed))
    .map(({ interface: name }) => ({ ...unicast, to: `${address}%${name}`, interface: name }));
}

function configured({ wake }: WakeHost, senders: readonly LocalAddress[]): readonly Destination[] {
  const network = wake.broadcast;
  if (network === null) return [];
  const { family } = network;
  const to = broadcastAddress(network) ?? formatNetwork({ ...network, prefix: familyBits[family] });
  const local = wake.interface === null ? undefined : senders.find((each) => each.network.family === family);
  const by = { kind: 'configured', family, from: family === 4 ? (local?.address ?? null) : null } as const;
  if (!linkScopes.some((scope) => contains(scope, network)))
    return [{ ...by, to, interface: local?.interface ?? null }];
  const names = senders.filter((each) => each.network.family === 6).map((each) => each.interface);
  return names.map((name) => ({ ...by, to: `${to}%${name}`, interface: name }));
}

function problemOf(
  { name, wake }: WakeHost,
  addresses: readonly string[],
  paths: readonly LocalAddress[],
): string | null {
  if (paths.length > 0) return null;
  if (wake.interface !== null) return `this host has no interface ${wake.interface} with an address`;
  // Whoever configured where to broadcast knows that the device is elsewhere.
  if (wake.broadcast !== null) return null;
  const who = addresses.length === 0 ? name : addresses.join(' or ');
  return `no network of this host contains ${who}: is wol on the host network, and the device in its network?`;
}

function distinct(destinations: readonly Destination[]): readonly Destination[] {
  return [...new Map(destinations.map((each) => [`${each.interface} ${each.to}`, each])).values()];
}

export function withoutZone(address: string): string {
  return address.split('%')[0] ?? address;
}
