// SPDX-License-Identifier: MIT
// Stores on real files, and events as daemons publish them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventId } from '@nftoggle/bus';
import { type CloudEvent, type EventData, type EventType, nobody, type Who } from '@nftoggle/contracts';
import { aConfig } from '@nftoggle/testkit';
import { StatsStore, type StoreConfig, type StoreOptions } from './stats-store.ts';

export const now = Date.parse('2026-11-23T12:00:00.000Z');

export const config: StoreConfig = aConfig(`
version: 1
timezone: Europe/Berlin
devices: { console: { mac: 0c:fe:45:12:34:56 } }
people: { leo: { role: child, devices: [console] } }
services: { ssh: { ports: [22/tcp] }, plex: { ports: [32400/tcp] } }
`);

export interface Room {
  readonly file: string;
  open(options?: Partial<StoreOptions>): StatsStore;
  close(): void;
}

/** A directory of its own, and the stores that are opened in it. */
export function openRoom(): Room {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-stats-'));
  const file = join(directory, 'stats', 'stats.db');
  const stores: StatsStore[] = [];
  return {
    file,
    open: (options = {}) => {
      const defaults = { file, config, clock: () => now, patience: 0, onDamage: () => undefined };
      const store = new StatsStore({ ...defaults, ...options });
      stores.push(store);
      return store;
    },
    close: () => {
      for (const store of stores) store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function anEvent<T extends EventType>(
  type: T,
  data: EventData<T>,
  at = now,
  seed?: string,
): CloudEvent<T> {
  const subject = (data as { readonly service?: string }).service;
  return {
    specversion: '1.0',
    id: eventId(at, seed),
    source: '/nftoggle/box/interceptor',
    type,
    ...(subject === undefined ? {} : { subject }),
    time: iso(at),
    datacontenttype: 'application/json',
    data,
  };
}

interface SessionWish {
  readonly session?: string;
  readonly service?: string;
  readonly address?: string;
  readonly who?: Who;
  readonly since?: number;
}

export function aStart(wish: SessionWish = {}): CloudEvent<'session_started'> {
  const {
    session = 'abcdefghij',
    service = 'ssh',
    address = '192.168.1.7',
    who = nobody,
    since = now,
  } = wish;
  const flow = { protocol: 'tcp', destination: '192.168.1.254', destinationPort: 22 } as const;
  const permission = { rule: 'services.ssh.allow[0]', reason: 'rule_allows', bound: 'session_time' } as const;
  const data = { session, service, who, source: { address }, covers: address, until: iso(since + 3_600_000) };
  return anEvent('session_started', { ...data, ...flow, ...permission }, since);
}

interface EndWish extends SessionWish {
  readonly ended?: number;
  readonly active?: number;
  readonly bytes?: number;
  readonly connections?: number;
}

export function anEnd(wish: EndWish = {}): CloudEvent<'session_ended'> {
  const { session = 'abcdefghij', service = 'ssh', address = '192.168.1.7', who = nobody } = wish;
  const { since = now, ended = now, active = 0, bytes = 0, connections = 0 } = wish;
  const traffic = { packets: 1, bytes };
  const use = { connections, active, from_source: traffic, to_source: { ...traffic, bytes: bytes * 2 } };
  const data = { session, service, who, source: { address }, covers: address, cut: 0, use };
  const end = {
    rule: 'services.ssh.allow[0]',
    reason: 'idle',
    since: iso(since),
    ended: iso(ended),
  } as const;
  return anEvent('session_ended', { ...data, ...end }, ended);
}

interface DenialWish {
  readonly service?: string;
  readonly address?: string;
  readonly who?: Who;
  readonly count?: number;
  readonly at?: number;
  readonly rule?: string | null;
}

export function aDenial(wish: DenialWish = {}): CloudEvent<'access_denied'> {
  const { service = 'ssh', address = '203.0.113.66', who = nobody, count = 1, at = now, rule = null } = wish;
  const flow = { protocol: 'tcp', destination: '203.0.113.1', destinationPort: 22 } as const;
  const denial = { reason: 'no_rule', rule, next_allowed: null, enforced: true } as const;
  const data = { service, source: { address }, who, count, first: iso(at), last: iso(at) };
  return anEvent('access_denied', { ...data, ...flow, ...denial }, at);
}

export function counted(
  services: EventData<'denials_counted'>['services'],
  most: EventData<'denials_counted'>['most'] = [],
  at = now,
): CloudEvent<'denials_counted'> {
  return anEvent(
    'denials_counted',
    { first: iso(at), last: iso(at), services, most, sources: most.length },
    at,
  );
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Everything, whenever. */
export const ever = { from: '2020-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' } as const;
