// SPDX-License-Identifier: MIT
// Which ports are guarded where, and which connections those are.
import { networkInterfaces } from 'node:os';
import {
  type Config,
  contains,
  type Network,
  type PortRange,
  parseAddress,
  type Service,
} from '@nftoggle/config';
import type { ConntrackFlow, ConntrackTuple } from './native.ts';
import { uncoveredPorts } from './ruleset/gate-ports.ts';

/** Ports of one place: this box, devices behind it, or the world outside the LAN. */
export interface GuardedPorts {
  readonly ports: readonly PortRange[];
  /** Does a packet to this address go to the place? */
  readonly isAt: (address: Network) => boolean;
}

/**
 * Ports that `next` guards and `previous` did not in the same place; `mode: watch` guards none. Exactly these:
 * on a port that was guarded already, a connection without our mark is one that was cut, and its server may
 * still be sending.
 */
export function newlyGuarded(previous: Config | undefined, next: Config): GuardedPorts[] {
  const before = previous?.mode === 'enforce' ? placedPorts(previous) : [];
  return placedPorts(next).flatMap(({ place, key, service }) => {
    const covered = before.filter((old) => old.key === key).flatMap((old) => old.service.ports);
    const ports = uncoveredPorts(service.ports, covered);
    return ports.length === 0 ? [] : [{ ports, isAt: place }];
  });
}

/** Does either end of a connection that others opened to us, or we to others, stand on such a port? */
export function isAtAny(
  guarded: readonly GuardedPorts[],
  { protocol, original, reply }: Pick<ConntrackFlow, 'protocol' | 'original'> & Partial<ConntrackFlow>,
): boolean {
  const ends = [original, ...(reply === undefined ? [] : [reply])];
  return ends.some(({ destination, destinationPort }) => {
    const address = parseAddress(destination);
    return (
      address !== null &&
      guarded.some(
        ({ ports, isAt }) =>
          ports.some((range) => range.protocol === protocol && holds(range, destinationPort)) &&
          isAt(address),
      )
    );
  });
}

/** Which services guard the port that a connection asked for. */
export interface Guardians {
  /** The connection as the one who asked for the port sends it. */
  readonly asked: ConntrackTuple;
  readonly services: readonly Service[];
}

/**
 * Where conntrack found a connection half-way, the server may stand there as the one who opened it. Conntrack
 * does not know interfaces: of services that share a port on different ones, it may be any.
 */
export function findGuardians(config: Config): (flow: ConntrackFlow) => Guardians {
  const guarded = [...config.services.values()].map((service) => ({
    service,
    place: placesOf(service, config).map(({ place }) => ({ ports: service.ports, isAt: place })),
  }));
  return ({ protocol, original, reply }) => {
    const ways = [original, behindNat(original, reply), reply, behindNat(reply, original)];
    const ends = ways.map((asked) => {
      const own = guarded.filter(({ place }) => isAtAny(place, { protocol, original: asked }));
      return { asked, services: own.map(({ service }) => service) };
    });
    return ends.find(({ services }) => services.length > 0) ?? { asked: original, services: [] };
  };
}

/** Where the owner's DNAT leads it: a service of a device guards that, whatever port of the box was asked for. */
function behindNat(way: ConntrackTuple, back: ConntrackTuple): ConntrackTuple {
  return { ...way, destination: back.source, destinationPort: back.sourcePort };
}

function holds({ from, to }: PortRange, port: number): boolean {
  return from <= port && port <= to;
}

/** Where a service guards its ports: what is forwarded is guarded at the box and at the device. */
interface Place {
  /** The same for every service that guards that place. */
  readonly key: string;
  readonly place: (address: Network) => boolean;
}

function placedPorts(config: Config): (Place & { readonly service: Service })[] {
  return [...config.services.values()].flatMap((service) =>
    placesOf(service, config).map((each) => ({ ...each, service })),
  );
}

function placesOf({ direction, to, interfaces, forward }: Service, config: Config): Place[] {
  const isLocal = localPlace();
  const key = (devices: readonly string[]): string =>
    JSON.stringify([direction, [...devices].sort(), [...interfaces].sort()]);
  if (direction === 'out') {
    const isAway = (address: Network): boolean =>
      !isLocal(address) && !config.lan.some((range) => contains(range, address));
    return [{ key: key([]), place: isAway }];
  }
  const devices = to.flatMap((name) => config.devices.get(name)?.addresses ?? []);
  const behind = { key: key(to), place: (address: Network) => devices.some((own) => contains(own, address)) };
  const own = { key: key([]), place: isLocal };
  return [...(to.length === 0 || forward !== null ? [own] : []), ...(to.length === 0 ? [] : [behind])];
}

function localPlace(): (address: Network) => boolean {
  const ours = localAddresses();
  return (address) => ours.some((own) => contains(own, address));
}

function localAddresses(): Network[] {
  const entries = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return entries.map(({ address }) => parseAddress(address)).filter((address) => address !== null);
}
