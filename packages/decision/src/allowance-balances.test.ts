// SPDX-License-Identifier: MIT
import { AccountId, AllowanceBalance } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { accountsOf, allowanceBalances } from './allowance-balances.ts';
import { noAccounts } from './refusal.ts';
import { aPolicy, aWorld, moment, type WorldParts } from './world.fixture.ts';

const zone = 'Europe/Berlin';
const longName = `${'a.'.repeat(120)}example.net`;
const policy = aPolicy(`
version: 1
timezone: ${zone}
devices:
  console: { mac: 0c:fe:45:12:34:56 }
  tablet: { mac: 0c:fe:45:12:34:57 }
  tv: { mac: 0c:fe:45:12:34:59 }
people:
  leo: { devices: [console, tablet], allowance: { daily: 2h, weekly: 8h, uncharged: [sat 10:00-12:00], services: [minecraft, video] } }
  mia: { devices: [tv] }
groups: { children: [leo, mia] }
services:
  minecraft:
    ports: [25565/tcp]
    allow:
      - { from: [console, 203.0.113.0/24, "2001:db8::/32", tom.example], windows: [mon-fri 16:00-18:00], allowance: { daily: 1h } }
      - { from: console, allowance: { daily: 3h, uncharged: [sun 10:00-12:00] } }
  video: { ports: [443/udp], allow: [{ from: [children, ${longName}], allowance: { monthly: 10h } }] }
  ssh: { ports: [22/tcp], allow: [lan] }
`);
const noon = moment('2026-11-23 12:00', zone);

function balancesFor(who?: string, parts: WorldParts = {}, at = noon): AllowanceBalance[] {
  const list = allowanceBalances(policy, aWorld(parts), at, who);
  for (const balance of list) expect(AllowanceBalance.parse(balance)).toEqual(balance);
  return list;
}

describe('accounts', () => {
  it('are of people, and of each entry of a rule with an allowance, by names that are keys', () => {
    const names = [...policy.accounts.keys()];
    expect(names.slice(0, 5)).toEqual([
      'person.leo',
      'service.minecraft.console',
      'service.minecraft.203=2E0=2E113=2E0=2F24',
      'service.minecraft.2001=3Adb8=3A=3A=2F32',
      'service.minecraft.tom=2Eexample',
    ]);
    expect(names[6]).toMatch(/^service\.video\.==[0-9a-f]{64}$/);
    for (const name of names) expect(AccountId.parse(name)).toBe(name);
    expect(new Set(names).size).toBe(7);
  });

  it('say which services count, and have each limit that rules set', () => {
    expect(policy.accounts.get('person.leo')).toMatchObject({
      who: 'leo',
      service: null,
      services: ['minecraft', 'video'],
    });
    const console = policy.accounts.get('service.minecraft.console');
    expect(console).toMatchObject({ who: 'console', service: 'minecraft', services: ['minecraft'] });
    expect(console?.allowances.map(({ allowance }) => allowance.daily)).toEqual([3_600, 10_800]);
  });

  it.each([
    ['leo', ['person.leo', 'service.minecraft.console']],
    ['console', ['service.minecraft.console']],
    ['children', ['service.video.children']],
    ['203.0.113.0/24', ['service.minecraft.203=2E0=2E113=2E0=2F24']],
    ['2001:DB8:0::/32', ['service.minecraft.2001=3Adb8=3A=3A=2F32']],
    ['mia', []],
    ['nobody', []],
  ])('of %s are %j', (who, accounts) => {
    expect(accountsOf(policy, who).map(({ account }) => account)).toEqual(accounts);
  });

  it('that nobody has are refused with the reason', () => {
    expect(noAccounts(policy, 'mia')).toEqual({
      error: 'no_allowance',
      message: 'Nothing limits "mia" to an allowance.',
    });
    expect(noAccounts(policy, 'loe')).toEqual({
      error: 'unknown_name',
      message: '"loe" is not known. Did you mean "leo"?',
    });
    expect(noAccounts(policy, 'grandfather')).toMatchObject({
      error: 'unknown_name',
      message: expect.stringContaining('The people are: leo, mia.'),
    });
  });
});

describe('balances', () => {
  it('are told in seconds, period by period, and the least counts', () => {
    const used = { 'person.leo': { '2026-11-23': [90, 15] as const, '2026-11-22': 60 } };
    expect(balancesFor('leo', { used })[0]).toEqual({
      account: 'person.leo',
      who: 'leo',
      service: null,
      services: ['minecraft', 'video'],
      periods: [
        {
          period: 'daily',
          size: 7_200,
          bonus: 900,
          used: 5_400,
          left: 2_700,
          resets: '2026-11-23T23:00:00.000Z',
        },
        {
          period: 'weekly',
          size: 28_800,
          bonus: 900,
          used: 5_400,
          left: 24_300,
          resets: '2026-11-29T23:00:00.000Z',
        },
      ],
      left: 2_700,
      uncharged: false,
    });
  });

  it('are several where rules limit one account in several ways', () => {
    const used = { 'service.minecraft.console': { '2026-11-29': 90 } };
    const list = balancesFor('console', { used }, moment('2026-11-29 11:00', zone));
    expect(list.map(({ left, uncharged }) => ({ left, uncharged }))).toEqual([
      { left: 0, uncharged: false },
      { left: 5_400, uncharged: true },
    ]);
  });

  it('are all of them for nobody in particular, and none for somebody without', () => {
    expect(balancesFor().map(({ account }) => account)).toEqual([
      'person.leo',
      'service.minecraft.console',
      'service.minecraft.console',
      ...[...policy.accounts.keys()].slice(2),
    ]);
    expect(balancesFor('mia')).toEqual([]);
  });

  it('are none while it is not known what was used', () => {
    expect(balancesFor(undefined, { used: null })).toEqual([]);
  });
});
