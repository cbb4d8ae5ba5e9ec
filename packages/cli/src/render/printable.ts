// SPDX-License-Identifier: MIT

/** What somebody else wrote, on one line, and without anything that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
