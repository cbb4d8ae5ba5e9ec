// SPDX-License-Identifier: MIT
import { parse, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { eventId } from './event-id.ts';

const time = Date.parse('2026-11-23T12:00:00Z');

/** The first 48 bits of a UUIDv7 are milliseconds since 1970. */
function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

describe('the id of an event', () => {
  it('is a UUIDv7 of its time', () => {
    for (const id of [eventId(new Date(time)), eventId(time, 'seed')]) {
      expect(version(id)).toBe(7);
      expect((parse(id)[8] ?? 0) >> 6).toBe(0b10);
      expect(timeOf(id)).toBe(time);
    }
  });

  it('is greater than the one before, within a millisecond and when the clock is set back', () => {
    const times = [...Array.from({ length: 5_000 }, () => time + 1), time - 3_600_000, time + 1, time + 2];
    const ids = times.map((each) => eventId(each));
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('is the same for the same time and seed, and another one for another', () => {
    const id = eventId(time, 'session abc ended');
    eventId(time + 5_000);
    expect(eventId(new Date(time), 'session abc ended')).toBe(id);
    expect(eventId(time, 'session abd ended')).not.toBe(id);
    expect(eventId(time + 1, 'session abc ended')).not.toBe(id);
  });

  it('is not random where the seed should tell, in every process', () => {
    expect(eventId(time, 'seed')).toBe('01a20846-fe00-750c-aa0d-33c8b59b23ad');
  });

  it('needs a time', () => {
    for (const wrong of [Number.NaN, -1, new Date('soon'), 2 ** 48]) {
      expect(() => eventId(wrong)).toThrow(TypeError);
    }
  });
});
