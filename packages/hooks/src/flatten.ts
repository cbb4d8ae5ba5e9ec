// SPDX-License-Identifier: MIT
import type { CloudEvent } from '@nftoggle/contracts';

export type Scalar = string | number | boolean | null;

/**
 * The data of an event without its nesting: `{ source: { address } }` becomes `source_address`, and a list of plain
 * values becomes one text with commas. Lists of anything else are left out.
 */
export function flattened({ data }: Pick<CloudEvent, 'data'>): ReadonlyMap<string, Scalar> {
  return new Map(entriesOf(data as Readonly<Record<string, unknown>>, ''));
}

function entriesOf(data: Readonly<Record<string, unknown>>, prefix: string): readonly [string, Scalar][] {
  return Object.entries(data).flatMap(([key, value]): readonly [string, Scalar][] => {
    const name = `${prefix}${snakeCase(key)}`;
    if (isScalar(value)) return [[name, value]];
    if (Array.isArray(value)) return value.every(isScalar) ? [[name, value.join(',')]] : [];
    return value === undefined ? [] : entriesOf(value as Readonly<Record<string, unknown>>, `${name}_`);
  });
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
