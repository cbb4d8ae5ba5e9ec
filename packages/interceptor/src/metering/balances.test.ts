// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { aSession, network } from '../session.fixture.ts';
import { spentSooner } from './balances.ts';

const session = aSession({ accounts: ['person.leo', 'service.ssh.console'], until: 60_000 });
const ask = (left: number | null, account = 'person.leo', now = 0) =>
  spentSooner([session, aSession({ covers: network('192.0.2.9') })], [{ account, left }], now);

describe('a session is asked about before its time', () => {
  it('when an account of it is spent', () => {
    expect(ask(0)).toEqual([session]);
    expect(ask(0, 'service.ssh.console')).toEqual([session]);
  });

  it('when an account of it has less left than its time was made from', () => {
    expect(ask(30)).toEqual([session]);
    expect(ask(30, 'person.leo', 30_000)).toEqual([]);
  });

  it('and not when it has more, no limit, or nothing to do with it', () => {
    expect([ask(59.5), ask(61), ask(null), ask(0, 'person.mia')]).toEqual([[], [], [], []]);
  });

  it('nor when its time is over already, so that it is asked about in any case', () => {
    expect(ask(0, 'person.leo', 60_000)).toEqual([]);
  });
});
