// SPDX-License-Identifier: MIT
import type { Decision } from '@nftoggle/contracts';

/** Policy lets somebody in without a limit, with what a test cares about replaced. */
export function anAllow(changes: Partial<Decision> = {}): Decision {
  return {
    decision: 'allow',
    reason: 'rule_allows',
    rule: 'services.ssh.allow[0]',
    grant: null,
    until: null,
    bound: null,
    next_allowed: null,
    at_end: 'cut',
    wake: null,
    accounts: [],
    prefix: 32,
    revision: 'aaaaaaaaaaaa',
    ...changes,
  };
}

/** No rule is for that source, with what a test cares about replaced. */
export function aDeny(changes: Partial<Decision> = {}): Decision {
  return anAllow({ decision: 'deny', reason: 'no_rule', rule: null, ...changes });
}
