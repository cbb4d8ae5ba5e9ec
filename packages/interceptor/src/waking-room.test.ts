// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WakingRoom } from './waking-room.ts';

/** How many places a device gets that wants so many. */
function taken(room: WakingRoom, device: string, wanted: number): number {
  let places = 0;
  while (places < wanted && room.take(device)) places += 1;
  return places;
}

describe('WakingRoom', () => {
  it('belongs to one device alone where there is no other', () => {
    const room = new WakingRoom(10, () => 1);
    expect(taken(room, 'nas', 99)).toBe(10);
    expect(room.taken).toBe(10);
    room.giveBack('nas', 4);
    expect(taken(room, 'nas', 99)).toBe(4);
  });

  it('keeps a share for every device, whoever comes first', () => {
    const room = new WakingRoom(100, () => 5);
    expect(taken(room, 'nas', 999)).toBe(60);
    expect(taken(room, 'camera', 999)).toBe(10);
    expect(taken(room, 'printer', 3)).toBe(3);
    expect(taken(room, 'attic', 999)).toBe(10);
    expect(taken(room, 'cellar', 999)).toBe(10);
    expect(taken(room, 'printer', 999)).toBe(7);
    expect(room.taken).toBe(100);
  });

  it('has a place for each of as many devices as there are places', () => {
    const room = new WakingRoom(3, () => 3);
    expect(['a', 'a', 'b', 'c'].map((device) => room.take(device))).toEqual([true, false, true, true]);
  });

  it('goes to whoever comes first where there are more devices than places', () => {
    const room = new WakingRoom(2, () => 5);
    expect(['a', 'a', 'b'].map((device) => room.take(device))).toEqual([true, true, false]);
  });

  it('is never exceeded, and never denied to a device within its share, over any history', () => {
    const step = fc.record({ device: fc.constantFrom('a', 'b', 'c'), back: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 20 }), fc.array(step, { maxLength: 80 }), (limit, steps) => {
        const room = new WakingRoom(limit, () => 3);
        const own = new Map<string, number>();
        const share = Math.max(1, Math.floor(limit / 6));
        for (const { device, back } of steps) {
          const places = own.get(device) ?? 0;
          if (back && places > 0) {
            room.giveBack(device, 1);
            own.set(device, places - 1);
          } else if (!back) {
            const got = room.take(device);
            if (places < share) expect(got).toBe(true);
            own.set(device, places + (got ? 1 : 0));
          }
          const sum = [...own.values()].reduce((all, each) => all + each, 0);
          expect(room.taken).toBe(sum);
          expect(sum).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });
});
