// SPDX-License-Identifier: MIT
// Small homes with much going on in time: windows, allowances, expiries, countries and grants that meet often,
// around both clock changes of a year.
import { formatNetwork, localDate, type Network, parseAddress, parseNetwork, widen } from '@nftoggle/config';
import type { Decision, FlowSource } from '@nftoggle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sender } from './asker.ts';
import { chargesByDay } from './charge-split.ts';
import type { CompiledPolicy } from './compile.ts';
import { type Case, failure } from './conditions.ts';
import { decide } from './decide.ts';
import { explain } from './explain.ts';
import { charge } from './ledger-entry.ts';
import { firstEntry, walk } from './walk.ts';
import { aGrant, aPolicy, aWorld, moment } from './world.fixture.ts';
import type { World } from './world.ts';

const zone = 'Europe/Berlin';
const hour = 3_600_000;
const days = ['2026-03-28', '2026-03-29', '2026-03-30', '2026-10-24', '2026-10-25', '2026-10-26'];
const instant = fc
  .tuple(fc.constantFrom(...days), fc.nat(2 * 24 * 60 * 4))
  .map(([day, quarters]) => moment(`${day} 00:00`, zone) + quarters * 15_000);

const window = fc.constantFrom(
  'mon-fri 16:00-18:00',
  'sat-sun 10:00-22:00',
  '22:00-06:00',
  '02:15-02:45',
  '00:00-24:00',
  'sun 01:30-03:30',
  '20:00-24:00',
);
const windows = fc.array(window, { minLength: 1, maxLength: 2 });
const minutes = fc.constantFrom('0', '10m', '1h', '3h');
const allowance = fc.record(
  { daily: minutes, weekly: fc.constantFrom('2h', '9h'), uncharged: windows },
  { requiredKeys: ['daily'] },
);
const source = fc.constantFrom(
  'console',
  'leo',
  'children',
  'lan',
  'any',
  'any',
  'any',
  '192.168.1.0/25',
  'country:DE',
  'tom.example',
);
const conditions = {
  from: fc.array(source, { minLength: 1, maxLength: 2 }).map((list) => [...new Set(list)]),
  countries: fc.constantFrom(['DE'], ['FR', 'BE']),
  windows,
  expires: fc.constantFrom('2026-03-29T02:30', '2026-03-31T12:00', '2026-10-27T02:30', '2026-10-28T19:00'),
};
/** So many times in ten. JSON leaves out what is undefined. */
function sometimes<T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: times, arbitrary }, { weight: 10 - times, arbitrary: fc.constant(undefined) });
}
const denyRule = fc.record({
  from: conditions.from,
  windows: sometimes(9, windows),
  countries: sometimes(2, conditions.countries),
  expires: sometimes(2, conditions.expires),
});
const allowRule = fc.record({
  from: conditions.from,
  windows: sometimes(5, windows),
  countries: sometimes(2, conditions.countries),
  expires: sometimes(4, conditions.expires),
  allowance: sometimes(5, allowance),
});
const home = fc.record({
  version: fc.constant(1),
  timezone: fc.constant(zone),
  metering: fc.constantFrom({}, { day_starts: '04:00' }),
  kernel: fc.record({ ipv6_prefix: fc.constantFrom(48, 60, 64, 128) }),
  devices: fc.constant({
    console: { address: ['192.168.1.40', '2001:db8:0:1::40'] },
    tablet: { mac: '02:00:00:00:00:02' },
  }),
  people: fc.record({
    leo: fc.record({ devices: fc.constant(['console', 'tablet']), allowance }, { requiredKeys: ['devices'] }),
  }),
  groups: fc.constant({ children: ['leo', '192.168.1.41', '2001:db8:0:1::41'] }),
  services: fc.record({
    game: fc.record({
      ports: fc.constant(['1/tcp']),
      open_for: fc.constantFrom('20m', '48h', '96h', '96h'),
      deny: fc.array(denyRule, { maxLength: 2 }),
      allow: fc.array(allowRule, { minLength: 1, maxLength: 4 }),
    }),
  }),
});

