// SPDX-License-Identifier: MIT
import type { CloudEvent } from '@nftoggle/contracts';
import { flattened } from './flatten.ts';
import { cut } from './plain-text.ts';

/** Longest value of a variable, in characters: the whole event is on the input. */
const longest = 1_000;

/**
 * What a program is told in its environment: `NFTOGGLE_EVENT` (the type), `_ID`, `_TIME`, `_SUBJECT`, `_TEST` (1 for
 * an example, else empty), and everything plain in the data, such as `NFTOGGLE_SOURCE_ADDRESS`. What is null is empty.
 */
export function scriptEnvironment(event: CloudEvent, test: boolean): Readonly<Record<string, string>> {
  const data = [...flattened(event)].map(([name, value]) => [variable(name), text(value)] as const);
  return {
    ...Object.fromEntries(data),
    NFTOGGLE_EVENT: event.type,
    NFTOGGLE_ID: event.id,
    NFTOGGLE_TIME: event.time,
    NFTOGGLE_SUBJECT: text(event.subject),
    NFTOGGLE_TEST: test ? '1' : '',
  };
}

function variable(name: string): string {
  return `NFTOGGLE_${name.toUpperCase().replace(/[^A-Z0-9_]/g, '_')}`;
}

/** A variable ends at a NUL byte, so that one is shown as what cannot be shown. */
function text(value: unknown): string {
  return cut(
    String(value ?? '')
      .replaceAll('\0', '\ufffd')
      .toWellFormed(),
    longest,
  );
}
