// SPDX-License-Identifier: MIT
import { maxPayload } from './decode.ts';

const keyPattern = /^[-/=\w]+(\.[-/=\w]+)*$/;

/** @throws TypeError when it could not be part of a subject */
export function checkKey(key: string): void {
  if (!keyPattern.test(key)) throw new TypeError(`${key}: not a key`);
}

/** @throws RangeError when no message could carry it */
export function entryText(key: string, value: unknown): string {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > maxPayload) throw new RangeError(`${key}: the entry is too large`);
  return text;
}
