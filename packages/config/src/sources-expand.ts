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

export function expandSources(config: Config, sources: Iterable<Source>): ExpandedSources {
  const flat = withoutGroups(config, sources);
  const devices = flat.flatMap((source) => (source.kind === 'device' ? deviceOf(config, source.device) : []));
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

function deviceOf(config: Config, name: string): readonly Device[] {
  const device = config.devices.get(name);
  return device === undefined ? [] : [device];
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
