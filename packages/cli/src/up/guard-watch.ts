// SPDX-License-Identifier: MIT
import type { SystemStatus } from '@nftoggle/contracts';
import { pause } from '../pause.ts';
import { guardTrouble } from '../render/guard-trouble.ts';
import { guardingLine, look } from './readiness.ts';

const lookEvery = 1_000;

export interface GuardListener {
  /** Another revision or another mode is in force. */
  onChange(line: string): void;
  /** Nothing is guarded any more. */
  onTrouble(line: string): void;
}

/**
 * Tells each change of what is guarded, until `signal` ends it; `told` is what was said last. Silence of a
 * daemon is no change: what the kernel guards stays guarded.
 */
export async function watchGuard(
  socket: string,
  told: SystemStatus,
  signal: AbortSignal,
  listener: GuardListener,
): Promise<void> {
  let last = subject(told);
  while (!signal.aborted) {
    await pause(lookEvery, signal);
    const status = signal.aborted ? undefined : await look(socket);
    if (status === undefined || status.interceptor === null || signal.aborted) continue;
    if (subject(status) === last) continue;
    last = subject(status);
    tell(status, status.interceptor.guard, listener);
  }
}

function subject({ interceptor }: SystemStatus): string {
  return `${interceptor?.guard} ${interceptor?.revision}`;
}

function tell(
  status: SystemStatus,
  guard: NonNullable<SystemStatus['interceptor']>['guard'],
  listener: GuardListener,
): void {
  if (guard === 'guarding' || guard === 'watching') listener.onChange(guardingLine(status));
  else listener.onTrouble(guardTrouble[guard]);
}
