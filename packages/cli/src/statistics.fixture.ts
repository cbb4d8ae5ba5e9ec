// SPDX-License-Identifier: MIT
import {
  DeadLetters,
  DenialsPage,
  HooksStatus,
  nobody,
  noSums,
  SessionsPage,
  StatsSummary,
} from '@nftoggle/contracts';

/** A week of a household. */
export function aSummary(): StatsSummary {
  const leo = {
    ...noSums,
    sessions: 9,
    active: 31_500,
    connections: 41,
    bytes_in: 83_000_000,
    bytes_out: 2_310_000_000,
  };
  const ada = {
    ...noSums,
    sessions: 33,
    active: 8_040,
    connections: 60,
    bytes_in: 4_100_000,
    bytes_out: 19_700_000,
  };
  return StatsSummary.parse({
    from: '2026-11-16T17:40:00Z',
    to: '2026-11-23T17:40:00Z',
    timezone: 'Europe/Berlin',
    sums: {
      sessions: 42,
      active: 39_540,
      connections: 101,
      bytes_in: 87_100_000,
      bytes_out: 2_329_700_000,
      denied: 1_204,
      unasked: 88_210,
    },
    services: [
      { service: 'minecraft', ...leo, denied: 4 },
      { service: 'ssh', ...ada, denied: 1_200, unasked: 88_210 },
    ],
    people: [
      { person: 'leo', ...leo },
      { person: 'ada', ...ada },
      { person: null, ...noSums, denied: 1_204 },
    ],
    countries: [
      { country: null, ...leo, sessions: 42 },
      { country: 'FR', ...noSums, denied: 1_100 },
    ],
    sources: [
      { address: '192.168.1.30', device: 'console', ...leo },
      { address: '2001:db8:7:1234:5678:9abc:def0:1', device: null, ...noSums, denied: 1_204 },
    ],
    days: [
      { day: '2026-11-17', ...leo, active: 7_200, sessions: 3 },
      { day: '2026-11-20', ...ada, active: 60, sessions: 38, denied: 1_100, unasked: 80_000 },
      { day: '2026-11-23', ...leo, active: 32_280, sessions: 1, denied: 104, unasked: 8_210 },
    ],
  });
}

export function someSessions(): SessionsPage {
  const use = {
    connections: 3,
    active: 2_100,
    from_source: { packets: 900, bytes: 12_000_000 },
    to_source: { packets: 9_000, bytes: 450_000_000 },
  };
  const session = {
    session: '0m5x1k2j3h4g',
    service: 'minecraft',
    address: '192.168.1.30',
    mac: null,
    who: { device: 'console', person: 'leo', country: null },
    rule: 'services.minecraft.allow[0]',
    since: '2026-11-23T16:50:00Z',
    ended: null,
    reason: null,
    use,
  };
  return SessionsPage.parse({
    sessions: [
      session,
      { ...session, since: '2026-11-22T16:50:00Z', ended: '2026-11-22T19:00:00Z', reason: 'window_end' },
      {
        ...session,
        service: 'ssh',
        address: '203.0.113.7',
        who: { ...nobody, country: 'DE' },
        since: '2026-11-22T10:00:00Z',
        ended: '2026-11-22T10:00:40Z',
        reason: 'idle',
        use: { ...use, active: 38, from_source: null, to_source: null },
      },
      { ...session, service: 'ssh', ended: '2026-11-22T10:00:40Z', since: '2026-11-21T10:00:00Z', use: null },
    ],
    next: null,
  });
}

export function someDenials(): DenialsPage {
  const denial = {
    service: 'ssh',
    address: '203.0.113.66',
    mac: null,
    who: { ...nobody, country: 'FR' },
    reason: 'no_rule',
    rule: null,
    count: 1_204,
    first: '2026-11-23T16:00:00Z',
    last: '2026-11-23T17:39:00Z',
    enforced: true,
  };
  return DenialsPage.parse({
    denials: [
      denial,
      {
        ...denial,
        service: 'minecraft',
        address: '192.168.1.30',
        who: { device: 'console', person: 'leo', country: null },
        reason: 'outside_window',
        count: 3,
        enforced: false,
      },
    ],
    next: 'x',
  });
}

export function someHooks(): HooksStatus {
  return HooksStatus.parse({
    daemon: 'hooks',
    pid: 10,
    started: '2026-11-23T12:00:00Z',
    revision: '3fa0c1d2e4b5',
    problem: null,
    hooks: [
      {
        hook: 'phone',
        kind: 'webhook',
        target: 'ntfy.example',
        delivered: 1_212,
        failed: 9,
        waiting: 4,
        problem: 'ntfy.example answered 503',
      },
      {
        hook: 'log',
        kind: 'script',
        target: '/etc/nftoggle/hooks/log.sh',
        delivered: 40,
        failed: 0,
        waiting: null,
        problem: null,
      },
    ],
    letters: 2,
  });
}

export const letterIds = [
  '0197ab12-3c4d-7e5f-8a6b-9c0d1e2f3a4b',
  '0197ab11-3c4d-7e5f-8a6b-9c0d1e2f3a4b',
] as const;

export function someLetters(): DeadLetters {
  return DeadLetters.parse({
    letters: letterIds.map((id, index) => ({
      id,
      hook: 'phone',
      at: '2026-11-23T17:52:00Z',
      problem: 'ntfy.example answered 503: the service is down for maintenance until tomorrow morning',
      attempts: 9 - index,
      event: { id, type: 'access_denied', time: '2026-11-23T17:40:05Z' },
    })),
    total: 2,
  });
}
