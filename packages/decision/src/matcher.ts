// SPDX-License-Identifier: MIT
import { type Config, familyBits, type Network, type Source } from '@nftoggle/config';
import { AddressSet } from './address-set.ts';
import { conditionText, sourceText } from './condition-text.ts';

/** A source with every group, person and device in it resolved. It matches when one of its parts does. */
export interface Matcher {
  /** As the configuration names it, such as `friends` or `203.0.113.0/24`. */
  readonly text: string;
  /** For people, such as `source is lan`. */
  readonly condition: string;
  readonly any: boolean;
  readonly addresses: AddressSet;
  /** The same without `lan`: what counts for a neighbour on the provider's side. */
  readonly addressesNamed: AddressSet;
  readonly macs: ReadonlySet<string>;
  /** DNS names: what they stand for is of the world. */
  readonly names: readonly string[];
  readonly countries: ReadonlySet<string>;
  readonly asns: ReadonlySet<number>;
  /** Does it ask where an address is? */
  readonly asksPlace: boolean;
  /** Its single addresses. */
  readonly single: readonly Network[];
  /** Does it hold more than those, and devices by their hardware addresses? */
  readonly isWide: boolean;
}

/** Many rules name the same group or device: each is resolved once, however many rules name it. */
export function sharedMatchers(config: Config): (source: Source) => Matcher {
  const known = new Map<string, Matcher>();
  return (source) => {
    const text = sourceText(source);
    const matcher = known.get(text) ?? compileMatcher(config, source, text);
    known.set(text, matcher);
    return matcher;
  };
}

function compileMatcher(config: Config, source: Source, text: string): Matcher {
  const parts = partsOf(config, source);
  const devices = parts.flatMap((part) => (part.kind === 'device' ? deviceOf(config, part.device) : []));
  const named = [
    ...parts.flatMap((part) => (part.kind === 'network' ? [part.network] : [])),
    ...devices.flatMap((device) => device.addresses),
  ];
  const networks = parts.some((part) => part.kind === 'lan') ? [...named, ...config.lan] : named;
  const countries = parts.flatMap((part) => (part.kind === 'country' ? [part.country] : []));
  const asns = parts.flatMap((part) => (part.kind === 'asn' ? [part.asn] : []));
  return {
    text,
    condition: conditionText(config, source),
    any: parts.some((part) => part.kind === 'any'),
    addresses: new AddressSet(networks),
    addressesNamed: new AddressSet(named),
    macs: new Set(devices.flatMap((device) => device.macs)),
    names: parts.flatMap((part) => (part.kind === 'name' ? [part.name] : [])),
    countries: new Set(countries),
    asns: new Set(asns),
    asksPlace: countries.length > 0 || asns.length > 0,
    single: named.filter(isAddress),
    isWide: parts.some(
      (part) => part.kind !== 'device' && !(part.kind === 'network' && isAddress(part.network)),
    ),
  };
}

function isAddress({ family, prefix }: Network): boolean {
  return prefix === familyBits[family];
}

/** Without groups and people: each of them is opened once, however often it is named. */
function partsOf(config: Config, source: Source): readonly Source[] {
  const parts: Source[] = [];
  const opened = new Set<string>();
  const waiting = [source];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const members = membersOf(config, next);
    if (members === null) parts.push(next);
    else if (!opened.has(sourceText(next))) {
      opened.add(sourceText(next));
      waiting.push(...members.toReversed());
    }
  }
  return parts;
}

function membersOf(config: Config, source: Source): readonly Source[] | null {
  if (source.kind === 'group') return config.groups.get(source.group) ?? [];
  if (source.kind !== 'person') return null;
  const devices = config.people.get(source.person)?.devices ?? [];
  return devices.map((device) => ({ kind: 'device', device }));
}

function deviceOf(config: Config, name: string) {
  const device = config.devices.get(name);
  return device === undefined ? [] : [device];
}
