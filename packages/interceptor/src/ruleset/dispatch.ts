// SPDX-License-Identifier: MIT
// From a packet to the service that it asks for: by protocol and port, then by where it comes from and goes to.
import type { Config, Network, Service } from '@nftoggle/config';
import type { Indexed } from './names.ts';
import { networkSet } from './network-set.ts';
import { type PortStretch, portStretches } from './port-map.ts';
import type { Chain, RulesetInput } from './render.ts';

/** What a configuration says of addresses, and the links that there are. */
type Places = Pick<RulesetInput, 'config' | 'inside'>;

export type IndexedService = Service & Indexed;
type Stretch = PortStretch<IndexedService>;

/** From protocol and port to the services that guard it, and from there by destination to the right one. */
export class Dispatch {
  readonly stretches: readonly Stretch[];
  readonly #input: Places;
  readonly #combinations: readonly (readonly IndexedService[])[];

  constructor(services: readonly IndexedService[], input: Places) {
    this.#input = input;
    this.stretches = portStretches(services.map((service) => ({ ports: service.ports, value: service })));
    const byKey = new Map(this.stretches.map(({ values }) => [key(values), values]));
    this.#combinations = [...byKey.values()];
  }

  /** One chain for each combination of services that share a port. */
  chains(stage: 'ask' | 'gate' | 'watch', chainOf: (service: Indexed) => string): Chain[] {
    return this.#combinations.map((services) => ({
      name: this.#chainName(stage, services),
      rules: services.flatMap((service) =>
        matchesOf(service, this.#input, stage).map((match) => `${match} goto ${chainOf(service)}`),
      ),
    }));
  }

  /**
   * Verdict maps in the rules themselves, so that cost does not grow with the number of services: one for all single
   * ports, and one for the ranges of each protocol. Ranges are not looked up by `meta l4proto . th dport`, for which
   * nft 1.0.6 has the kernel swap the bytes of a protocol number, two of one, and Linux 6.12.117 refuses that.
   */
  vmap(condition: string, stage: 'ask' | 'gate' | 'watch', protocol?: 'tcp' | 'udp'): string[] {
    const stretches = this.stretches.filter((each) => protocol === undefined || each.protocol === protocol);
    const rule = (
      looked: string,
      entries: readonly Stretch[],
      keyOf: (stretch: Stretch) => string,
    ): string[] => {
      const verdicts = entries.map((each) => `${keyOf(each)} : goto ${this.#chainName(stage, each.values)}`);
      return entries.length === 0 ? [] : [`${condition} ${looked} vmap { ${verdicts.join(', ')} }`.trim()];
    };
    const rangesOf = (wanted: string) =>
      stretches.filter((each) => each.protocol === wanted && !isSingle(each));
    return [
      ...rule(
        'meta l4proto . th dport',
        stretches.filter(isSingle),
        (each) => `${each.protocol} . ${ports(each)}`,
      ),
      ...rule('tcp dport', rangesOf('tcp'), ports),
      ...rule('udp dport', rangesOf('udp'), ports),
    ];
  }

  portsOf(protocol: 'tcp' | 'udp'): string | null {
    const own = this.stretches.filter((stretch) => stretch.protocol === protocol);
    return own.length === 0 ? null : `{ ${own.map(ports).join(', ')} }`;
  }

  #chainName(stage: string, services: readonly IndexedService[]): string {
    return `${stage}_ports_${this.#combinations.findIndex((other) => key(other) === key(services)) + 1}`;
  }
}

const key = (services: readonly IndexedService[]): string => services.map(({ index }) => index).join('+');

const isSingle = ({ from, to }: Stretch): boolean => from === to;
const ports = (stretch: Stretch): string =>
  isSingle(stretch) ? `${stretch.from}` : `${stretch.from}-${stretch.to}`;

/** What a packet to the service looks like in prerouting: one match for each address family where they differ. */
export function matchesOf(service: Service, input: Places, stage: 'ask' | 'gate' | 'watch'): string[] {
  const inFrom = service.interfaces.length > 0 ? `iifname ${interfaceSet(service.interfaces)} ` : '';
  return destinationMatches(service, input, stage).map((match) => `${inFrom}${match}`);
}

function destinationMatches(service: Service, input: Places, stage: 'ask' | 'gate' | 'watch'): string[] {
  if (service.direction === 'out') return outwardMatches(service, input);
  const devices = eachFamily(addressesOf(service, input.config), (ip, set) => `${ip} daddr ${set}`);
  if (service.to.length > 0 && service.forward === null) return devices;
  // The kernel cannot queue clones of broadcast and multicast packets, so those are gated and never asked about.
  return stage === 'gate'
    ? ['fib daddr type { local, broadcast, anycast, multicast }', ...devices]
    : [...ownMatches(service, input), ...devices];
}

/**
 * The box's own ports. Those that are forwarded stay shut in a family that the device has no address of: whatever
 * of ours listens there is not what was asked for.
 */
function ownMatches(service: Service, { config }: Places): string[] {
  if (service.forward === null) return ['fib daddr type local'];
  const families = ([4, 6] as const).filter((family) =>
    addressesOf(service, config).some((address) => address.family === family),
  );
  if (families.length === 2) return ['fib daddr type local'];
  return families.map((family) => `meta nfproto ipv${family} fib daddr type local`);
}

/**
 * From the LAN to anywhere else. A host of the LAN is known by its private address or, since its IPv6 address
 * is often a global one, by the interface that it is behind.
 */
function outwardMatches({ interfaces }: Service, { config, inside }: Places): string[] {
  const away = eachFamily(
    [...config.lan, ...inside.networks],
    (ip, set) => `${ip} daddr != ${set} fib daddr type unicast`,
  );
  if (interfaces.length > 0) return away;
  const byAddress = eachFamily(config.lan, (ip, set) => `${ip} saddr ${set}`);
  const byInterface = inside.interfaces.length > 0 ? [`iifname ${interfaceSet(inside.interfaces)}`] : [];
  return away.flatMap((match) => [
    ...byAddress
      .filter((source) => source.startsWith(`${match.split(' ')[0]} `))
      .map((source) => `${source} ${match}`),
    ...byInterface.map((source) => `${source} ${match}`),
  ]);
}

function interfaceSet(names: readonly string[]): string {
  return `{ ${names.map((name) => `"${name}"`).join(', ')} }`;
}

function addressesOf({ to }: Service, { devices }: Config): Network[] {
  return to.flatMap((device) => devices.get(device)?.addresses ?? []);
}

export function eachFamily(
  networks: readonly Network[],
  rule: (ip: 'ip' | 'ip6', set: string) => string,
): string[] {
  return ([4, 6] as const).flatMap((family) => {
    const set = networkSet(networks, family);
    return set === null ? [] : [rule(family === 4 ? 'ip' : 'ip6', set)];
  });
}
