// SPDX-License-Identifier: MIT
import type { Decision } from '@nftoggle/contracts';
import { aDecision } from '@nftoggle/testkit';

/** Policy lets somebody in without a limit, with what a test cares about replaced. */
export function anAllow(changes: Partial<Decision> = {}): Decision {
  return aDecision({ until: null, bound: null, revision: 'aaaaaaaaaaaa', ...changes });
}

/** No rule is for that source, with what a test cares about replaced. */
export function aDeny(changes: Partial<Decision> = {}): Decision {
  return anAllow({ decision: 'deny', reason: 'no_rule', rule: null, ...changes });
}
