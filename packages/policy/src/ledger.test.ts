// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import type { ChargeRequest, LedgerEntry } from '@nftoggle/contracts';
import { accountsOf, compilePolicy } from '@nftoggle/decision';
import { aLoaded, eventually } from '@nftoggle/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from './ledger.ts';
import { MemoryStore } from './memory-store.fixture.ts';
import { PermissionNews } from './news.ts';
import { Published } from './published.fixture.ts';

const text = `
version: 1
timezone: Europe/Berlin
devices:
  console: { mac: 02:00:00:00:01:40 }
  tablet: { mac: 02:00:00:00:01:10 }
people:
  leo:
    role: child
    devices: [console, tablet]
    allowance: { daily: 2h, weekly: 10h, warn_before: [10m, 2m] }
services:
  play:
    ports: [3478/udp]
    direction: out
    allow:
      - { from: [console], allowance: { daily: 1h } }
      - { from: [tablet], allowance: { daily: 3h, uncharged: [mon-sun 12:00-13:00] } }
`;

const policy = compilePolicy(aLoaded(text));
const [leo, box, tablet] = ['person.leo', 'service.play.console', 'service.play.tablet'] as const;
/** A Wednesday in winter: 19:00 in Berlin. */
const evening = Date.parse('2026-01-14T18:00:00Z');
const meter = randomUUID();

let store: MemoryStore<LedgerEntry>;
let heard: Published;
let clock: { now: number; problem: string | null };
let ledger: Ledger;

function aLedger(on = store): Ledger {
  return new Ledger({
    store: on,
    policy: () => policy,
    clock: { peek: () => clock.problem, chargeTime: () => clock.now },
    publish: heard.publish,
    news: new PermissionNews(heard.publish),
  });
}

beforeEach(() => {
  store = new MemoryStore();
  heard = new Published();
  clock = { now: evening, problem: null };
  ledger = aLedger();
});

/** Use in the minutes before `clock.now`. */
function used(sequence: number, minutes: Readonly<Record<string, number>>, changes = {}): ChargeRequest {
  const to = clock.now;
  return {
    meter,
    sequence,
    from: new Date(to - 60 * 60_000).toISOString(),
    to: new Date(to).toISOString(),
    charges: Object.entries(minutes).map(([account, count]) => ({ account, seconds: count * 60 })),
    ...changes,
  };
}

const left = (account: string, minutes: number) => ({ account, left: minutes * 60 });
const ofDay = (day: string, account = leo as string) => store.get(account)?.value.days[day];

