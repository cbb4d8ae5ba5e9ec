// SPDX-License-Identifier: MIT
// CSV as RFC 4180 has it, for spreadsheets that take some texts for formulas.

export type Cell = string | number | boolean | null;

/** One record with its line end. */
export function csvRecord(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** What begins like a formula would be one where the file is opened: somebody else's words must not be run. */
function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
