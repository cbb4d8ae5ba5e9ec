// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('returns what the check returns as soon as that is not false', async () => {
    let looks = 0;
    expect(await eventually(() => ++looks >= 3 && 'done')).toBe('done');
    expect(looks).toBe(3);
  });

  it('passes over failures, and throws the last one when time is up', async () => {
    let looks = 0;
    await eventually(() => {
      if (++looks < 3) throw new Error('not yet');
    });
    const never = eventually(() => Promise.reject(new Error('never')), { withinMs: 20 });
    await expect(never).rejects.toThrow('never');
    await expect(eventually(() => false, { withinMs: 20 })).rejects.toThrow('still false after 20 ms');
  });
});
