// SPDX-License-Identifier: MIT
import { ConflictError } from '@nftoggle/bus';
import type { ClockEntry } from '@nftoggle/contracts';
import { eventually } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import type { Store } from './store.ts';
import { removeIf, update } from './update.ts';

/** Two replicas' ends of one store that nothing was written to by others. */
export type Replicas = readonly [Store<ClockEntry>, Store<ClockEntry>];

const entry = (second: number): ClockEntry => ({ seen: new Date(second * 1_000).toISOString() });
const secondOf = (value: ClockEntry | undefined): number => Date.parse(value?.seen ?? entry(0).seen) / 1_000;
const next = (value: ClockEntry | undefined): ClockEntry => entry(secondOf(value) + 1);

/** What policy expects of whatever keeps its state. `key`: another one with each call. */
export function storeSuite(name: string, replicas: () => Replicas): void {
  let keys = 0;
  const aKey = (): string => `key-${++keys}`;

  describe(`a store (${name})`, () => {
    it('takes a value where there is none, and only there', async () => {
      const [here, there] = replicas();
      const key = aKey();
      const revision = await here.put(key, entry(1), 0);
      expect(here.get(key)).toEqual({ value: entry(1), revision });
      await expect(there.put(key, entry(2), 0)).rejects.toBeInstanceOf(ConflictError);
      expect(there.get(key)).toEqual({ value: entry(1), revision });
    });

    it('takes a value from who has seen the latest, and from nobody else', async () => {
      const [here, there] = replicas();
      const key = aKey();
      const first = await here.put(key, entry(1), 0);
      const second = await here.put(key, entry(2), first);
      expect(second).toBeGreaterThan(first);
      await expect(there.put(key, entry(3), first)).rejects.toBeInstanceOf(ConflictError);
      await expect(there.remove(key, first)).rejects.toBeInstanceOf(ConflictError);
      expect(there.get(key)?.value).toEqual(entry(2));
    });

    it('has nothing after a removal, and takes a new value then', async () => {
      const [here, there] = replicas();
      const key = aKey();
      await here.remove(key, await here.put(key, entry(1), 0));
      expect(here.get(key)).toBeUndefined();
      await eventually(() => there.get(key) === undefined);
      await there.put(key, entry(2), 0);
      expect(there.entries().get(key)?.value).toEqual(entry(2));
    });

    it('tells each replica of each change, its own included', async () => {
      const [here, there] = replicas();
      const key = aKey();
      const heard: (number | null)[][] = [[], []];
      [here, there].forEach((store, index) => {
        store.onChange((changed, value) => {
          if (changed === key) heard[index]?.push(value === undefined ? null : secondOf(value));
        });
      });
      const first = await here.put(key, entry(1), 0);
      await eventually(() => heard.every(({ length }) => length === 1));
      await here.remove(key, first);
      await eventually(() => heard.every(({ length }) => length === 2));
      expect(heard).toEqual([
        [1, null],
        [1, null],
      ]);
    });

    it('loses no update of replicas that update at once', async () => {
      const stores = replicas();
      const key = aKey();
      const writers = [...stores, ...stores].map(async (store) => {
        for (let count = 0; count < 25; count += 1) await update(store, key, next);
      });
      await Promise.all(writers);
      for (const store of stores) await eventually(() => secondOf(store.get(key)?.value) === 100);
    });

    it('gives what is removed to one of those who remove it', async () => {
      const [here, there] = replicas();
      const key = aKey();
      await here.put(key, entry(7), 0);
      await eventually(() => there.get(key) !== undefined);
      const removed = await Promise.all([here, there, here].map((store) => removeIf(store, key, () => true)));
      expect(removed.filter((value) => value !== undefined)).toEqual([entry(7)]);
    });

    it('writes nothing for a change that changes nothing', async () => {
      const [here] = replicas();
      const key = aKey();
      const revision = await here.put(key, entry(1), 0);
      expect(await update(here, key, (value) => value)).toEqual({ before: entry(1), after: entry(1) });
      expect(here.get(key)?.revision).toBe(revision);
      expect(await removeIf(here, key, () => false)).toBeUndefined();
      expect(here.get(key)?.revision).toBe(revision);
    });
  });
}
