// SPDX-License-Identifier: MIT
import type { Hook } from '@nftoggle/config';
import type { Message } from './formats.ts';

/** What came of one attempt to deliver an event. */
export interface Attempt {
  readonly delivered: boolean;
  /** In words, in one line. Without secrets: URLs hold some, so it names hosts alone. */
  readonly detail: string;
  /** The receiver understood, and does not want it: to repeat it hardly helps. */
  readonly refused: boolean;
  /** How long the receiver wants to be left alone, in milliseconds; null when it does not say. */
  readonly retryAfter: number | null;
}

/** Tries once, for as long as the hook's `timeout` at most. Never rejects. When `signal` is aborted it ends soon. */
export type Deliver = (hook: Hook, message: Message, signal: AbortSignal) => Promise<Attempt>;

export function failed(detail: string): Attempt {
  return { delivered: false, detail, refused: false, retryAfter: null };
}
