// SPDX-License-Identifier: MIT
import {
  type HooksStatus,
  type InterceptorStatus,
  nobody,
  type PolicyStatus,
  type StatsStatus,
  type SystemStatus,
  type WolStatus,
} from '@nftoggle/contracts';
import { expect, it } from 'vitest';
import { plain } from '../paint.ts';
import { aStatus } from '../status.fixture.ts';
import { statusPage } from './status-page.ts';

const now = new Date('2026-01-01T12:01:00Z');

function withInterceptor(change: Partial<InterceptorStatus>): SystemStatus {
  const { interceptor, ...rest } = aStatus();
  if (interceptor === null) throw new TypeError('the fixture has an interceptor');
  return { ...rest, interceptor: { ...interceptor, ...change } };
}

function withPolicy(change: Partial<PolicyStatus>): SystemStatus {
  const { policy, ...rest } = aStatus();
  if (policy === null) throw new TypeError('the fixture has a policy');
  return { ...rest, policy: { ...policy, ...change } };
}

function withWol(change: Partial<WolStatus>): SystemStatus {
  const { wol, ...rest } = aStatus();
  if (wol === null) throw new TypeError('the fixture has a wol');
  return { ...rest, wol: { ...wol, ...change } };
}

it('fits a healthy system on one page', () => {
  expect(statusPage(aStatus(), now, plain)).toBe(
    `nftoggle 0.1.0 on gate: guarding
mode enforce, revision 3fa0c1d2e4b5, times in Europe/Berlin

SERVICE    PORTS                GUARDS        SESSIONS
ssh        22/tcp               this box      1
minecraft  25565/tcp 19132/udp  192.168.1.20  0

OPEN FOR  SOURCE        TIME LEFT   USED        UNTIL              BY
ssh       192.168.1.10  3 h 59 min  21m 1.8 MB  17:00 asked again  allow[0]

QUEUE           WAITING  TOTAL  DROPPED
4242 known      0        12     0 full, 0 socket
4243 strangers  1        900    7 full, 2 socket
held 1 of 4096, waking 0 of 1024 packets, by nft_queue

packets 916: 12 let in, 900 dropped, 3 malformed

policy decided 12 allow, 900 deny
countries: the built-in database (of 2025-12-01, 31 days old)

statistics: 12,345 events since 2025-11-02, 35 MB in /var/lib/nftoggle/stats.db`,
  );
});

it('says how many sessions there are beyond those that it lists', () => {
  const page = statusPage(withInterceptor({ sessionsTotal: 3_000 }), now, plain);
  expect(page).toContain('  allow[0]\n… and 2999 more\n');
});

it('says what is wrong above everything else', () => {
  const problem = 'nftoggle.yml:3:1: "servces" is not known.';
  const { api, ...rest } = aStatus();
  const page = statusPage({ ...rest, healthy: false, policy: null, api: { ...api, problem } }, now, plain);
  expect(page).toContain('guarding, but not everything answers');
  expect(page).toContain('problem: policy does not answer');
  expect(page).toContain(problem);
});

it('does not claim to guard when the interceptor is silent', () => {
  const page = statusPage({ ...aStatus(), healthy: false, interceptor: null }, now, plain);
  expect(page).toContain('unknown: the interceptor is silent');
});

it.each([
  ['removed', 'REMOVED by panic'],
  ['failed', 'FAILED'],
  ['watching', 'watching: nothing is blocked'],
] as const)('is plain about a guard that is %s', (guard, text) => {
  expect(statusPage(withInterceptor({ guard }), now, plain)).toContain(text);
});

