// SPDX-License-Identifier: MIT
// What an event is about, whatever its type: services, people, and whoever asked.
import {
  type Config,
  type Names,
  type Network,
  parseAddress,
  parseSource,
  type Source,
} from '@nftoggle/config';
import type { CloudEvent, EventData, EventType } from '@nftoggle/contracts';

/** Somebody whom an event names, by whatever it tells of them. */
export interface Party {
  readonly address: Network | null;
  readonly mac: string | null;
  /** A private address on the provider's side, which says nothing about who that is. */
  readonly outside: boolean;
  readonly device: string | null;
  readonly person: string | null;
  readonly country: string | null;
  /** As the configuration, or a grant, names them. */
  readonly named: Source | null;
}

export interface EventFacts {
  readonly services: readonly string[];
  /** Everybody that the event is about; any of them may pass a filter. */
  readonly parties: readonly Party[];
}

const stranger: Party = {
  address: null,
  mac: null,
  outside: false,
  device: null,
  person: null,
  country: null,
  named: null,
};

type FlowData = Pick<EventData<'session_ended'>, 'service' | 'source' | 'who'>;
type Facts = { readonly [T in EventType]: (data: EventData<T>, config: Config) => EventFacts };

const facts: Facts = {
  session_started: flowFacts,
  session_ended: flowFacts,
  access_denied: flowFacts,
  denials_counted: ({ services, most }) => ({
    services: services.map(({ service }) => service),
    parties: most.map(({ address }) => ({ ...stranger, address: parseAddress(address) })),
  }),
  ruleset_restored: nothing,
  grant_issued: grantFacts,
  grant_extended: grantFacts,
  grant_revoked: grantFacts,
  grant_ended: grantFacts,
  allowance_low: allowanceFacts,
  allowance_spent: allowanceFacts,
  allowance_changed: ({ who }, config) => ({ services: [], parties: [named(who, config)] }),
  permissions_changed: ({ services }) => ({ services: services ?? [], parties: [] }),
  clock_changed: nothing,
  wake_started: wakeFacts,
  wake_ready: wakeFacts,
  wake_failed: wakeFacts,
  hook_failed: nothing,
  config_changed: nothing,
  config_refused: nothing,
};

export function factsOf<T extends EventType>({ type, data }: CloudEvent<T>, config: Config): EventFacts {
  return facts[type](data, config);
}

function nothing(): EventFacts {
  return { services: [], parties: [] };
}

function flowFacts({ service, source, who }: FlowData): EventFacts {
  const address = parseAddress(source.address);
  const party = { address, mac: source.mac ?? null, outside: source.outside === true };
  return { services: [service], parties: [{ ...stranger, ...party, ...who }] };
}

function grantFacts({ grant }: EventData<'grant_issued'>, config: Config): EventFacts {
  return { services: [grant.service], parties: [named(grant.source, config)] };
}

/** The account tells the service, and for whom. */
function allowanceFacts({ account, who }: EventData<'allowance_low'>, config: Config): EventFacts {
  const [kind, service = ''] = account.split('.');
  return { services: kind === 'service' ? [service] : [], parties: [named(who, config)] };
}

/** A wake is about the service that it was for; one that somebody asked for by hand is about none. */
function wakeFacts({ by }: { readonly by: string }, config: Config): EventFacts {
  return { services: config.services.has(by) ? [by] : [], parties: [] };
}

function named(text: string, config: Names): Party {
  const source = parseSource(text, config);
  if (!source.ok) return stranger;
  const { value } = source;
  return {
    ...stranger,
    address: value.kind === 'network' ? value.network : null,
    device: value.kind === 'device' ? value.device : null,
    person: value.kind === 'person' ? value.person : null,
    country: value.kind === 'country' ? value.country : null,
    named: value,
  };
}
