// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two looks. */
const interval = 5;

/**
 * Looks again and again until `check` neither throws nor returns false, and returns what it returned.
 * When that takes longer than `withinMs`, the last failure is thrown.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = 5_000 }: { readonly withinMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      const result = await check();
      if (result !== false) return result;
      if (performance.now() > deadline) throw new Error(`still false after ${withinMs} ms: ${check}`);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(interval);
  }
}