it('says what ends each session, what goes on after that, and whose time is counted', () => {
  const session = {
    session: '0m5x1k2j3h4g',
    service: 'minecraft',
    who: nobody,
    covers: '192.168.1.30',
    since: '2026-01-01T12:00:00Z',
    until: '2026-01-01T17:00:00Z',
    bound: 'window_end',
    at_end: 'cut',
    metered: true,
    rule: 'services.minecraft.allow[0]',
    reason: 'rule_allows',
    use: { connections: 1, active: 0, from_source: null, to_source: null },
  } as const;
  const sessions = [
    session,
    { ...session, bound: 'allowance', until: '2026-01-01T12:31:00Z', at_end: 'keep' } as const,
    {
      ...session,
      bound: 'grant_end',
      until: '2026-01-02T08:00:00Z',
      metered: false,
      rule: null,
      reason: 'grant_allows',
    } as const,
  ];
  const page = statusPage(withInterceptor({ sessions, sessionsTotal: 3 }), now, plain);
  expect(page).toContain(
    `OPEN FOR   SOURCE        TIME LEFT    USED  UNTIL                                      BY
minecraft  192.168.1.30  4 h 59 min   0s    18:00 window closes                        allow[0], metered
minecraft  192.168.1.30  30 min       0s    13:31 allowance spent (connections go on)  allow[0], metered
minecraft  192.168.1.30  19 h 59 min  0s    tomorrow 09:00 grant ends                  grant_allows
`,
  );
  expect(page).not.toContain('does not count its traffic');
  const byTime = statusPage(withInterceptor({ sessions, sessionsTotal: 3, metering: 'time' }), now, plain);
  expect(byTime).toContain(
    '\nmetered: all the time of a session counts, for this kernel does not count its traffic\n',
  );
});

it('says above all else that the clock is not trusted, and that policy knows nothing yet', () => {
  const page = statusPage(withPolicy({ clockProblem: 'it says 1970', ready: false }), now, plain);
  expect(page).toContain(
    `times in Europe/Berlin

problem: no window is open and no allowance counts, for the clock is not trusted:
  it says 1970
problem: policy has not read grants and allowances from the bus yet: until then it goes by neither
`,
  );
});

it('says which names lead nowhere, how old the databases are, and that grants are open', () => {
  const page = statusPage(
    withPolicy({
      grants: 2,
      names: [
        { name: 'tom.dyn.example', addresses: ['203.0.113.7'], problem: null },
        { name: 'ida.dyn.example', addresses: [], problem: 'no such name' },
        { name: 'eve.dyn.example', addresses: ['203.0.113.9', '2001:db8::9'], problem: 'no server answers' },
      ],
      databases: {
        countries: { file: '/etc/geo/countries.mmdb', built: '2025-03-01T00:00:00Z', problem: null },
        asn: { file: '/etc/geo/asn.mmdb', built: null, problem: 'there is no such file' },
      },
    }),
    now,
    plain,
  );
  expect(page.split('\n\n').at(-2)).toBe(
    `policy decided 12 allow, 900 deny; 2 grants are open: nftoggle grants
warning: countries: /etc/geo/countries.mmdb (of 2025-03-01, 10 months old): a newer one knows better
warning: ASN: /etc/geo/asn.mmdb (not readable): there is no such file
warning: ida.dyn.example has no address, so it lets nobody in (no such name)
warning: eve.dyn.example is taken for 203.0.113.9, 2001:db8::9, as it was last known (no server answers)`,
  );
});

it('says what wakes, for whom, and how long that takes as a rule', () => {
  const wake = {
    device: 'nas',
    by: 'minecraft',
    started: '2026-01-01T12:00:48Z',
    deadline: '2026-01-01T12:02:18Z',
    packets: 4,
    problem: null,
  };
  const waking = [
    wake,
    { ...wake, device: 'vm', by: 'ada', problem: '/usr/local/bin/on: no such\nfile' },
    // Its clock is a little ahead of ours.
    { ...wake, device: 'pc', started: '2026-01-01T12:01:01Z' },
  ];
  const devices = [
    { device: 'nas', expected: { median: 25.2, p95: 31.4, wakes: 12 } },
    { device: 'vm', expected: null },
    { device: 'pc', expected: { median: 300, p95: 310, wakes: 1 } },
  ];
  const page = statusPage(withWol({ waking, devices }), now, plain);
  expect(page.split('\n\n').at(-2)).toBe(
    `nas: waking for 12 s of about 25 s, for minecraft
vm: waking for 12 s of 90 s at most, for ada; /usr/local/bin/on: no such file
pc: waking for 0 s of about 5 min, for minecraft
CAN BE WOKEN  TAKES          95 % WITHIN  WAKES
nas           25 s           31 s         12
vm            not known yet
pc            5 min          5 min        1`,
  );
});

