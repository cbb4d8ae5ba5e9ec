// SPDX-License-Identifier: MIT
// From the parts of the file to the configuration that daemons use.
import { type Id, toId } from '@nftoggle/contracts';
import { lanRanges } from './lan.ts';
import { resolveDevice } from './resolve-device.ts';
import { type RuleContext, resolveAllowance, resolveRule } from './resolve-rule.ts';
import type { ConfigText, ServiceText } from './schema.ts';
import type { PersonText } from './schema-person.ts';
import { type Names, parseSource } from './source.ts';
import type { Config, Person, Service, Source } from './types.ts';

/** What the file may leave to the machine that it is read on. */
export interface Host {
  readonly hostName: string;
  readonly hostTimezone: string;
}

/** Of `limits.waking`. */
const defaultWaking = 1024;

/** Call it with text that passed every check; names that belong to nothing are a programmer's error here. */
export function resolveConfig(text: ConfigText, host: Host, serviceOrder: readonly string[]): Config {
  const names: Names = {
    devices: new Set(Object.keys(text.devices)),
    groups: new Set(Object.keys(text.groups)),
    people: new Set(Object.keys(text.people)),
  };
  const timezone = text.timezone ?? host.hostTimezone;
  return {
    version: text.version,
    node: text.node ?? toId(host.hostName, 'node'),
    timezone,
    mode: text.mode,
    lan: [...lanRanges, ...text.lan],
    devices: new Map(
      Object.entries(text.devices).map(([name, device]) => [name, resolveDevice(name, device)]),
    ),
    groups: new Map(Object.entries(text.groups).map(([name, list]) => [name, resolveSources(list, names)])),
    people: new Map(Object.entries(text.people).map(([name, person]) => [name, resolvePerson(name, person)])),
    services: resolveServices(text, serviceOrder, {
      timezone,
      sources: (texts) => resolveSources(texts, names),
    }),
    kernel: {
      queue: text.kernel.queue,
      markMask: text.kernel.mark_mask,
      ipv6Prefix: text.kernel.ipv6_prefix,
    },
    limits: {
      held: text.limits.held,
      waking: text.limits.waking ?? Math.min(defaultWaking, Math.ceil(text.limits.held / 2)),
      knownPerSecond: text.limits.known_per_second,
      strangersPerSecond: text.limits.strangers_per_second,
      strangerPerMinute: text.limits.stranger_per_minute,
      sessions: text.limits.sessions,
    },
    metering: {
      tick: text.metering.tick,
      idleBytes: text.metering.idle_bytes,
      dayStarts: text.metering.day_starts,
    },
    geo: { countries: text.geo.countries ?? null, asn: text.geo.asn ?? null },
    dns: { servers: [...new Set(text.dns.servers)] },
  };
}

function resolvePerson(name: Id, text: PersonText): Person {
  const counts = text.allowance?.services;
  return {
    name,
    role: text.role,
    devices: [...new Set(text.devices)],
    allowance: text.allowance === undefined ? null : resolveAllowance(text.allowance),
    counts: counts === undefined ? null : [...new Set(counts)],
  };
}

function resolveServices(
  text: ConfigText,
  order: readonly string[],
  context: Omit<RuleContext, 'atEnd'>,
): ReadonlyMap<Id, Service> {
  const resolved = Object.entries(text.services).map(([name, service]) =>
    resolveService(name, service, { ...context, atEnd: service.at_end }),
  );
  const byName = new Map(resolved.map((service) => [service.name, service]));
  return new Map(order.flatMap((name) => entryOf(byName, name)));
}

function entryOf<K, V>(map: ReadonlyMap<K, V>, key: K): readonly (readonly [K, V])[] {
  const value = map.get(key);
  return value === undefined ? [] : [[key, value]];
}

function resolveService(name: Id, text: ServiceText, context: RuleContext): Service {
  const rules = (list: 'deny' | 'allow') =>
    text[list].map((rule, index) => resolveRule(`services.${name}.${list}[${index}]`, rule, context));
  return {
    name,
    ports: text.ports,
    to: [...new Set(text.to ?? [])],
    wakes: text.wake,
    forward: text.forward,
    direction: text.direction,
    interfaces: [...new Set(text.interfaces)],
    openFor: text.open_for,
    atEnd: text.at_end,
    fallback: text.fallback,
    deny: rules('deny'),
    allow: rules('allow'),
  };
}

function resolveSources(texts: readonly string[], names: Names): readonly Source[] {
  return texts.map((text) => {
    const source = parseSource(text, names);
    if (!source.ok) throw new TypeError(source.message);
    return source.value;
  });
}
