// SPDX-License-Identifier: MIT
import { type Config, type Device, formatNetwork, type Source } from '@nftoggle/config';

/** Members of a group that are named before the rest becomes "…". */
const namedMembers = 3;

/** What a rule asks of a source, for people. Different sources of one configuration have different texts. */
export function conditionText(config: Config, source: Source): string {
  switch (source.kind) {
    case 'any':
      return 'source is any';
    case 'lan':
      return 'source is lan';
    case 'network':
      return networkCondition(formatNetwork(source.network));
    case 'device':
      return `source is device ${source.device}${listed(deviceFacts(config.devices.get(source.device)))}`;
    case 'group':
      return `source is in group ${source.group}${listed((config.groups.get(source.group) ?? []).map(sourceText))}`;
  }
}

function networkCondition(network: string): string {
  return network.includes('/') ? `source is in ${network}` : `source is ${network}`;
}

function sourceText(source: Source): string {
  switch (source.kind) {
    case 'network':
      return formatNetwork(source.network);
    case 'device':
      return source.device;
    case 'group':
      return source.group;
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
