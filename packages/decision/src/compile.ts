// SPDX-License-Identifier: MIT
import {
  type Config,
  type Device,
  expandSources,
  type Loaded,
  type Rule,
  type Source,
} from '@nftoggle/config';
import type { Id } from '@nftoggle/contracts';
import { AddressSet } from './address-set.ts';
import { conditionText } from './condition-text.ts';

/** One revision of the configuration in the form that questions are answered from. */
export interface CompiledPolicy {
  readonly revision: string;
  /** IANA name, for times that people read. */
  readonly timezone: string;
  /** The widest IPv6 prefix that one decision may hold for. */
  readonly ipv6Prefix: number;
  readonly services: ReadonlyMap<Id, CompiledService>;
  readonly devices: ReadonlyMap<Id, Device>;
  readonly groups: ReadonlySet<Id>;
}

export interface CompiledService {
  readonly name: Id;
  readonly direction: 'in' | 'out';
  /** In seconds. */
  readonly openFor: number;
  /** In the order they are looked at: every deny rule, then every allow rule. */
  readonly rules: readonly CompiledRule[];
}

export interface CompiledRule {
  readonly path: string;
  readonly effect: 'allow' | 'deny';
  /** One for each source of the rule, in the order of the file. The rule matches when one of them does. */
  readonly matchers: readonly Matcher[];
}

/** A source with every group and device in it resolved to addresses. */
export interface Matcher {
  /** For people, such as `source is lan`. */
  readonly condition: string;
  readonly any: boolean;
  readonly addresses: AddressSet;
  /** The same without `lan`: what counts for a neighbour on the provider's side. */
  readonly addressesNamed: AddressSet;
  readonly macs: ReadonlySet<string>;
}

export function compilePolicy({ config, revision }: Loaded): CompiledPolicy {
  const matcherOf = sharedMatchers(config);
  const compileRule = (effect: CompiledRule['effect'], rule: Rule): CompiledRule => ({
    path: rule.path,
    effect,
    matchers: rule.from.map(matcherOf),
  });
  const services = [...config.services.values()].map(
    (service): CompiledService => ({
      name: service.name,
      direction: service.direction,
      openFor: service.openFor,
      rules: [
        ...service.deny.map((rule) => compileRule('deny', rule)),
        ...service.allow.map((rule) => compileRule('allow', rule)),
      ],
    }),
  );
  return {
    revision,
    timezone: config.timezone,
    ipv6Prefix: config.kernel.ipv6Prefix,
    services: new Map(services.map((service) => [service.name, service])),
    devices: config.devices,
    groups: new Set(config.groups.keys()),
  };
}

/** Many rules name the same group or device: each is resolved once, however many rules name it. */
function sharedMatchers(config: Config): (source: Source) => Matcher {
  const known = new Map<string, Matcher>();
  return (source) => {
    const condition = conditionText(config, source);
    const matcher = known.get(condition) ?? compileMatcher(config, source, condition);
    known.set(condition, matcher);
    return matcher;
  };
}

function compileMatcher(config: Config, source: Source, condition: string): Matcher {
  const { networks, macs, any } = expandSources(config, [source]);
  const named = expandSources({ ...config, lan: [] }, [source]).networks;
  return {
    condition,
    any,
    addresses: new AddressSet(networks),
    addressesNamed: new AddressSet(named),
    macs: new Set(macs),
  };
}
