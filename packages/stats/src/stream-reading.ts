// SPDX-License-Identifier: MIT
import type { Bus, EventReading } from '@nftoggle/bus';
import { statsReader } from '@nftoggle/contracts';
import { type Batches, manyEvents } from './batches.ts';

/** Events that are taken from the stream at a time. */
const atMost = 4_000;

/**
 * Hands the events of the stream to batches. The next ones come when these are stored, so a few do not wait for
 * others while many are behind them in the stream.
 */
export function readStream(bus: Pick<Bus, 'readEvents'>, batches: Batches): EventReading {
  const hurryIfBehind = async (handed: number): Promise<void> => {
    const waiting = (await reading.waiting()) ?? 0;
    if (waiting - handed >= manyEvents) batches.hurry();
  };
  const reading = bus.readEvents(statsReader, atMost, (events) => {
    void hurryIfBehind(events.length);
    return batches.add(events);
  });
  return reading;
}
