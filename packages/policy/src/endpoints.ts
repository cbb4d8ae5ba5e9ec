// SPDX-License-Identifier: MIT
import type { DaemonContext } from '@nftoggle/daemon';
import { compilePolicy } from './compile.ts';
import { decide } from './decide.ts';
import { explain } from './explain.ts';

/** What policy needs of the process around it. */
export type PolicyContext = Pick<DaemonContext, 'bus' | 'loaded' | 'onConfig' | 'status'>;

/** Answers policy's questions on the bus, always from the configuration in force. */
export function servePolicy({ bus, loaded, onConfig, status }: PolicyContext): void {
  const decisions = { allowed: 0, denied: 0 };
  let policy = compilePolicy(loaded());
  onConfig((next) => {
    policy = compilePolicy(next);
  });
  bus.serve('decide', ({ flow }) => {
    const decision = decide(policy, flow, new Date());
    decisions[decision.decision === 'allow' ? 'allowed' : 'denied'] += 1;
    return decision;
  });
  bus.serve('explain', (request) => explain(policy, request, new Date()));
  bus.serve('policyStatus', () => ({ ...status(), daemon: 'policy', decisions: { ...decisions } }));
}
