// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';

/** `IFNAMSIZ` is 16 with the closing zero. Stricter than the kernel: nothing that would need quoting. */
export function parseInterfaceName(text: string): Parsed<string> {
  if (/^[a-zA-Z0-9_.@-]{1,15}$/.test(text) && !/^\.+$/.test(text)) return accept(text);
  return refuse(
    `${JSON.stringify(text)} is not the name of a network interface.`,
    'Write up to 15 letters, digits, ".", "_", "@" and "-", such as eth0.',
  );
}
