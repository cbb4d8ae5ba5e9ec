// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds until something that failed is tried again: at first, and at most. */
export const retryDelay = { first: 100, most: 5_000 } as const;

/** Resolves after that many milliseconds, or as soon as one of the signals is aborted. */
export async function pause(milliseconds: number, ...signals: readonly AbortSignal[]): Promise<void> {
  await delay(milliseconds, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => {});
}
