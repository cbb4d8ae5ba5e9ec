// SPDX-License-Identifier: MIT

/** The value that `share` of the others do not exceed (nearest rank). NaN when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * How many times `ours` is `theirs`, as the median over rounds. What was measured in the same round is
 * compared, so a machine that is slow for a while is slow for both.
 */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) throw new TypeError('rounds without a counterpart');
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}
