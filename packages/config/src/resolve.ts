// SPDX-License-Identifier: MIT
// From the parts of the file to the configuration that daemons use.
import { type Id, toId } from '@nftoggle/contracts';
import { lanRanges } from './lan.ts';
import type { ConfigText, RuleText, ServiceText } from './schema.ts';
import { type Names, parseSource } from './source.ts';
import type { Config, Rule, Service, Source } from './types.ts';

/** What the file may leave to the machine that it is read on. */
export interface Host {
  readonly hostName: string;
  readonly hostTimezone: string;
}

/** Call it with text that passed every check; names that belong to nothing are a programmer's error here. */
export function resolveConfig(text: ConfigText, host: Host, serviceOrder: readonly string[]): Config {
  const names: Names = {
    devices: new Set(Object.keys(text.devices)),
    groups: new Set(Object.keys(text.groups)),
  };
  const devices = Object.entries(text.devices).map(
    ([name, { mac, address }]) => [name, { name, macs: mac ?? [], addresses: address ?? [] }] as const,
  );
  return {
    version: text.version,
    node: text.node ?? toId(host.hostName, 'node'),
    timezone: text.timezone ?? host.hostTimezone,
    mode: text.mode,
    lan: [...lanRanges, ...text.lan],
    devices: new Map(devices),
    groups: new Map(Object.entries(text.groups).map(([name, list]) => [name, resolveSources(list, names)])),
    services: resolveServices(text, names, serviceOrder),
    kernel: {
      queue: text.kernel.queue,
      markMask: text.kernel.mark_mask,
      ipv6Prefix: text.kernel.ipv6_prefix,
    },
    limits: {
      held: text.limits.held,
      knownPerSecond: text.limits.known_per_second,
      strangersPerSecond: text.limits.strangers_per_second,
      strangerPerMinute: text.limits.stranger_per_minute,
      sessions: text.limits.sessions,
    },
  };
}

function resolveServices(text: ConfigText, names: Names, order: readonly string[]): ReadonlyMap<Id, Service> {
  const resolved = Object.entries(text.services).map(([name, service]) =>
    resolveService(name, service, names),
  );
  const byName = new Map(resolved.map((service) => [service.name, service]));
  return new Map(order.flatMap((name) => entryOf(byName, name)));
}

function entryOf<K, V>(map: ReadonlyMap<K, V>, key: K): readonly (readonly [K, V])[] {
  const value = map.get(key);
  return value === undefined ? [] : [[key, value]];
}

function resolveService(name: Id, text: ServiceText, names: Names): Service {
  const rules = (list: 'deny' | 'allow') =>
    text[list].map((rule, index) => resolveRule(`services.${name}.${list}[${index}]`, rule, names));
  return {
    name,
    ports: text.ports,
    to: [...new Set(text.to ?? [])],
    direction: text.direction,
    interfaces: [...new Set(text.interfaces)],
    openFor: text.open_for,
    fallback: text.fallback,
    deny: rules('deny'),
    allow: rules('allow'),
  };
}

function resolveRule(path: string, text: RuleText, names: Names): Rule {
  return { path, from: resolveSources(typeof text === 'string' ? [text] : text.from, names) };
}

function resolveSources(texts: readonly string[], names: Names): readonly Source[] {
  return texts.map((text) => {
    const source = parseSource(text, names);
    if (!source.ok) throw new TypeError(source.message);
    return source.value;
  });
}
