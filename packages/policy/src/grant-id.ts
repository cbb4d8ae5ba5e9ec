// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import type { GrantId, Id } from '@nftoggle/contracts';

const digits = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * The id of the grant of a service to a source. It follows from the two, and is not random: of replicas that
 * issue at once, one writes the key and the others meet it, so that two open grants for the same cannot be.
 * Among as many as there may be, two with the same id are not to be expected in a lifetime (36^8).
 * The price is that a later grant for the same has the id of the earlier; `issued` tells them apart.
 */
export function grantId(service: Id, source: string): GrantId {
  const hash = createHash('sha256').update(`${service}\n${source}`).digest();
  return [...hash.subarray(0, 8)].map((byte) => digits[byte % digits.length]).join('');
}
