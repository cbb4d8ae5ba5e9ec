// SPDX-License-Identifier: MIT
import type { WakeStep, WakeTrace, WakeTraceRequest } from '@nftoggle/contracts';

const goal = '192.168.1.20 tcp/25565';

/** A machine that sleeps, is woken by two magic packets, and is ready. */
export const woken: WakeTrace = {
  steps: [
    { at: 300, step: 'probe', ok: null, text: `${goal}: no answer within 300 ms` },
    { at: 300.4, step: 'path', ok: true, text: 'eth0 has 192.168.1.1 in 192.168.1.0/24' },
    { at: 301, step: 'packets', ok: true, text: 'magic packet 1 for 00:11:32:aa:bb:cc: 6 of 6 sent' },
    { at: 11_900, step: 'alive', ok: true, text: '192.168.1.20 answers, and refuses tcp/25565' },
    { at: 12_700.4, step: 'ready', ok: true, text: `${goal}: ready 12.4 s after the wake began` },
  ],
  done: true,
  ok: true,
};

/** The same, and nothing is ever heard of it. */
export const lost: WakeTrace = {
  steps: [
    ...woken.steps.slice(0, 3),
    { at: 60_300, step: 'failed', ok: false, text: `${goal}: not ready within 60.0 s` },
    { at: 60_300, step: 'advice', ok: null, text: 'nothing was heard of it: is it plugged in?' },
  ],
  done: true,
  ok: false,
};

export function traceOf(ok: boolean, ...steps: readonly WakeStep[]): WakeTrace {
  return { steps: [...steps], done: true, ok };
}

/** As wol answers: what is new since `after`; here so many steps at a time. */
export function pieceOf({ steps, ok }: WakeTrace, { after }: WakeTraceRequest, size: number): WakeTrace {
  const done = after + size >= steps.length;
  return { steps: steps.slice(after, after + size), done, ok: done && ok };
}