describe('the ledger', () => {
  it('charges each account and tells what is left of it', async () => {
    expect(await ledger.charge(used(1, { [leo]: 30, [box]: 20 }))).toEqual({
      balances: [left(leo, 90), left(box, 40)],
    });
    expect(await ledger.charge(used(2, { [leo]: 100 }))).toEqual({ balances: [left(leo, 0)] });
    expect(ofDay('2026-01-14')).toEqual({ used: 130 * 60_000, bonus: 0 });
  });

  it('charges a repeated request once, and what failed of it the first time', async () => {
    await ledger.charge(used(1, { [leo]: 30 }));
    const again = await ledger.charge(used(1, { [leo]: 30, [box]: 20 }));
    expect(again).toEqual({ balances: [left(leo, 90), left(box, 40)] });
    await ledger.charge(used(2, { [leo]: 30 }));
    expect(await ledger.charge(used(1, { [leo]: 30 }))).toEqual({ balances: [left(leo, 60)] });
    const other = { meter: randomUUID() };
    expect(await ledger.charge(used(1, { [leo]: 10 }, other))).toEqual({ balances: [left(leo, 50)] });
  });

  it('puts back what the storage of the bus has lost, and counts on from there', async () => {
    await ledger.charge(used(1, { [leo]: 110, [box]: 60 }));
    const other = aLedger();
    await Promise.all([leo, box].map((id) => store.remove(id, store.get(id)?.revision ?? 0)));
    expect(ledger.entry(box)).toMatchObject({ days: { '2026-01-14': { used: 60 * 60_000 } } });
    const charged = await ledger.charge(used(2, { [leo]: 5 }));
    expect(charged).toEqual({ balances: [left(leo, 5)] });
    await eventually(() => ofDay('2026-01-14', box)?.used === 60 * 60_000);
    expect(ofDay('2026-01-14')).toEqual({ used: 115 * 60_000, bonus: 0 });
    expect(other.entry(leo)).toEqual(ledger.entry(leo));
    expect(await other.charge(used(1, { [leo]: 110 }))).toEqual({ balances: [left(leo, 5)] });
  });

  it('charges nothing to an account whose rule is gone', async () => {
    const reply = await ledger.charge(used(1, { 'service.play.gone': 5, [leo]: 5 }));
    expect(reply).toEqual({ balances: [{ account: 'service.play.gone', left: null }, left(leo, 115)] });
    expect(store.get('service.play.gone')).toBeUndefined();
  });

  it('leaves out the part of the span that is not charged', async () => {
    clock.now = Date.parse('2026-01-14T12:30:00Z');
    expect(await ledger.charge(used(1, { [tablet]: 60, [leo]: 60 }))).toEqual({
      balances: [left(tablet, 150), left(leo, 60)],
    });
  });

  it('says that it is not ready while the store is not, and charges the repeated request', async () => {
    store.ready = false;
    expect(await ledger.charge(used(1, { [leo]: 30 }))).toMatchObject({ error: 'not_ready' });
    store.ready = true;
    expect(await ledger.charge(used(1, { [leo]: 30 }))).toEqual({ balances: [left(leo, 90)] });
  });

  it('says that it is not ready when one account could not be charged, and charges the rest of it later', async () => {
    const put = store.put.bind(store);
    store.put = async (key, value, revision) => {
      if (key !== box) return put(key, value, revision);
      store.ready = false;
      return put(key, value, revision);
    };
    expect(await ledger.charge(used(1, { [leo]: 30, [box]: 20 }))).toMatchObject({ error: 'not_ready' });
    store.put = put;
    store.ready = true;
    const again = await ledger.charge(used(1, { [leo]: 30, [box]: 20 }));
    expect(again).toEqual({ balances: [left(leo, 90), left(box, 40)] });
  });

  it('loses nothing of what two replicas charge at once', async () => {
    const other = aLedger();
    const meters = [ledger, other].map(async (replica) => {
      const id = randomUUID();
      for (let count = 1; count <= 50; count += 1) {
        await replica.charge(used(count, { [leo]: 0.1, [box]: 0.1 }, { meter: id }));
      }
    });
    await Promise.all(meters);
    expect(ofDay('2026-01-14')?.used).toBe(10 * 60_000);
    expect(ofDay('2026-01-14', box)?.used).toBe(10 * 60_000);
  });
});

describe('the day that the ledger charges', () => {
  it('is that of the span, and each its share of one over midnight', async () => {
    clock.now = Date.parse('2026-01-15T00:00:00Z'); // 01:00 in Berlin
    await ledger.charge(used(1, { [leo]: 40 }, { from: '2026-01-14T22:00:00Z' }));
    expect(ofDay('2026-01-14')?.used).toBe(20 * 60_000);
    expect(ofDay('2026-01-15')?.used).toBe(20 * 60_000);
  });

  it('is a day before, for use that had to wait for the bus', async () => {
    const late = used(1, { [leo]: 40 });
    clock.now += 2 * 86_400_000;
    expect(await ledger.charge(late)).toEqual({ balances: [left(leo, 120)] });
    expect(ofDay('2026-01-14')?.used).toBe(40 * 60_000);
  });

  it.each([
    ['was measured by a clock that is not believed', 'the clock was set', '2026-01-13T18:00:00Z'],
    ['was measured before the clock was set', null, '1970-01-01T00:05:00Z'],
    ['has not been yet', null, '2026-03-01T12:00:00Z'],
  ])('is today where the span %s', async (_, problem, to) => {
    clock.problem = problem;
    const from = new Date(Date.parse(to) - 60_000).toISOString();
    expect(await ledger.charge(used(1, { [leo]: 1 }, { from, to }))).toEqual({ balances: [left(leo, 119)] });
    expect(Object.keys(store.get(leo)?.value.days ?? {})).toEqual(['2026-01-14']);
  });
});

