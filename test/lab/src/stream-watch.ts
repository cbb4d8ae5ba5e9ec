// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';

/** How often it is looked, and how long a stream that sends many times a second is quiet when it is cut, in ms. */
const [look, quiet] = [25, 1_000];

/**
 * Follows a stream and resolves with the moment of the last byte that came (milliseconds since the epoch), once
 * nothing has come for a second; null when it still flows after `withinMs`.
 */
export async function lastByteAt(
  stream: { readonly bytes: number },
  withinMs: number,
): Promise<number | null> {
  const deadline = performance.now() + withinMs;
  let bytes = stream.bytes;
  let grown = Date.now();
  while (performance.now() < deadline) {
    await delay(look);
    if (stream.bytes !== bytes) [bytes, grown] = [stream.bytes, Date.now()];
    else if (Date.now() - grown > quiet) return grown;
  }
  return null;
}
