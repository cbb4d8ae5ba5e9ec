// SPDX-License-Identifier: MIT
// One answer of each kind, as the daemons give them.
import type {
  Allowances,
  Explanation,
  Grant,
  InterceptorStatus,
  PolicyStatus,
  Schedule,
  WakeTrace,
  WolStatus,
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
