// SPDX-License-Identifier: MIT
import { type Explanation, nobody } from '@nftoggle/contracts';

/** A stranger refused by SSH, with what a test cares about replaced. */
export function anExplanation(change: Partial<Explanation> = {}): Explanation {
  return {
    decision: 'deny',
    reason: 'no_rule',
    rule: null,
    grant: null,
    until: null,
    bound: null,
    next_allowed: null,
    at_end: 'cut',
    wake: null,
    accounts: [],
    prefix: 32,
    who: nobody,
    revision: '3fa0c1d2e4b5',
    service: 'ssh',
    source: { address: '203.0.113.66' },
    at: new Date().toISOString(),
    timezone: 'Europe/Berlin',
    text: 'deny: none of the 2 rules of ssh matches 203.0.113.66',
    checks: [
      { rule: 'services.ssh.allow[0]', condition: 'source is lan', passed: false },
      { rule: 'services.ssh.allow[1]', condition: 'source is in group vpn', passed: false },
    ],
    ...change,
  };
}
