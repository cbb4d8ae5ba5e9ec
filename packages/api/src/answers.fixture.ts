// SPDX-License-Identifier: MIT
// One answer of each kind, as the daemons give them.
import {
  type Allowances,
  type CloudEvent,
  type DeadLetters,
  type DeliveryOutcome,
  type DenialsPage,
  type Explanation,
  type Grant,
  type HooksStatus,
  type InterceptorStatus,
  nobody,
  type PolicyStatus,
  type Schedule,
  type SessionsPage,
  type StatsStatus,
  type StatsSummary,
  type StatsSums,
  type WakeTrace,
  type WolStatus,
} from '@nftoggle/contracts';

export const revision = '0123456789ab';
const started = '2025-01-15T12:00:00.000Z';
export const timezone = 'Europe/Berlin';

export const explanation: Explanation = {
  decision: 'deny',
  reason: 'no_rule',
  rule: null,
  grant: null,
  until: null,
  bound: null,
  next_allowed: null,
  at_end: 'cut',
  wake: null,
  accounts: [],
  prefix: 32,
  who: nobody,
  revision,
  service: 'ssh',
  source: { address: '203.0.113.66' },
  at: started,
  timezone,
  text: 'deny: the only rule of ssh does not match 203.0.113.66',
  checks: [{ rule: 'services.ssh.allow[0]', condition: 'source is lan', passed: false }],
};

export const grant: Grant = {
  id: 'k3v9x2ab',
  service: 'ssh',
  source: 'any',
  issued: started,
  until: '2025-01-15T12:30:00.000Z',
  by: 'ada',
  why: null,
};

export const schedule: Schedule = {
  subject: 'ssh',
  timezone,
  days: [
    {
      date: '2025-01-15',
      from: '2025-01-14T23:00:00.000Z',
      to: '2025-01-15T23:00:00.000Z',
      clockChange: 0,
      rows: [],
    },
  ],
};

export const allowances: Allowances = {
  timezone,
  problem: null,
  allowances: [
    {
      account: 'person.leo',
      who: 'leo',
      service: null,
      services: ['ssh'],
      periods: [{ period: 'daily', size: 3_600, bonus: 0, used: 60, left: 3_540, resets: started }],
      left: 3_540,
      uncharged: false,
    },
  ],
};

export const interceptorStatus: InterceptorStatus = {
  daemon: 'interceptor',
  pid: 7,
  started,
  revision,
  problem: null,
  guard: 'guarding',
  queueMechanism: 'nft_queue',
  queues: [],
  held: 0,
  heldLimit: 10,
  waking: 0,
  wakingLimit: 5,
  services: [{ name: 'ssh', ports: ['22/tcp'], guards: 'this box', sessions: 0 }],
  sessions: [],
  sessionsTotal: 0,
  metering: 'traffic',
  counts: {
    packets: 0,
    allowed: 0,
    denied: 0,
    replaced: 0,
    fallback: 0,
    malformed: 0,
    vanished: 0,
    restored: 0,
    unasked: 0,
  },
};

export const policyStatus: PolicyStatus = {
  daemon: 'policy',
  pid: 8,
  started,
  revision,
  problem: null,
  decisions: { allowed: 1, denied: 2 },
  ready: true,
  grants: 0,
  clockProblem: null,
  names: [],
  databases: { countries: null, asn: null },
};

export const wolStatus: WolStatus = {
  daemon: 'wol',
  pid: 9,
  started,
  revision,
  problem: null,
  waking: [],
  devices: [{ device: 'nas', expected: { median: 25, p95: 31, wakes: 12 } }],
};

export const wakeTrace: WakeTrace = {
  steps: [
    { at: 300, step: 'probe', ok: null, text: '192.168.1.20 tcp/25565: no answer within 300 ms' },
    {
      at: 12_700,
      step: 'ready',
      ok: true,
      text: '192.168.1.20 tcp/25565: ready 12.4 s after the wake began',
    },
  ],
  done: true,
  ok: true,
};

export const hooksStatus: HooksStatus = {
  daemon: 'hooks',
  pid: 10,
  started,
  revision,
  problem: null,
  hooks: [
    {
      hook: 'phone',
      kind: 'webhook',
      target: 'ntfy.example',
      delivered: 12,
      failed: 1,
      waiting: 0,
      problem: null,
    },
  ],
  letters: 1,
};

export const outcome: DeliveryOutcome = {
  hook: 'phone',
  delivered: true,
  detail: 'ntfy.example answered 200',
  milliseconds: 83,
};

export const letterId = '0197ab12-3c4d-7e5f-8a6b-9c0d1e2f3a4b';

export const deadLetters: DeadLetters = {
  letters: [
    {
      id: letterId,
      hook: 'phone',
      at: started,
      problem: 'ntfy.example answered 503',
      attempts: 9,
      event: { id: letterId, type: 'access_denied', time: started },
    },
  ],
  total: 1,
};

export const statsStatus: StatsStatus = {
  daemon: 'stats',
  pid: 11,
  started,
  revision,
  problem: null,
  file: '/var/lib/nftoggle/stats.db',
  bytes: 4_096,
  events: 3,
  oldest: started,
  waiting: 0,
};

const sums: StatsSums = {
  sessions: 2,
  active: 95.5,
  connections: 7,
  bytes_in: 1_000,
  bytes_out: 90_000,
  denied: 4,
  unasked: 900,
};

export const summary: StatsSummary = {
  from: '2025-01-08T12:00:00.000Z',
  to: started,
  timezone,
  sums,
  services: [{ ...sums, service: 'ssh' }],
  people: [{ ...sums, person: null }],
  countries: [{ ...sums, country: null }],
  sources: [{ ...sums, address: '192.168.1.30', device: 'laptop' }],
  days: [{ ...sums, day: '2025-01-15' }],
};

export const sessionsPage: SessionsPage = {
  sessions: [
    {
      session: '0m5x1k2j3h4g',
      service: 'ssh',
      address: '2001:db8::7',
      mac: null,
      who: { device: 'laptop', person: 'ada', country: null },
      rule: 'services.ssh.allow[0]',
      since: started,
      ended: '2025-01-15T12:30:00.000Z',
      reason: 'idle',
      use: {
        connections: 3,
        active: 95.5,
        from_source: { packets: 10, bytes: 1_000 },
        to_source: { packets: 60, bytes: 90_000 },
      },
    },
  ],
  next: null,
};

export const denialsPage: DenialsPage = {
  denials: [
    {
      service: 'ssh',
      address: '203.0.113.66',
      mac: null,
      who: nobody,
      reason: 'no_rule',
      rule: null,
      count: 4,
      first: started,
      last: started,
      enforced: true,
    },
  ],
  next: null,
};

/** The nth event of a day in which one happened every second. */
export function anEvent(n: number, subject = 'ssh'): CloudEvent<'access_denied'> {
  const time = new Date(Date.parse(started) + n * 1_000).toISOString();
  const hex = Date.parse(time).toString(16).padStart(12, '0');
  const [denial] = denialsPage.denials;
  if (denial === undefined) throw new TypeError('there is one');
  const { address, mac: _mac, ...rest } = denial;
  return {
    specversion: '1.0',
    id: `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`,
    source: '/nftoggle/box/interceptor',
    type: 'access_denied',
    subject,
    time,
    datacontenttype: 'application/json',
    data: {
      ...rest,
      service: subject,
      source: { address },
      protocol: 'tcp',
      destination: '192.0.2.1',
      destinationPort: 22,
      next_allowed: null,
    },
  };
}
