// SPDX-License-Identifier: MIT

/** For whom: a source as a rule names it, in a sentence. */
export function forWhom(source: string): string {
  if (source === 'any') return 'everybody';
  return source === 'lan' ? 'the LAN' : source;
}
