// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import { patience } from './patience.ts';

/** Milliseconds between two looks. */
const interval = 5;

/**
 * Looks again and again until `check` neither throws nor returns false, and returns what it returned.
 * When that takes longer than `withinMs` (longer on a slow machine: see `patience`), the last failure is thrown.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = 5_000 }: { readonly withinMs?: number } = {},
): Promise<T> {
  const limit = withinMs * patience;
  const deadline = performance.now() + limit;
  for (;;) {
    try {
      const result = await check();
      if (result !== false) return result;
      if (performance.now() > deadline) throw new Error(`still false after ${limit} ms: ${check}`);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(interval);
  }
}
