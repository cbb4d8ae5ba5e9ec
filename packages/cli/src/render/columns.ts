// SPDX-License-Identifier: MIT
import { stripVTControlCharacters } from 'node:util';

/** Lines up cells in columns, two spaces apart; colour codes take no room. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, textWidth(cell));
    });
  return rows.map((row) =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function pad(cell: string, to: number): string {
  return cell + ' '.repeat(Math.max(0, to - textWidth(cell)));
}

/** Columns that a text takes on a terminal; colour codes take none. */
export function textWidth(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
