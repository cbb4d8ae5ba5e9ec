// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { Mirror } from './mirror.ts';

/** A mirror that has read one key. */
function mirrorOf(key: string, value: string, revision: number): Mirror<string> {
  const mirror = new Mirror<string>();
  mirror.begin([key], 'first');
  mirror.told(key, value, revision);
  return mirror;
}

describe('a mirror', () => {
  it('is ready once every key that is there was told of, and not before', () => {
    const mirror = new Mirror<string>();
    expect(mirror.begin(['a', 'b'], 'first')).toEqual([]);
    expect(mirror.told('b', 'two', 2)).toEqual([]);
    expect([mirror.ready, mirror.entries.size]).toEqual([false, 0]);
    expect(mirror.told('a', 'three', 3)).toEqual([
      { key: 'b', value: 'two' },
      { key: 'a', value: 'three' },
    ]);
    expect(mirror.ready).toBe(true);
  });

  it('is ready at once when nothing is there', () => {
    const mirror = new Mirror<string>();
    mirror.begin([], 'first');
    expect(mirror.ready).toBe(true);
  });

  it('has a write of our own at once, and tells of it when the watch does', () => {
    const mirror = mirrorOf('a', 'one', 1);
    mirror.wrote('a', 'three', 3);
    expect(mirror.entries.get('a')).toEqual({ value: 'three', revision: 3 });
    expect(mirror.told('a', 'two', 2)).toEqual([]);
    expect(mirror.entries.get('a')).toEqual({ value: 'three', revision: 3 });
    expect(mirror.told('a', 'three', 3)).toEqual([{ key: 'a', value: 'three' }]);
    expect(mirror.told('a', 'three', 3)).toEqual([]);
  });

  it('does not let a write that is told of late undo what came after it', () => {
    const mirror = mirrorOf('a', 'one', 1);
    mirror.told('a', 'three', 3);
    mirror.wrote('a', 'two', 2);
    expect(mirror.entries.get('a')?.value).toBe('three');
  });

  it('knows the revision of what was removed', () => {
    const mirror = mirrorOf('a', 'one', 1);
    expect(mirror.told('a', undefined, 2)).toEqual([{ key: 'a', value: undefined }]);
    expect(mirror.entries.has('a')).toBe(false);
    expect(mirror.revisionOf('a')).toBe(2);
  });

  it('tells of a removal of our own, which can be seen at once', () => {
    const mirror = mirrorOf('a', 'one', 1);
    mirror.wrote('a', undefined, 2);
    expect(mirror.entries.has('a')).toBe(false);
    expect(mirror.told('a', undefined, 2)).toEqual([{ key: 'a', value: undefined }]);
  });

  it('does not tell that something is gone which was never seen', () => {
    const mirror = mirrorOf('a', 'one', 1);
    expect(mirror.told('b', undefined, 2)).toEqual([]);
  });
});

describe('a mirror that is read anew', () => {
  it('stays as it was until the new reading is complete, and tells of the difference only', () => {
    const mirror = mirrorOf('same', 'one', 1);
    mirror.told('changed', 'two', 2);
    mirror.told('removed', 'three', 3);
    mirror.lose();
    mirror.begin(['same', 'changed', 'removed', 'new'], 'first');
    mirror.told('same', 'one', 1);
    mirror.told('removed', undefined, 4);
    mirror.told('changed', 'five', 5);
    expect(mirror.ready).toBe(false);
    expect([...mirror.entries.keys()]).toEqual(['same', 'changed', 'removed']);
    expect(mirror.told('new', 'six', 6)).toEqual([
      { key: 'removed', value: undefined },
      { key: 'changed', value: 'five' },
      { key: 'new', value: 'six' },
    ]);
    expect([...mirror.entries.keys()].sort()).toEqual(['changed', 'new', 'same']);
  });

  it('forgets what is gone without a trace', () => {
    const mirror = mirrorOf('a', 'one', 9);
    expect(mirror.begin([], 'second')).toEqual([{ key: 'a', value: undefined }]);
    expect([mirror.entries.size, mirror.revisionOf('a')]).toEqual([0, 0]);
  });

  it('takes lower revisions, and even the same one for another entry, of a store that was made anew', () => {
    const mirror = mirrorOf('a', 'one', 2);
    mirror.told('b', 'old', 9);
    mirror.begin(['b', 'a'], 'second');
    mirror.told('b', 'new', 1);
    expect(mirror.told('a', 'two', 2)).toEqual([
      { key: 'b', value: 'new' },
      { key: 'a', value: 'two' },
    ]);
    expect(mirror.entries.get('b')).toEqual({ value: 'new', revision: 1 });
  });

  it('keeps a write that falls between its beginning and its end', () => {
    const mirror = mirrorOf('a', 'one', 1);
    mirror.begin(['a', 'b'], 'first');
    mirror.told('a', 'one', 1);
    mirror.wrote('a', 'three', 3);
    expect(mirror.told('b', 'two', 2)).toEqual([{ key: 'b', value: 'two' }]);
    expect(mirror.entries.get('a')?.value).toBe('three');
    expect(mirror.told('a', 'three', 3)).toEqual([{ key: 'a', value: 'three' }]);
  });

  it('tells of a write of our own which it did not tell of before the watch broke', () => {
    const mirror = mirrorOf('a', 'one', 1);
    mirror.wrote('a', 'two', 2);
    mirror.lose();
    mirror.begin(['a'], 'first');
    expect(mirror.told('a', 'two', 2)).toEqual([{ key: 'a', value: 'two' }]);
  });

  it('may be begun again before it is complete', () => {
    const mirror = mirrorOf('a', 'one', 1);
    mirror.begin(['a', 'b'], 'first');
    mirror.told('a', 'two', 2);
    mirror.lose();
    mirror.begin(['a'], 'first');
    expect(mirror.told('a', 'three', 3)).toEqual([{ key: 'a', value: 'three' }]);
  });
});
