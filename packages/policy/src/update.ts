// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import { ConflictError } from '@nftoggle/bus';
import type { Store } from './store.ts';

/** Attempts to write one value. Each round of several writers has a winner, so with few replicas a few are enough. */
const attempts = 20;

export interface Update<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/**
 * Puts what `change` makes of the value in its place, again and again until nobody else wrote it in between.
 * Where `change` gives the very value back that it got, nothing is written. What it gave was applied exactly
 * once when this returns, and at most once when it throws.
 * @throws ConflictError when others were faster each time
 * @throws NoAnswerError when the outcome is not known
 */
export async function update<T>(
  store: Store<T>,
  key: string,
  change: (value: T | undefined) => T | undefined,
): Promise<Update<T>> {
  return persistently(async () => {
    const stored = store.get(key);
    const before = stored?.value;
    const after = change(before);
    if (after === undefined || after === before) return { before, after: before };
    await store.put(key, after, stored?.revision ?? 0);
    return { before, after };
  });
}

/** Removes the value while `wanted` says so of it. Of several who try, one gets what was removed. */
export async function removeIf<T>(
  store: Store<T>,
  key: string,
  wanted: (value: T) => boolean,
): Promise<T | undefined> {
  return persistently(async () => {
    const stored = store.get(key);
    if (stored === undefined || !wanted(stored.value)) return undefined;
    await store.remove(key, stored.revision);
    return stored.value;
  });
}

async function persistently<R>(attempt: () => Promise<R>): Promise<R> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConflictError) || count === attempts) throw error;
      // Of varying length, so that writers who met once do not meet again and again.
      await delay(Math.random() * 2 * count);
    }
  }
}
