// SPDX-License-Identifier: MIT
// An event of each type, as daemons publish them.
import {
  type CloudEvent,
  type EventData,
  type EventType,
  eventData,
  type Grant,
  nobody,
  type Who,
} from '@nftoggle/contracts';
import { aGrant } from './grant.fixture.ts';

const leo: Who = { device: 'console', person: 'leo', country: null };
const grant: Grant = aGrant();
const flow = {
  service: 'minecraft',
  source: { address: '192.168.1.30' },
  protocol: 'tcp',
  destination: '192.168.1.20',
  destinationPort: 25_565,
} as const;
const use = {
  connections: 3,
  active: 2_100,
  from_source: { packets: 900, bytes: 12_000_000 },
  to_source: { packets: 9_000, bytes: 450_000_000 },
} as const;
const letter = '0197ab12-3c4d-7e5f-8a6b-9c0d1e2f3a4b';

export const exampleData: { readonly [T in EventType]: EventData<T> } = {
  session_started: {
    ...flow,
    session: '0m5x1k2j3h4g',
    who: leo,
    covers: '192.168.1.30',
    rule: 'services.minecraft.allow[0]',
    reason: 'rule_allows',
    until: '2026-11-23T19:00:00Z',
    bound: 'window_end',
  },
  session_ended: {
    session: '0m5x1k2j3h4g',
    service: 'minecraft',
    source: { address: '192.168.1.30' },
    covers: '192.168.1.30',
    who: leo,
    rule: 'services.minecraft.allow[0]',
    reason: 'window_end',
    since: '2026-11-23T16:50:00Z',
    ended: '2026-11-23T19:00:00Z',
    use,
    cut: 2,
  },
  access_denied: {
    ...flow,
    service: 'ssh',
    source: { address: '203.0.113.66' },
    who: { ...nobody, country: 'FR' },
    reason: 'no_rule',
    rule: null,
    next_allowed: null,
    enforced: true,
    count: 12,
    first: '2026-11-23T17:39:00Z',
    last: '2026-11-23T17:40:05Z',
  },
  denials_counted: {
    first: '2026-11-23T17:39:00Z',
    last: '2026-11-23T17:40:05Z',
    services: [
      { service: 'ssh', refused: 1_200, unasked: 44_100 },
      { service: 'minecraft', refused: 4, unasked: 0 },
    ],
    sources: 83,
    most: [{ address: '203.0.113.9', service: 'ssh', count: 400 }],
  },
  ruleset_restored: { damage: 'table_removed' },
  grant_issued: { grant: { ...grant, why: 'homework done' }, by: 'ada' },
  grant_extended: { grant, by: 'ada' },
  grant_revoked: { grant, by: 'ada' },
  grant_ended: { grant, by: null },
  allowance_low: { account: 'person.leo', who: 'leo', left: 600, resets: '2026-11-23T23:00:00Z' },
  allowance_spent: { account: 'person.leo', who: 'leo', left: 0, resets: '2026-11-23T23:00:00Z' },
  allowance_changed: { who: 'leo', bonus: 900, by: 'ada', why: null },
  permissions_changed: { because: 'grant', services: ['minecraft'] },
  clock_changed: { trusted: false, problem: 'it says 1970' },
  wake_started: { device: 'nas', by: 'minecraft', expected: 25.2 },
  wake_ready: { device: 'nas', by: 'minecraft', seconds: 12.4, packets: 3 },
  wake_failed: {
    device: 'nas',
    by: 'minecraft',
    seconds: 90,
    packets: 9,
    problem: 'it does not answer ARP: is it plugged in?',
  },
  hook_failed: {
    hook: 'phone',
    letter,
    event: { id: letter, type: 'access_denied' },
    problem: 'ntfy.example answered 503',
    attempts: 9,
  },
  config_changed: { daemon: 'policy', revision: '3fa0c1d2e4b5' },
  config_refused: {
    daemon: 'policy',
    revision: '3fa0c1d2e4b5',
    problem: 'nftoggle.yml:3:1: "servces" is not known.\n  Did you mean "services"?',
  },
};

const start = Date.parse('2026-11-23T17:40:05Z');

/** The nth event of an afternoon in which one happened every second. */
export function anEvent<T extends EventType>(
  type: T,
  n = 0,
  data: Partial<EventData<T>> = {},
): CloudEvent<T> {
  const instant = start + n * 1_000;
  const hex = instant.toString(16).padStart(12, '0');
  const whole = { ...exampleData[type], ...data };
  const about = (whole as { readonly service?: string }).service;
  return {
    specversion: '1.0',
    id: `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`,
    source: '/nftoggle/gate/interceptor',
    type,
    ...(about === undefined ? {} : { subject: about }),
    time: new Date(instant).toISOString(),
    datacontenttype: 'application/json',
    data: eventData[type].parse(whole) as EventData<T>,
  };
}
