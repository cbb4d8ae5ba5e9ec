// SPDX-License-Identifier: MIT
import type { Bound } from '@nftoggle/contracts';

/** What happens when a permission ends, in the words of a clock: `18:00, window closes`. */
export const boundTexts: Readonly<Record<Bound, string>> = {
  session_time: 'asked again',
  window_end: 'window closes',
  allowance: 'allowance spent',
  rule_expiry: 'rule expires',
  grant_end: 'grant ends',
};
