// SPDX-License-Identifier: MIT

/** What is wrong with a piece of text, in a sentence, and what would be right, in another. */
export interface Fault {
  readonly message: string;
  readonly remedy: string;
}

/** Text that a person wrote is wrong often enough for that to be a value and not an exception. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Fault);

export function accept<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refuse<T>(message: string, remedy: string): Parsed<T> {
  return { ok: false, message, remedy };
}
