// SPDX-License-Identifier: MIT
// What a URL says behind its `?`: texts, each as often as it is written.

export interface WithQuery {
  readonly Querystring: Readonly<Record<string, unknown>>;
}

/** Digits as the number they are; what is no number stays what it is, for the schema to refuse. */
export function numberIn(field: string, text: unknown): Readonly<Record<string, number>> {
  return typeof text === 'string' && /^\d{1,5}$/.test(text) ? { [field]: Number(text) } : {};
}

/** A parameter that may be repeated, as a list. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  return value === undefined || Array.isArray(value) ? value : [value];
}
