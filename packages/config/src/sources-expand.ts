// SPDX-License-Identifier: MIT
import { contains, type Network } from './network.ts';
import type { Config, Device, Source } from './types.ts';

/** Sources without names, for the kernel: who could match at all. */
export interface ExpandedSources {
  /** None overlaps another: a network that lies within another is left out. */
  readonly networks: readonly Network[];
  /** Lower case, each once. */
  readonly macs: readonly string[];
  /** True when `any` is among the sources. The other fields still say what else is. */
  readonly any: boolean;
}

/**
 * A person is their devices. DNS names, countries and providers (ASN) cannot be listed here and add nothing: to
 * the lanes of the kernel such sources are strangers until they had a session.
 */
export function expandSources(config: Config, sources: Iterable<Source>): ExpandedSources {
  const flat = withoutGroups(config, sources);
  const devices = flat.flatMap((source) => devicesOf(config, source));
  const networks = flat.flatMap((source): readonly Network[] => {
    if (source.kind === 'network') return [source.network];
    return source.kind === 'lan' ? config.lan : [];
  });
  return {
    networks: outermost([...networks, ...devices.flatMap((device) => device.addresses)]),
    macs: [...new Set(devices.flatMap((device) => device.macs))].sort(),
    any: flat.some((source) => source.kind === 'any'),
  };
}

/** Each group is opened once, however often it is named. */
function withoutGroups(config: Config, sources: Iterable<Source>): readonly Source[] {
  const flat: Source[] = [];
  const opened = new Set<string>();
  const waiting = [...sources].reverse();
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    if (source.kind !== 'group') flat.push(source);
    else if (!opened.has(source.group)) {
      opened.add(source.group);
      for (const member of config.groups.get(source.group) ?? []) waiting.push(member);
    }
  }
  return flat;
}

function devicesOf(config: Config, source: Source): readonly Device[] {
  const names = source.kind === 'person' ? (config.people.get(source.person)?.devices ?? []) : [];
  return (source.kind === 'device' ? [source.device] : names).flatMap(
    (name) => config.devices.get(name) ?? [],
  );
}

/** Networks either nest or are apart, so after sorting a network can only lie within the last one kept. */
function outermost(networks: readonly Network[]): readonly Network[] {
  const kept: Network[] = [];
  for (const network of networks.toSorted(compareNetworks)) {
    const last = kept.at(-1);
    if (last === undefined || !contains(last, network)) kept.push(network);
  }
  return kept;
}

function compareNetworks(a: Network, b: Network): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.base !== b.base) return a.base < b.base ? -1 : 1;
  return a.prefix - b.prefix;
}