function withHooks(change: Partial<HooksStatus>): SystemStatus {
  const { hooks, ...rest } = aStatus();
  if (hooks === null) throw new TypeError('the fixture has hooks');
  return { ...rest, hooks: { ...hooks, ...change } };
}

function withStats(change: Partial<StatsStatus>): SystemStatus {
  const { stats, ...rest } = aStatus();
  if (stats === null) throw new TypeError('the fixture has stats');
  return { ...rest, stats: { ...stats, ...change } };
}

it('says which hooks fail, and that events were given up', () => {
  const phone = {
    hook: 'phone',
    kind: 'webhook',
    target: 'ntfy.example',
    delivered: 1_200,
    failed: 3,
    waiting: 4,
    problem: 'ntfy.example answered 503',
  } as const;
  const log = { ...phone, hook: 'log', delivered: 40, failed: 0, waiting: null, problem: null };
  const page = statusPage(withHooks({ hooks: [phone, log], letters: 2 }), now, plain);
  expect(page.split('\n\n').at(-2)).toBe(
    `2 hooks: 1,240 delivered, 3 failed, 4 waiting
warning: hook phone failed last: ntfy.example answered 503
warning: 2 events were given up: nftoggle hooks dead`,
  );
  const quiet = statusPage(withHooks({ hooks: [log], letters: 0 }), now, plain);
  expect(quiet.split('\n\n').at(-2)).toBe('1 hook: 40 delivered, 0 failed, 0 waiting');
});

it('says how far statistics are behind', () => {
  const late = statusPage(withStats({ waiting: 1_500, events: 1 }), now, plain);
  expect(late).toContain(
    'statistics: 1 event since 2025-11-02, 35 MB in /var/lib/nftoggle/stats.db; 1,500 more wait',
  );
  const empty = statusPage(withStats({ events: 0, oldest: null, bytes: 4_096 }), now, plain);
  expect(empty).toContain('statistics: 0 events, 4.1 kB in');
});

it('calls it a problem when hooks that are configured are silent, and a warning when none is', () => {
  const silent = statusPage({ ...aStatus(), healthy: false, hooks: null }, now, plain);
  expect(silent).toContain('guarding, but not everything answers\n');
  expect(silent).toContain('problem: hooks does not answer: what happens is told to nobody now');
  const idle = statusPage({ ...aStatus(), hooks: null }, now, plain);
  expect(idle).toContain('on gate: guarding\n');
  expect(idle).toContain('warning: hooks does not answer; no hook is configured');
});

it('is as healthy without stats, and says what that costs', () => {
  const page = statusPage({ ...aStatus(), stats: null }, now, plain);
  expect(page).toContain('on gate: guarding\n');
  expect(page).toContain('warning: stats does not answer: events wait for it, none is lost');
  expect(page).not.toContain('problem:');
});

it('says how many packets are held, how many of them wait for machines to wake, and the most of each', () => {
  const page = statusPage(withInterceptor({ held: 3, waking: 2 }), now, plain);
  expect(page).toContain('\nheld 3 of 4096, waking 2 of 1024 packets, by nft_queue\n');
});

it('says that nothing is woken while wol is silent, and which configuration it has not taken', () => {
  const page = statusPage({ ...aStatus(), healthy: false, wol: null }, now, plain);
  expect(page).toContain('guarding, but not everything answers\n');
  expect(page).toContain('\nproblem: wol does not answer: no device is woken\n');
  const refused = statusPage(withWol({ problem: 'nftoggle.yml:3:1: no' }), now, plain);
  expect(refused).toContain('problem: the newest configuration is not in force:\n  nftoggle.yml:3:1: no\n');
});
