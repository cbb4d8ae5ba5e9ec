// SPDX-License-Identifier: MIT
import type { Protocol } from '@nftoggle/contracts';

export interface Guarded<T> {
  readonly ports: readonly { readonly protocol: Protocol; readonly from: number; readonly to: number }[];
  readonly value: T;
}

/** A stretch of ports that the same things guard. Both ends are included. */
export interface PortStretch<T> {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
  readonly values: readonly T[];
}

/**
 * Cuts overlapping port ranges into stretches that do not overlap, each with everything that guards it in
 * the order given: a verdict map takes every port once.
 */
export function portStretches<T>(guarded: readonly Guarded<T>[]): PortStretch<T>[] {
  return (['tcp', 'udp'] as const).flatMap((protocol) => stretchesOf(protocol, guarded));
}

function stretchesOf<T>(protocol: Protocol, guarded: readonly Guarded<T>[]): PortStretch<T>[] {
  const ranges = guarded.flatMap(({ ports, value }) =>
    ports.filter((range) => range.protocol === protocol).map((range) => ({ ...range, value })),
  );
  const cuts = [...new Set(ranges.flatMap(({ from, to }) => [from, to + 1]))].sort((a, b) => a - b);
  const stretches: PortStretch<T>[] = [];
  for (const [i, from] of cuts.entries()) {
    const to = (cuts[i + 1] ?? from) - 1;
    const covering = ranges.filter((range) => range.from <= from && range.to >= to).map(({ value }) => value);
    const values = [...new Set(covering)];
    if (to >= from && values.length > 0) stretches.push({ protocol, from, to, values });
  }
  return stretches;
}
