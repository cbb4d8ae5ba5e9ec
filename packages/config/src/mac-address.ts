// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';

/** Six hex pairs with `:` or `-`, in any case: lower case with colons. */
export function parseMacAddress(text: string): Parsed<string> {
  if (/^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text)) {
    return accept(text.toLowerCase().replaceAll('-', ':'));
  }
  return refuse(
    `${JSON.stringify(text)} is not a hardware (MAC) address.`,
    'Write six pairs of hex digits, such as 00:11:32:aa:bb:cc.',
  );
}
