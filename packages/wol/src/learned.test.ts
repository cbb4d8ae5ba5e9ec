// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectationOf, mostDurations, type WakeEntry, withDuration } from './learned.ts';
import { LearnedFile } from './learned-store.ts';

const entryOf = (...durations: number[]): WakeEntry => ({ durations });

describe('what is learned of a device', () => {
  it('is nothing at first', () => {
    expect(expectationOf(undefined)).toBeNull();
    expect(expectationOf(entryOf())).toBeNull();
  });

  it('is the median and the 95th percentile of what was measured, in seconds', () => {
    expect(expectationOf(entryOf(20_000))).toEqual({ median: 20, p95: 20, wakes: 1 });
    const twenty = Array.from({ length: 20 }, (_, i) => (20 - i) * 1_000);
    expect(expectationOf(entryOf(...twenty))).toEqual({ median: 10, p95: 19, wakes: 20 });
    // One bad night does not change what is to be expected, and shows in the tail.
    expect(expectationOf(entryOf(9_000, 300_000, 10_000))).toEqual({ median: 10, p95: 300, wakes: 3 });
  });

  it('is of the last 50 wakes', () => {
    let entry: WakeEntry | undefined;
    for (let i = 0; i < 60; i++) entry = withDuration(entry, i + 0.4);
    expect(entry?.durations.length).toBe(mostDurations);
    expect(entry?.durations[0]).toBe(10);
    expect(entry?.durations.at(-1)).toBe(59);
  });
});

describe('what was learned, in a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-learned-'));
  const file = join(directory, 'wol', 'learned.json');
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('outlives the daemon, each device for itself', async () => {
    const store = new LearnedFile(file);
    expect(store.get('nas')).toBeUndefined();
    await Promise.all([
      store.put('nas', entryOf(1)),
      store.put('pc', entryOf(2)),
      store.put('nas', entryOf(1, 3)),
    ]);
    const next = new LearnedFile(file);
    expect(next.get('nas')).toEqual(entryOf(1, 3));
    expect(next.get('pc')).toEqual(entryOf(2));
  });

  it.each(['', '{', '[]', '{"nas":{"durations":["a"]}}'])(
    'is learned again where the file is %j',
    async (text) => {
      writeFileSync(file, text);
      const store = new LearnedFile(file);
      expect(store.get('nas')).toBeUndefined();
      await store.put('nas', entryOf(5));
      expect(new LearnedFile(file).get('nas')).toEqual(entryOf(5));
    },
  );

  it('tells when it could not be written, and knows it all the same', async () => {
    const store = new LearnedFile(join(file, 'not', 'a', 'directory.json'));
    await expect(store.put('nas', entryOf(5))).rejects.toThrow(/ENOTDIR|EEXIST/);
    expect(store.get('nas')).toEqual(entryOf(5));
  });
});
