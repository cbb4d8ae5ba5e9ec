// SPDX-License-Identifier: MIT
// Numbers as people read them, and tables of them.
import type { Paint } from '../paint.ts';
import { textWidth } from './columns.ts';

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `61 kB`, `1.7 MB`: powers of 1,000, two or three digits. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  // What would be rounded to four digits is of the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `12,345` */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `2h10m`, `35m`, `40s`, `3d2h`: at most two units, where a column has no room for words. */
export function shortDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h${minutes % 60 === 0 ? '' : `${minutes % 60}m`}`;
  return `${Math.floor(hours / 24)}d${hours % 24 === 0 ? '' : `${hours % 24}h`}`;
}

/** A title row and rows in columns; all but the first `texts` columns stand to the right, as figures do. */
export function figureTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  texts = 1,
): string[] {
  const widths = titles.map((_title, column) =>
    Math.max(...[titles, ...rows].map((row) => textWidth(row[column] ?? ''))),
  );
  const line = (row: readonly string[]): string =>
    titles
      .map((_title, column) => {
        const cell = row[column] ?? '';
        const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - textWidth(cell)));
        return column < texts ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd();
  return [paint('dim', line(titles)), ...rows.map(line)];
}
