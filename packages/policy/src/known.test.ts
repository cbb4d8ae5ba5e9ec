// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { Known } from './known.ts';
import { MemoryStore } from './memory-store.fixture.ts';

describe('a mirror', () => {
  it('is gone by once it was read, and for a while after it lost touch', () => {
    const store = new MemoryStore();
    store.ready = false;
    let now = 0;
    const known = new Known(store, () => now);
    expect(known.yes).toBe(false);
    store.ready = true;
    expect(known.yes).toBe(true);
    store.ready = false;
    now = 29_000;
    expect(known.yes).toBe(true);
    now = 31_000;
    expect(known.yes).toBe(false);
    store.ready = true;
    expect(known.yes).toBe(true);
  });
});
