// SPDX-License-Identifier: MIT
// One example of every event, about names of the configuration where it has some, and about nobody else: addresses
// are of the ranges for documentation (RFC 5737, RFC 3849).
import type { Config, Service } from '@nftoggle/config';
import type { CloudEvent, EventData, EventType, Who } from '@nftoggle/contracts';

/** What examples are about. */
interface Cast {
  readonly service: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly device: string;
  readonly person: string;
  readonly hook: string;
  readonly who: Who;
  /** An instant so many seconds away from now. */
  readonly at: (seconds: number) => string;
  readonly id: string;
}

type Examples = { readonly [T in EventType]: (cast: Cast) => EventData<T> };

const revision = '0123456789ab';
const session = 'exampl0000';
const source = { address: '203.0.113.7' };
const stranger: Who = { device: null, person: null, country: 'DE' };

const examples: Examples = {
  session_started: ({ at, who, ...cast }) => ({
    ...flow(cast),
    session,
    who,
    covers: source.address,
    rule: `services.${cast.service}.allow[0]`,
    reason: 'rule_allows',
    until: at(4 * 3_600),
    bound: 'session_time',
  }),
  session_ended: ({ at, who, service }) => ({
    session,
    service,
    source,
    covers: source.address,
    who,
    rule: `services.${service}.allow[0]`,
    reason: 'idle',
    since: at(-4_800),
    ended: at(0),
    use: {
      connections: 2,
      active: 4_200,
      from_source: { packets: 61_000, bytes: 4_100_000 },
      to_source: { packets: 88_000, bytes: 97_000_000 },
    },
    cut: 0,
  }),
  access_denied: ({ at, ...cast }) => ({
    ...flow(cast),
    who: stranger,
    reason: 'no_rule',
    rule: null,
    next_allowed: null,
    enforced: true,
    count: 3,
    first: at(-20),
    last: at(0),
  }),
  denials_counted: ({ at, service }) => ({
    first: at(-60),
    last: at(0),
    services: [{ service, refused: 120, unasked: 3_400 }],
    sources: 85,
    most: [{ address: '203.0.113.66', service, count: 12 }],
  }),
  ruleset_restored: () => ({ damage: 'table_removed' }),
  grant_issued: grant,
  grant_extended: grant,
  grant_revoked: grant,
  grant_ended: (cast) => ({ ...grant(cast), by: null }),
  allowance_low: ({ person, at }) => ({
    account: account(person),
    who: person,
    left: 600,
    resets: at(36_000),
  }),
  allowance_spent: ({ person, at }) => ({
    account: account(person),
    who: person,
    left: 0,
    resets: at(36_000),
  }),
  allowance_changed: ({ person }) => ({
    who: person,
    bonus: 1_800,
    by: 'example',
    why: 'the rooms are tidy',
  }),
  permissions_changed: ({ service }) => ({ because: 'grant', services: [service] }),
  clock_changed: () => ({
    trusted: false,
    problem: 'the clock shows a time long before this version was made',
  }),
  wake_started: ({ device, service }) => ({ device, by: service, expected: 20 }),
  wake_ready: ({ device, service }) => ({ device, by: service, seconds: 21.4, packets: 4 }),
  wake_failed: ({ device, service }) => ({
    device,
    by: service,
    seconds: 90,
    packets: 19,
    problem: 'nothing was heard of it: is Wake-on-LAN switched on in its firmware?',
  }),
  hook_failed: ({ hook, id }) => ({
    hook,
    letter: id,
    event: { id, type: 'access_denied' },
    problem: 'ntfy.example answered 503',
    attempts: 12,
  }),
  config_changed: () => ({ daemon: 'policy', revision }),
  config_refused: () => ({
    daemon: 'policy',
    revision,
    problem: 'nftoggle.yml:7:5 There is no key "sevrices".',
  }),
};

/** @param id a UUID, and `now` in milliseconds since the epoch */
export function exampleEvent<T extends EventType>(
  type: T,
  config: Config,
  { id, now, hook }: { readonly id: string; readonly now: number; readonly hook: string },
): CloudEvent<T> {
  const cast = castOf(config, id, now, hook);
  const isOfService = /^(session|access|grant)_/.test(type);
  return {
    specversion: '1.0',
    id,
    source: `/nftoggle/${config.node}/hooks`,
    type,
    ...(isOfService ? { subject: cast.service } : {}),
    time: cast.at(0),
    datacontenttype: 'application/json',
    data: examples[type](cast),
  };
}

function castOf(config: Config, id: string, now: number, hook: string): Cast {
  const wanted = config.hooks.get(hook);
  const service = serviceOf(config, wanted?.services?.[0]);
  const person = wanted?.people?.[0] ?? config.people.keys().next().value;
  const owned = person === undefined ? undefined : config.people.get(person)?.devices[0];
  const device = owned ?? config.devices.keys().next().value;
  const range = service?.ports[0];
  return {
    service: service?.name ?? 'ssh',
    port: range?.from ?? 22,
    protocol: range?.protocol ?? 'tcp',
    device: device ?? 'nas',
    person: person ?? 'leo',
    hook,
    who: { device: device ?? null, person: person ?? null, country: null },
    at: (seconds) => new Date(now + seconds * 1_000).toISOString(),
    id,
  };
}

function serviceOf({ services }: Config, name: string | undefined): Service | undefined {
  return (name === undefined ? undefined : services.get(name)) ?? services.values().next().value;
}

function flow({ service, protocol, port }: Pick<Cast, 'service' | 'protocol' | 'port'>) {
  return { service, source, protocol, destination: '192.0.2.1', destinationPort: port };
}

function grant({ service, person, at }: Cast): EventData<'grant_issued'> {
  const times = { issued: at(0), until: at(3_600) };
  return {
    grant: { id: 'exampl00', service, source: person, ...times, by: 'example', why: 'homework is done' },
    by: 'example',
  };
}

/** A name of the configuration has no character that accounts would spell in another way. */
function account(person: string): string {
  return `person.${person}`;
}