const places = {
  '203.0.113.0/24': 'DE',
  '2001:db8:0:1::/64': 'DE',
  '2001:db8:0:1:8000::/65': 'FR',
  '2001:db8::/47': 'BE',
};
const names = { 'tom.example': ['198.51.100.7', '2001:db8:0:2::7'] };
const account = fc.constantFrom(
  'person.leo',
  'service.game.leo',
  'service.game.console',
  'service.game.any',
  'service.game.lan',
);
const used = fc.dictionary(
  account,
  fc.dictionary(fc.constantFrom(...days), fc.tuple(fc.nat(200), fc.integer({ min: -60, max: 60 }))),
);
const grant = fc
  .tuple(fc.constantFrom('leo', 'any', '2001:db8:0:1::41', 'lan', 'nobody'), instant)
  .map(([who, until]) => aGrant('game', who, new Date(until).toISOString()));
const parts = fc.record({
  used,
  grants: fc.array(grant, { maxLength: 2 }),
  clockProblem: fc.constantFrom(null, null, null, 'it is wrong'),
});
/** Nothing was used yet on days to come, and nobody changed their allowances. */
const scene = fc.tuple(instant, parts).map(([now, { used, ...others }]) => {
  const today = localDate(zone, now - 4 * hour);
  const soFar = Object.entries(used).map(([id, spent]) => {
    return [id, Object.fromEntries(Object.entries(spent).filter(([day]) => day <= today))] as const;
  });
  return { now, world: aWorld({ ...others, used: Object.fromEntries(soFar), places, names }) };
});
const sender = fc.constantFrom<FlowSource>(
  { address: '192.168.1.40' },
  { address: '192.168.1.41' },
  { address: '192.168.1.99', mac: '02:00:00:00:00:02' },
  { address: '192.168.1.200' },
  { address: '203.0.113.9' },
  { address: '198.51.100.7' },
  { address: '192.168.1.40', outside: true },
  { address: '2001:db8:0:1::40' },
  { address: '2001:db8:0:1::99' },
);

function policyOf(file: unknown): CompiledPolicy {
  return aPolicy(JSON.stringify(file));
}

function caseOf(policy: CompiledPolicy, world: World, { address, mac, outside }: FlowSource): Case {
  const service = policy.services.get('game') ?? expect.unreachable();
  const asker = new Sender(policy, world, parseAddress(address), mac, outside);
  return { policy, service, asker, world, periods: policy.periods };
}

/** The world after its accounts were used from `from` to `to` without a break. */
function afterUse(
  policy: CompiledPolicy,
  world: World,
  accounts: readonly string[],
  from: number,
  to: number,
): World {
  const { ledger } = world;
  if (ledger === null) return world;
  return {
    ...world,
    ledger: (id) => {
      const uncharged = policy.accounts.get(id)?.allowances.map((limit) => limit.uncharged) ?? [];
      const charges = chargesByDay({ from, to }, to - from, policy.periods, uncharged);
      return accounts.includes(id) ? (charge(ledger(id), 'meter', 1, charges) ?? undefined) : ledger(id);
    },
  };
}

