// SPDX-License-Identifier: MIT
import type { EndReason, Reason } from '@nftoggle/contracts';

/** Why somebody was refused, so short that it fits on a line; `reasons` of the contract has whole sentences. */
export const refusalTexts: Readonly<Record<Reason, string>> = {
  rule_allows: 'a rule allows it',
  rule_denies: 'a rule denies it',
  grant_allows: 'a grant allows it',
  no_rule: 'no rule lets it in',
  country_refused: 'its rule is for other countries',
  outside_window: 'outside its window',
  allowance_spent: 'its allowance is spent',
  rule_expired: 'its rule has expired',
  clock_untrusted: 'the clock is not trusted',
  not_ready: 'its allowance is not known yet',
  unknown_service: 'there is no such service',
  no_answer: 'no decision came in time',
  bad_answer: 'no decision came that made sense',
  overload: 'too many packets were held',
  wake_failed: 'the machine did not wake in time',
  waking_overload: 'too many packets waited for machines',
  session_not_added: 'the kernel did not take the session',
};

/** Why a session ended. */
export const endTexts: Readonly<Record<EndReason, string>> = {
  idle: 'nothing was connected any more',
  expired: 'its time was over, and nothing connected',
  window_end: 'the window closed',
  allowance_spent: 'the allowance was spent',
  rule_expired: 'the rule expired',
  grant_ended: 'the grant ended',
  revoked: 'it was revoked',
  shutdown: 'the guard was taken away',
};
