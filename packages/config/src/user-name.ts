// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';

/** 2^32 - 1 means "leave it as it is" to setuid(2) and its kin. */
const largestUid = 4_294_967_294;

/** A user that a program may run as: a name (useradd(8)) or a number, and never root. */
export function parseUser(input: string | number): Parsed<string> {
  const text = String(input);
  if (text === 'root' || /^0+$/.test(text)) {
    return refuse('Programs of hooks never run as root.', 'Write another user, such as nobody.');
  }
  const isName = /^[a-z_][a-z0-9_.-]{0,31}$/i.test(text);
  const isNumber = /^[1-9]\d{0,9}$/.test(text) && Number(text) <= largestUid;
  if (isName || isNumber) return accept(text);
  const remedy = 'Write the name of a user, such as nobody, or its number.';
  return refuse(`${JSON.stringify(text)} is not a user.`, remedy);
}
