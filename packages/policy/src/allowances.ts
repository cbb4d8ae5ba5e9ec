// SPDX-License-Identifier: MIT
// What people ask about allowances, and what they give.
import { ConflictError, NoAnswerError } from '@nftoggle/bus';
import type { AllowancesReply, AllowancesRequest, BonusRequest, Refusal } from '@nftoggle/contracts';
import {
  accountsOf,
  allowanceBalances,
  type CompiledPolicy,
  noAccounts,
  type World,
} from '@nftoggle/decision';
import type { Ledger } from './ledger.ts';
import type { Publish } from './news.ts';

/** What is in force and known now. */
interface Situation {
  readonly policy: CompiledPolicy;
  world(): World;
}

export function listAllowances(situation: Situation, { who }: AllowancesRequest): AllowancesReply {
  const { policy } = situation;
  if (who !== undefined && accountsOf(policy, who).length === 0) return noAccounts(policy, who);
  const known = situation.world();
  if (known.ledger === null) return notReady;
  return {
    allowances: allowanceBalances(policy, known, Date.now(), who),
    timezone: policy.timezone,
    problem: known.clockProblem,
  };
}

/** Once for each time that it is asked for: whoever repeats it gives twice. */
export async function addBonus(
  situation: Situation & { readonly ledger: Ledger },
  publish: Publish,
  { who, seconds, by, why }: BonusRequest,
): Promise<AllowancesReply> {
  const { policy, ledger } = situation;
  const accounts = accountsOf(policy, who);
  if (accounts.length === 0) return noAccounts(policy, who);
  if (!ledger.ready) return notReady;
  try {
    await ledger.addBonus(accounts, seconds);
  } catch (error) {
    if (error instanceof ConflictError || error instanceof NoAnswerError) return unconfirmed;
    throw error;
  }
  publish('allowance_changed', {
    who: policy.matcherOf(who)?.text ?? who,
    bonus: seconds,
    by,
    why: why ?? null,
  });
  return listAllowances(situation, { who });
}

const notReady: Refusal = {
  error: 'not_ready',
  message: 'What has been used is not known yet. Try again in a moment.',
};

/** The write may have come through all the same, so "try again" would be wrong advice. */
const unconfirmed: Refusal = {
  error: 'not_ready',
  message:
    'The bus did not confirm it, so it is not known whether it was written. Look at the allowances before you repeat it.',
};
