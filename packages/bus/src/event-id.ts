// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import { v7 } from 'uuid';

/** Of the last id without a seed: the next one is greater, also when the clock was set back. */
const last = { msecs: Number.NEGATIVE_INFINITY, seq: 0 };

/**
 * A UUIDv7 (RFC 9562, section 5.7), which sorts by time. Ids without a seed are strictly monotonic within a process.
 * With a seed, the same time and seed make the same id in every process: for an event that a later life of its
 * author would publish again.
 * @param time a date, or milliseconds since 1970
 */
export function eventId(time: Date | number, seed?: string): string {
  const msecs = Math.floor(Number(time));
  if (!(msecs >= 0 && msecs < 2 ** 48)) throw new TypeError(`${time}: no time for an id`);
  if (seed !== undefined) return v7({ msecs, random: createHash('sha256').update(seed).digest() });
  if (msecs > last.msecs) {
    last.msecs = msecs;
    // Half of the room is left for those that follow within the millisecond.
    last.seq = createSequence();
  } else {
    last.seq += 1;
    if (last.seq === 2 ** 32) [last.msecs, last.seq] = [last.msecs + 1, 0];
  }
  return v7({ msecs: last.msecs, seq: last.seq });
}

function createSequence(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] as number) >>> 1;
}
