// SPDX-License-Identifier: MIT
// From the parts of the file to the configuration that daemons use.
import { type Id, toId } from '@nftoggle/contracts';
import { lanRanges } from './lan.ts';
import { resolveDevice } from './resolve-device.ts';
import { resolveHook } from './resolve-hook.ts';
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

/** The names of a section in the order of the file: plain objects put those that look like numbers first. */
type NamesInOrder = (section: string) => readonly string[];

/** Of `limits.waking`. */
const defaultWaking = 1024;

/** Call it with text that passed every check; names that belong to nothing are a programmer's error here. */
export function resolveConfig(text: ConfigText, host: Host, orderOf: NamesInOrder): Config {
  const names: Names = {
    devices: new Set(Object.keys(text.devices)),
    groups: new Set(Object.keys(text.groups)),
    people: new Set(Object.keys(text.people)),
  };
  const timezone = text.timezone ?? host.hostTimezone;
  const sources = (texts: readonly string[]) => resolveSources(texts, names);
  const map = <T, U>(section: string, block: Readonly<Record<Id, T>>, resolve: (name: Id, text: T) => U) =>
    resolveEach(block, orderOf(section), resolve);
  return {
    version: text.version,
    node: text.node ?? toId(host.hostName, 'node'),
    timezone,
    mode: text.mode,
    lan: [...lanRanges, ...text.lan],
    devices: map('devices', text.devices, resolveDevice),
    groups: map('groups', text.groups, (_, list) => sources(list)),
    people: map('people', text.people, resolvePerson),
    services: map('services', text.services, (name, service) =>
      resolveService(name, service, { timezone, sources, atEnd: service.at_end }),
    ),
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
    hooks: map('hooks', text.hooks, (name, hook) => resolveHook(name, hook, sources)),
    stats: { keep: text.stats.keep, maxBytes: text.stats.max_size },
  };
}

function resolveEach<T, U>(
  block: Readonly<Record<Id, T>>,
  order: readonly Id[],
  resolve: (name: Id, text: T) => U,
): ReadonlyMap<Id, U> {
  return new Map(
    order.flatMap((name) => {
      const text = block[name];
      return text === undefined ? [] : [[name, resolve(name, text)] as const];
    }),
  );
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
    idleAfter: text.idle_after,
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
