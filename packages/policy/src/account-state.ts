// SPDX-License-Identifier: MIT
// What an entry of the ledger means for an account: what is left, and what a change of the entry crossed.

import type { EventData, LedgerEntry } from '@nftoggle/contracts';
import {
  type Balance,
  balances,
  type CompiledAccount,
  leastLeft,
  type PeriodCalendar,
} from '@nftoggle/decision';

/** An account at a moment. */
export interface AccountMoment {
  readonly account: CompiledAccount;
  readonly periods: PeriodCalendar;
  readonly now: number;
}

interface Tightest {
  readonly balance: Balance;
  /** In milliseconds, most first. */
  readonly marks: readonly number[];
}

/** Milliseconds that are left by the allowance that leaves least. */
export function leftOf(moment: AccountMoment, entry: LedgerEntry | undefined): number {
  return tightest(moment, entry).balance.left;
}

export interface Crossing {
  readonly type: 'allowance_low' | 'allowance_spent';
  readonly data: EventData<'allowance_low'>;
}

/** What the change from one entry to another crossed: the end, or else one or more marks; null for neither. */
export function crossing(
  moment: AccountMoment,
  before: LedgerEntry | undefined,
  after: LedgerEntry | undefined,
): Crossing | null {
  const had = leftOf(moment, before);
  const { balance, marks } = tightest(moment, after);
  const { account, who } = moment.account;
  const resets = new Date(balance.resets).toISOString();
  const data = { account, who, left: balance.left / 1_000, resets };
  if (had > 0 && balance.left === 0) return { type: 'allowance_spent', data };
  const crossed = marks.some((mark) => had > mark && balance.left <= mark);
  return crossed && balance.left > 0 ? { type: 'allowance_low', data } : null;
}

/** Does the change make another thing of what is allowed, by a bonus or because an allowance is spent now? */
export function isNews(
  moment: AccountMoment,
  before: LedgerEntry | undefined,
  after: LedgerEntry | undefined,
): boolean {
  if (bonusOf(before) !== bonusOf(after)) return true;
  const { account, periods, now } = moment;
  return account.allowances.some(({ allowance }) => {
    const [had, has] = [before, after].map(
      (entry) => leastLeft(balances(allowance, entry, periods, now)).left,
    );
    return (had === 0) !== (has === 0);
  });
}

function tightest({ account, periods, now }: AccountMoment, entry: LedgerEntry | undefined): Tightest {
  const [first, ...others] = account.allowances.map(({ allowance }) => ({
    balance: leastLeft(balances(allowance, entry, periods, now)),
    marks: allowance.warnBefore.map((seconds) => seconds * 1_000),
  }));
  if (first === undefined) throw new TypeError(`${account.account} has no allowance`);
  return others.reduce((least, other) => (other.balance.left < least.balance.left ? other : least), first);
}

/** Days are forgotten, but only oldest first: the same bonus, day by day, as one text. */
function bonusOf(entry: LedgerEntry | undefined): string {
  const days = Object.entries(entry?.days ?? {}).filter(([, { bonus }]) => bonus !== 0);
  return days.map(([day, { bonus }]) => `${day} ${bonus}`).join();
}
