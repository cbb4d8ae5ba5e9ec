// SPDX-License-Identifier: MIT

/** Where a message of a consumer stands. */
export interface DeliveryPlace {
  /** Its sequence in the stream. */
  readonly revision: number;
  /** How many messages the consumer had delivered with it. */
  readonly count: number;
}

/** From the reply subject: `$JS.ACK.[domain.account.]STREAM.CONSUMER.tries.revision.count.time.pending[.token]`. */
export function placeOf(reply: string): DeliveryPlace | undefined {
  const words = reply.split('.');
  const first = words.length === 9 ? 5 : 7;
  const [revision, count] = words.slice(first, first + 2).map(Number);
  if (!reply.startsWith('$JS.ACK.') || revision === undefined || count === undefined) return undefined;
  return { revision, count };
}
