// SPDX-License-Identifier: MIT
import type { ChargeReply } from '@nftoggle/contracts';
import type { OpenSession } from '../sessions.ts';

export type Balance = Extract<ChargeReply, { balances: unknown }>['balances'][number];

/** What is charged and what is told lie so far apart, in milliseconds. */
const slack = 1_000;

/** Sessions that have less left than their `until` was made from: somebody else uses the same account, too. */
export function spentSooner(
  sessions: readonly OpenSession[],
  balances: readonly Balance[],
  now: number,
): OpenSession[] {
  const lefts = new Map(balances.map(({ account, left }) => [account, left]));
  const isShort = (account: string, until: number): boolean => {
    const left = lefts.get(account) ?? null;
    return left !== null && (left <= 0 || now + left * 1_000 < until - slack);
  };
  return sessions.filter(
    ({ accounts, until }) => until > now && accounts.some((account) => isShort(account, until)),
  );
}
