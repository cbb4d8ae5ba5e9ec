// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';

const unitBytes: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** `512M`: bytes. Whole numbers with a unit, which is a power of 1024. */
export function parseSize(text: string): Parsed<number> {
  const [, count = '', unit = ''] = /^(\d{1,6})([KMG])$/.exec(text) ?? [];
  const bytes = unitBytes[unit];
  if (bytes !== undefined) return accept(Number(count) * bytes);
  return refuse(`${JSON.stringify(text)} is not a size.`, remedyFor(text));
}

function remedyFor(text: string): string {
  const [, count, unit = ''] = /^(\d{1,6})\s*([kmg]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  if (count === undefined) return 'Write a whole number with a unit, such as 512M or 2G.';
  if (unit === '') return `Add the unit: "${count}M" for mebibytes, "${count}G" for gibibytes.`;
  return `Write ${count}${unit.toUpperCase()}.`;
}
