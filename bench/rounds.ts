// SPDX-License-Identifier: MIT

/**
 * Measures each target once a round, in an order that rotates: whatever else the machine does meanwhile hits
 * all of them alike. The result of target T in round R is `results.get(T)[R]`.
 */
export async function inTurn<Target, Result>(
  targets: readonly Target[],
  rounds: number,
  measure: (target: Target, round: number) => Promise<Result>,
): Promise<ReadonlyMap<Target, readonly Result[]>> {
  const results = new Map<Target, Result[]>(targets.map((target) => [target, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % targets.length;
    for (const target of [...targets.slice(first), ...targets.slice(0, first)])
      results.get(target)?.push(await measure(target, round));
  }
  return results;
}