describe('the events of the ledger', () => {
  it('warn once at each mark, and once when nothing is left', async () => {
    const spent = [60, 49, 2, 5, 2, 1, 5, 5]; // minutes left: 60 11 9 4 2 1 0 0
    for (const [index, minutes] of spent.entries()) await ledger.charge(used(index + 1, { [leo]: minutes }));
    await ledger.charge(used(spent.length, { [leo]: 5 }));
    const resets = '2026-01-14T23:00:00.000Z';
    const event = (minutes: number) => ({ account: leo, who: 'leo', left: minutes * 60, resets });
    expect(heard.of('allowance_low')).toEqual([event(9), event(2)]);
    expect(heard.of('allowance_spent')).toEqual([event(0)]);
  });

  it('warn once of two marks that are passed at once', async () => {
    await ledger.charge(used(1, { [leo]: 119 }));
    expect(heard.of('allowance_low')).toMatchObject([{ left: 60 }]);
  });

  it('come once from two replicas that charge at once', async () => {
    const other = aLedger();
    for (let count = 1; count <= 62; count += 1) {
      await Promise.all([
        ledger.charge(used(count, { [leo]: 1 })),
        other.charge(used(count, { [leo]: 1 }, { meter: '7d0d2f1e-6d5b-4c3a-8f2e-1a2b3c4d5e6f' })),
      ]);
    }
    expect(heard.types).toEqual(['allowance_low', 'allowance_low', 'allowance_spent']);
  });

  it('tell the interceptor when an account is spent, and not of each charge', async () => {
    await ledger.charge(used(1, { [leo]: 30, [box]: 59 }));
    await ledger.charge(used(2, { [box]: 1 }));
    await eventually(() => heard.of('permissions_changed').length > 0);
    expect(heard.of('permissions_changed')).toEqual([{ because: 'allowance', services: ['play'] }]);
  });
});

describe('a bonus', () => {
  const ofLeo = accountsOf(policy, 'leo');

  it('counts toward every allowance of that person, and of their devices, today', async () => {
    await ledger.charge(used(1, { [leo]: 120, [box]: 60 }));
    await ledger.addBonus(ofLeo, 1_800);
    const charged = await ledger.charge(used(2, { [leo]: 10, [box]: 10, [tablet]: 10 }));
    expect(charged).toEqual({ balances: [left(leo, 20), left(box, 20), left(tablet, 200)] });
    clock.now += 86_400_000;
    expect(await ledger.charge(used(3, { [leo]: 10 }))).toEqual({ balances: [left(leo, 110)] });
  });

  it('is given once, however often a write has to be tried', async () => {
    const other = aLedger();
    const charges = Array.from({ length: 30 }, (_, index) => other.charge(used(index + 1, { [leo]: 1 })));
    const bonuses = Array.from({ length: 10 }, () => ledger.addBonus(accountsOf(policy, 'leo'), 60));
    await Promise.all([...charges, ...bonuses]);
    expect(ofDay('2026-01-14')).toEqual({ used: 30 * 60_000, bonus: 10 * 60_000 });
  });

  it('is no bonus but a penalty when it is negative, and can use an allowance up', async () => {
    await ledger.addBonus(ofLeo, -3_600);
    expect(await ledger.charge(used(1, { [leo]: 10 }))).toEqual({ balances: [left(leo, 50)] });
    expect(heard.of('allowance_spent')).toMatchObject([{ account: box, who: 'console' }]);
  });

  it('tells the interceptor', async () => {
    await ledger.addBonus(accountsOf(policy, 'tablet'), 600);
    await eventually(() => heard.of('permissions_changed').length > 0);
    expect(heard.of('permissions_changed')).toEqual([{ because: 'allowance', services: ['play'] }]);
  });
});
