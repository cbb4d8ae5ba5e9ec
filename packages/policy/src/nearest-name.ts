// SPDX-License-Identifier: MIT

/** The name that `text` was most likely meant to be; null when none is within a slip or two. */
export function nearestName(text: string, names: readonly string[]): string | null {
  const limit = Math.min(3, Math.max(1, Math.floor(text.length / 3)));
  const [nearest] = names
    .filter((name) => Math.abs(name.length - text.length) <= limit)
    .map((name) => ({ name, distance: editDistance(text.toLowerCase(), name) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return nearest?.name ?? null;
}

/** How many letters must be added, removed, replaced or swapped with their neighbour, as fingers slip. */
function editDistance(a: string, b: string): number {
  let [twoAbove, above]: [number[], number[]] = [
    [],
    Array.from({ length: b.length + 1 }, (_, column) => column),
  ];
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(above, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = row > 1 && a[row - 2] === b[column - 1] && a[row - 1] === b[column - 2];
      const bySwap = swapped ? at(twoAbove, column - 2) + 1 : Infinity;
      current.push(Math.min(replaced, bySwap, at(above, column) + 1, at(current, column - 1) + 1));
    }
    [twoAbove, above] = [above, current];
  }
  return at(above, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
