// SPDX-License-Identifier: MIT
// Dead letters: what hooks did not get, under a name that follows from the hook and the event.
import { createHash } from 'node:crypto';
import type { CloudEvent, DeadLetter } from '@nftoggle/contracts';
import { cut } from './plain-text.ts';

/** Where letters are kept. All reject while that is not to be reached. */
export interface Letters {
  put(key: string, letter: DeadLetter): Promise<void>;
  get(key: string): Promise<DeadLetter | undefined>;
  /** Those that begin with `prefix`, oldest first. */
  keys(prefix?: string): Promise<readonly string[]>;
  remove(key: string): Promise<boolean>;
}

/** The same hook and event always give the same id, so that a letter that is kept again is still one letter. */
export function letterId(hook: string, event: string): string {
  const bytes = createHash('sha256').update(`${hook}\n${event}`).digest().subarray(0, 16);
  // Version 8, and the variant: RFC 9562, section 5.8.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function letterKey(hook: string, id: string): string {
  return `${hook}.${id}`;
}

export function aLetter(
  hook: string,
  event: CloudEvent,
  end: { readonly at: number; readonly problem: string; readonly attempts: number },
): DeadLetter {
  return {
    id: letterId(hook, event.id),
    hook,
    at: new Date(end.at).toISOString(),
    problem: end.problem,
    attempts: end.attempts,
    event: bounded(event),
  };
}

/** Of an event and of a text in it, in UTF-16 units and characters: a letter has to fit into a message, as the event just did. */
const longestEvent = 60_000;
const longestText = 4_000;

function bounded(event: CloudEvent): Record<string, unknown> {
  const json = JSON.stringify(event);
  if (json.length <= longestEvent) return { ...event };
  return JSON.parse(json, (_, value: unknown) =>
    typeof value === 'string' ? cut(value, longestText) : value,
  );
}
