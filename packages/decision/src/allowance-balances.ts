// SPDX-License-Identifier: MIT
// What is used and left of allowances, for people. The sums are those that decisions are made by.
import type { AllowanceBalance, PeriodBalance } from '@nftoggle/contracts';
import type { CompiledAccount } from './account.ts';
import { type Balance, balances, leastLeft } from './balance.ts';
import type { CompiledPolicy } from './compile.ts';
import type { World } from './world.ts';

/**
 * One for each account and limit on it, in the order of the file, people first; of one person, device or group
 * where `who` names it. Empty while it is not known what was used.
 */
export function allowanceBalances(
  policy: CompiledPolicy,
  { ledger }: Pick<World, 'ledger'>,
  now: number,
  who?: string,
): AllowanceBalance[] {
  if (ledger === null) return [];
  const accounts = who === undefined ? [...policy.accounts.values()] : accountsOf(policy, who);
  return accounts.flatMap(({ account, who, service, services, allowances }) =>
    allowances.map(({ allowance, uncharged }): AllowanceBalance => {
      const list = balances(allowance, ledger(account), policy.periods, now);
      return {
        account,
        who,
        service,
        services: [...services],
        periods: list.map(periodBalance),
        left: leastLeft(list).left / 1_000,
        uncharged: (uncharged?.at(now) ?? null) !== null,
      };
    }),
  );
}

/**
 * Everything that limits a person, device, group or other source of a rule. A person's devices are theirs, so
 * what limits one of them alone limits the person, too.
 */
export function accountsOf(policy: CompiledPolicy, who: string): readonly CompiledAccount[] {
  const text = policy.matcherOf(who)?.text ?? who;
  const names = new Set([text, ...(policy.people.get(who)?.devices ?? [])]);
  return [...policy.accounts.values()].filter((account) => names.has(account.who));
}

function periodBalance({ period, size, bonus, used, left, resets }: Balance): PeriodBalance {
  return {
    period,
    size: size / 1_000,
    bonus: bonus / 1_000,
    used: used / 1_000,
    left: left / 1_000,
    resets: new Date(resets).toISOString(),
  };
}
