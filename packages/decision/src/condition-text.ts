// SPDX-License-Identifier: MIT
import { type Config, type Device, formatNetwork, type Source } from '@nftoggle/config';

/** Members of a group that are named before the rest becomes "…". */
const namedMembers = 3;

/** What a rule asks of a source, for people. */
export function conditionText(config: Config, source: Source): string {
  switch (source.kind) {
    case 'any':
    case 'lan':
      return `source is ${source.kind}`;
    case 'network':
      return networkCondition(formatNetwork(source.network));
    case 'device':
      return `source is device ${source.device}${listed(deviceFacts(config.devices.get(source.device)))}`;
    case 'group':
      return `source is in group ${source.group}${listed((config.groups.get(source.group) ?? []).map(sourceText))}`;
    case 'person':
      return `source is a device of ${source.person}${listed(config.people.get(source.person)?.devices ?? [])}`;
    case 'name':
      return `source is ${source.name}`;
    case 'country':
      return `source is in country ${source.country}`;
    case 'asn':
      return `source is in AS ${source.asn}`;
  }
}

function networkCondition(network: string): string {
  return network.includes('/') ? `source is in ${network}` : `source is ${network}`;
}

/** As the configuration names it. Different sources of one configuration have different texts. */
export function sourceText(source: Source): string {
  switch (source.kind) {
    case 'network':
      return formatNetwork(source.network);
    case 'device':
      return source.device;
    case 'group':
      return source.group;
    case 'person':
      return source.person;
    case 'name':
      return source.name;
    case 'country':
      return `country:${source.country}`;
    case 'asn':
      return `asn:${source.asn}`;
    case 'lan':
    case 'any':
      return source.kind;
  }
}

function deviceFacts(device: Device | undefined): readonly string[] {
  return device === undefined ? [] : [...device.macs, ...device.addresses.map(formatNetwork)];
}

function listed(members: readonly string[]): string {
  if (members.length === 0) return ' (empty)';
  const more = members.length > namedMembers ? ', …' : '';
  return ` (${members.slice(0, namedMembers).join(', ')}${more})`;
}
