// SPDX-License-Identifier: MIT
import { ChargeRequest } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { ChargeBacklog } from './charge-backlog.ts';

const meter = '7b8a1a52-3d8e-4c6b-9a51-0d8c7e1f2a33';
const leo = 'person.leo';
const aSpan = (from: number, to = from + 10_000, accounts = [leo]) => ({
  from,
  to,
  used: new Map(accounts.map((account) => [account, to - from])),
});

/** Everything that is in it, as it would be told. */
function drain(backlog: ChargeBacklog): ChargeRequest[] {
  const told: ChargeRequest[] = [];
  for (let next = backlog.next(); next !== undefined; next = backlog.next()) {
    told.push(ChargeRequest.parse(next));
    backlog.answered();
  }
  return told;
}
const secondsOf = (told: readonly ChargeRequest[], account = leo): number =>
  told
    .flatMap(({ charges }) => charges)
    .filter((charge) => charge.account === account)
    .reduce((sum, { seconds }) => sum + seconds, 0);

describe('a backlog of charges', () => {
  it('tells them in order, each with a sequence of its own', () => {
    const backlog = new ChargeBacklog(meter);
    for (const from of [0, 10_000, 20_000]) backlog.add(aSpan(from));
    const told = drain(backlog);
    expect(told.map(({ sequence, from }) => [sequence, Date.parse(from)])).toEqual([
      [1, 0],
      [2, 10_000],
      [3, 20_000],
    ]);
    expect(told[0]).toEqual({
      meter,
      sequence: 1,
      from: '1970-01-01T00:00:00.000Z',
      to: '1970-01-01T00:00:10.000Z',
      charges: [{ account: leo, seconds: 10 }],
    });
    expect(backlog.isEmpty).toBe(true);
  });

  it('repeats the very same until it is answered, whatever comes meanwhile', () => {
    const backlog = new ChargeBacklog(meter);
    backlog.add(aSpan(0));
    const first = backlog.next();
    for (let i = 1; i <= 3_000; i++) backlog.add(aSpan(i * 10_000));
    expect(backlog.next()).toBe(first);
    backlog.answered();
    expect(backlog.next()).toMatchObject({ sequence: 2 });
  });

  it('keeps little of a long outage, and no second of it is lost', () => {
    const backlog = new ChargeBacklog(meter);
    backlog.add(aSpan(0));
    backlog.next();
    const week = (7 * 86_400) / 10;
    for (let i = 1; i < week; i++) backlog.add(aSpan(i * 10_000));
    expect(backlog.waiting).toBeLessThanOrEqual(720);
    const told = drain(backlog);
    expect(secondsOf(told)).toBe(7 * 86_400);
    const lengths = told.map(({ from, to }) => Date.parse(to) - Date.parse(from));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(3_600_000);
    expect(told.map(({ from }) => Date.parse(from))).toEqual(
      told.map(({ from }) => Date.parse(from)).toSorted((a, b) => a - b),
    );
  });

  it('keeps accounts apart that were used at different times', () => {
    const backlog = new ChargeBacklog(meter);
    for (let i = 0; i < 2_000; i++)
      backlog.add(aSpan(i * 10_000, (i + 1) * 10_000, [i % 4 === 0 ? leo : 'person.mia']));
    const told = drain(backlog);
    expect([secondsOf(told), secondsOf(told, 'person.mia')]).toEqual([5_000, 15_000]);
  });

  it('makes several requests of more accounts than a message holds', () => {
    const backlog = new ChargeBacklog(meter);
    const accounts = Array.from({ length: 1_000 }, (_, i) => `service.ssh.${i}`);
    backlog.add(aSpan(0, 10_000, accounts));
    const told = drain(backlog);
    expect(told.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(told.flatMap(({ charges }) => charges).map(({ account }) => account)).toEqual(accounts);
  });

  it('has nothing to tell of a span without use', () => {
    const backlog = new ChargeBacklog(meter);
    backlog.add(aSpan(0, 10_000, []));
    expect(backlog.isEmpty).toBe(true);
    expect(backlog.next()).toBeUndefined();
  });
});
