// SPDX-License-Identifier: MIT
// What the lists of sessions, refusals and events have in common: an index that gives the rows in their order, and
// the row after which a page begins.
import { type Config, formatNetwork, parseAddress } from '@nftoggle/config';
import type { Refusal } from '@nftoggle/contracts';
import type { Names } from './names.ts';
import { type Place, placeOf } from './page.ts';
import { isKnownDevice, type Read, refuse } from './scope.ts';

/** Before every row there is. */
const start: Place = { time: Number.MAX_SAFE_INTEGER, seq: 0 };

export type SourceFilter =
  | { readonly column: 'address'; readonly value: string }
  | { readonly column: 'device'; readonly value: number | null };

/** An address, or the name of a device. */
export function readSource(
  source: string | undefined,
  names: Names,
  config: Pick<Config, 'services' | 'people' | 'devices'>,
): Read<SourceFilter | null> {
  if (source === undefined) return { ok: true, value: null };
  const address = parseAddress(source);
  if (address !== null) return { ok: true, value: { column: 'address', value: formatNetwork(address) } };
  if (isKnownDevice(source, names, config))
    return { ok: true, value: { column: 'device', value: names.find('device', source) ?? null } };
  return refuse(
    'unknown_source',
    `${JSON.stringify(source)} is neither an address nor the name of a device.`,
  );
}

export function readAfter(after: string | undefined): Read<Place> {
  const place = after === undefined ? start : placeOf(after);
  if (place !== undefined) return { ok: true, value: place };
  return refuse('unknown_name', `"after" (${JSON.stringify(after)}) is not the \`next\` of a page.`);
}

export function isRefusal(value: object): value is Refusal {
  return 'error' in value && 'message' in value;
}