describe('a permission', () => {
  it('holds until its end, and ends for the reason that it names', () => {
    const bounds = new Map<string, number>();
    fc.assert(
      fc.property(home, scene, sender, (file, { world, now }, source) => {
        const policy = policyOf(file);
        const question = { service: 'game', source };
        const answer = decide(policy, world, question, now);
        if (answer.until === null) return;
        const until = Date.parse(answer.until);
        expect(until).toBeGreaterThan(now);
        const openFor = policy.services.get('game')?.openFor ?? 0;
        expect(until).toBeLessThanOrEqual(now + openFor * 1_000);
        const late = afterUse(policy, world, answer.accounts, now, until - 1);
        expect(decide(policy, late, question, until - 1).decision).toBe('allow');
        bounds.set(answer.bound ?? '', (bounds.get(answer.bound ?? '') ?? 0) + 1);
        expectEnd(policy, afterUse(policy, world, answer.accounts, now, until), source, answer, until);
      }),
      { numRuns: 1_500 },
    );
    expect([...bounds.keys()].sort()).toEqual([
      'allowance',
      'grant_end',
      'rule_expiry',
      'session_time',
      'window_end',
    ]);
  });

  it('is not past the end of anything that bounds it', () => {
    fc.assert(
      fc.property(
        home,
        scene,
        sender,
        fc.array(fc.nat(1_000), { minLength: 20 }),
        (file, { world, now }, source, parts) => {
          const policy = policyOf(file);
          const question = { service: 'game', source };
          const { until, accounts, rule } = decide(policy, world, question, now);
          if (until === null) return;
          for (const part of parts) {
            const at = now + Math.floor(((Date.parse(until) - now - 1) * part) / 1_000);
            const used = afterUse(policy, world, accounts, now, at);
            const then = decide(policy, used, question, at);
            // Allowed by the same rule, or by one before it whose time has come meanwhile.
            expect(then.decision).toBe('allow');
            if (then.rule === rule && then.bound !== 'session_time' && then.bound !== 'allowance') {
              expect(Date.parse(then.until ?? '')).toBeGreaterThanOrEqual(Date.parse(until));
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

function expectEnd(
  policy: CompiledPolicy,
  world: World,
  source: FlowSource,
  answer: Decision,
  until: number,
): void {
  const kase = caseOf(policy, world, source);
  const outcome = walk(kase, until);
  switch (answer.bound) {
    case 'session_time':
      return;
    case 'grant_end':
      expect(outcome.kind === 'granted' && outcome.grant.grant.until === answer.until).toBe(false);
      return;
    case 'window_end':
      if (outcome.kind === 'denied') return;
      expect(failureOf(kase, answer, until)).toBe('outside_window');
      return;
    case 'rule_expiry':
      if (outcome.kind !== 'denied') expect(failureOf(kase, answer, until)).toBe('rule_expired');
      return;
    default: {
      if (outcome.kind === 'denied') return;
      // Renewed where a new period has begun meanwhile, or use is not charged.
      const failed = failureOf(kase, answer, until);
      if (failed !== null) expect(failed).toBe('allowance_spent');
    }
  }
}

function failureOf(kase: Case, answer: Decision, at: number) {
  const rule = kase.service.allow.find(({ path }) => path === answer.rule) ?? expect.unreachable();
  const entry = firstEntry(rule, kase) ?? expect.unreachable();
  return failure(kase, rule, entry, at);
}

describe('what is said of a denial', () => {
  it('is the first instant at which the source is let in, and the rule that lets it in', () => {
    let foreseen = 0;
    fc.assert(
      fc.property(
        home,
        scene,
        sender,
        fc.array(fc.nat(100_000), { minLength: 10 }),
        (file, { world, now }, source, parts) => {
          const policy = policyOf(file);
          const question = { service: 'game', source };
          const answer = decide(policy, world, question, now);
          if (answer.decision === 'allow') return;
          const next = answer.next_allowed === null ? null : Date.parse(answer.next_allowed);
          if (next !== null) {
            foreseen += 1;
            const then = decide(policy, world, question, next);
            expect(then.decision).toBe('allow');
            if (answer.reason !== 'rule_denies') expect(then.rule).toBe(answer.rule);
          }
          const end = next ?? now + 10 * 24 * hour;
          const probes = [
            end - 1,
            ...parts.map((part) => now + Math.floor(((end - now - 1) * part) / 100_000)),
            ...edges(now, end),
          ];
          for (const at of probes) {
            expect({
              at: new Date(at),
              decision: decide(policy, world, question, at).decision,
            }).toMatchObject({ decision: 'deny' });
          }
        },
      ),
      { numRuns: 250 },
    );
    expect(foreseen).toBeGreaterThan(25);
  });

  it('is a rule that fails, for the reason that is given', () => {
    fc.assert(
      fc.property(home, scene, sender, (file, { world, now }, source) => {
        const policy = policyOf(file);
        const answer = decide(policy, world, { service: 'game', source }, now);
        const kase = caseOf(policy, world, source);
        if (answer.decision === 'allow' || answer.reason === 'rule_denies') return;
        const concerned = kase.service.allow.filter((rule) => firstEntry(rule, kase) !== null);
        if (answer.reason === 'no_rule') {
          expect(concerned).toEqual([]);
          return;
        }
        expect(failureOf(kase, answer, now)).toBe(answer.reason);
        if (answer.next_allowed === null) expect(concerned[0]?.path).toBe(answer.rule);
      }),
      { numRuns: 500 },
    );
  });
});

/** Whole and half hours, at which windows begin: those next to `from`, and those next to `to`. */
function edges(from: number, to: number): readonly number[] {
  const first = Math.ceil((from + 1) / (hour / 4)) * (hour / 4);
  const all = Array.from({ length: 24 }, (_, index) => first + (index * hour) / 4);
  const last = Array.from(
    { length: 24 },
    (_, index) => Math.floor(to / (hour / 4)) * (hour / 4) - (index * hour) / 4,
  );
  return [...all, ...last].filter((at) => at > from && at < to);
}

describe('every decision', () => {
  it('is explained as it is made', () => {
    fc.assert(
      fc.property(home, scene, sender, (file, { world, now }, { address }) => {
        const policy = policyOf(file);
        const decision = decide(policy, world, { service: 'game', source: { address } }, now);
        const explanation = explain(
          policy,
          world,
          { service: 'game', source: address, at: new Date(now).toISOString() },
          0,
        );
        expect(explanation).toMatchObject({ ...decision, at: new Date(now).toISOString() });
        if ('error' in explanation) throw new Error(explanation.message);
        const by = decision.grant === null ? decision.rule : `grant ${decision.grant}`;
        const last = explanation.checks.at(-1);
        if (decision.decision === 'allow' || decision.reason === 'rule_denies') {
          expect(last).toMatchObject({ rule: by, passed: true });
        } else if (last !== undefined) expect(last.passed).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order of allow rules with the same conditions and sources apart', () => {
    const rules = fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 2, maxLength: 5 });
    const { from: _, ...others } = conditions;
    const sameConditions = fc.record({ ...others, allowance }, { requiredKeys: [] });
    fc.assert(
      fc.property(home, scene, rules, sameConditions, fc.nat(15), (file, { world, now }, parts, same, at) => {
        const answers = [parts, parts.toReversed()].map((list) => {
          const allow = list.map((part) => ({ ...same, from: `192.168.1.${part * 16}/28` }));
          const services = { game: { ...file.services.game, allow } };
          const question = { service: 'game', source: { address: `192.168.1.${at * 16 + 3}` } };
          const {
            rule: _rule,
            revision: _revision,
            ...answer
          } = decide(policyOf({ ...file, services }), world, question, now);
          return answer;
        });
        expect(answers[0]).toEqual(answers[1]);
      }),
      { numRuns: 200 },
    );
  });

  it('looks up where an address is once at most, and nothing for who is in no country', () => {
    fc.assert(
      fc.property(home, scene, sender, (file, { world, now }, source) => {
        const asked: Network[] = [];
        const counting = {
          ...world,
          placeOf: (address: Network) => {
            asked.push(address);
            return world.placeOf(address);
          },
        };
        decide(policyOf(file), counting, { service: 'game', source }, now);
        const atHome = source.outside === true || source.address.startsWith('192.168.');
        expect(asked.length).toBeLessThanOrEqual(atHome ? 0 : 1);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same for every address of the prefix that it holds for', () => {
    let widened = 0;
    const v6 = fc
      .tuple(
        fc.constantFrom('2001:db8:0:1::', '2001:db8:0:2::', '2001:db8:0:3::', '2001:db8:ff:3::', 'fd00::'),
        fc.bigInt(0n, (1n << 64n) - 1n),
      )
      .map(
        ([network, host]) =>
          ({ family: 6, prefix: 128, base: (parseNetwork(network)?.base ?? 0n) | host }) as const,
      );
    const hosts = fc.array(fc.bigInt(0n, (1n << 128n) - 1n), { minLength: 4, maxLength: 8 });
    fc.assert(
      fc.property(home, scene, v6, hosts, fc.boolean(), (file, { world, now }, address, hosts, outside) => {
        // A device that is known by a hardware address could have any address: then nothing is wider than one.
        const devices = { ...file.devices, tablet: { address: '192.168.1.42' } };
        const policy = policyOf({ ...file, devices });
        const ask = (at: Network) => {
          const source = { address: formatNetwork(at), ...(outside ? { outside: true as const } : {}) };
          return decide(policy, world, { service: 'game', source }, now);
        };
        const answer = ask(address);
        if (answer.prefix === 128) return;
        widened += 1;
        const hostMask = (1n << BigInt(128 - answer.prefix)) - 1n;
        const { base } = widen(address, answer.prefix);
        for (const host of [0x40n, 0x41n, 0x7n, 1n << 63n, 0n, hostMask, ...hosts]) {
          expect(ask({ ...address, base: base | (host & hostMask) })).toEqual(answer);
        }
      }),
      { numRuns: 1_500 },
    );
    expect(widened).toBeGreaterThan(300);
  });
});
