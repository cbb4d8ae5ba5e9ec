// SPDX-License-Identifier: MIT
// Plain values of a file of which nothing is known yet.
import type { Path } from './problem.ts';

export type RawBlock = Readonly<Record<string, unknown>>;

export function isBlock(value: unknown): value is RawBlock {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isBlock(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, raw);
}

/** The entries of a section; none when it is not a block. */
export function blockEntries(
  raw: unknown,
  section: string,
): readonly (readonly [name: string, value: unknown])[] {
  const block = valueAt(raw, [section]);
  return isBlock(block) ? Object.entries(block) : [];
}

/** Each text of a value that may be one text or a list of them, with its path. */
export function textsOf(value: unknown, path: Path): readonly (readonly [path: Path, text: string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown, index) =>
    typeof entry === 'string' ? [[[...path, index], entry]] : [],
  );
}

/** What a person would call it. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isBlock(value)) return 'a block of keys';
  return typeof value === 'string' ? JSON.stringify(withoutUrlPath(value)) : String(value);
}

/** Of a URL only the host: what stands behind it, and before it, lets people into chat rooms. */
function withoutUrlPath(text: string): string {
  const url = /^https?:\/\/\S*$/i.test(text) ? URL.parse(text) : null;
  return url === null || text.replace(/\/$/, '') === url.origin ? text : `${url.origin}/…`;
}
