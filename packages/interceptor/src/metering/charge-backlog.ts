// SPDX-License-Identifier: MIT
// Time of use that policy has not confirmed yet, in order. A charge is never lost while it can be kept, and
// never told in two ways: what was sent once stays as it is until it is answered.
import type { AccountId, ChargeRequest } from '@nftoggle/contracts';

/** Use within a span of the clock on the wall, both ends in milliseconds since the epoch. */
export interface ChargedSpan {
  readonly from: number;
  readonly to: number;
  /** In milliseconds. */
  readonly used: ReadonlyMap<AccountId, number>;
}

/** Accounts in one request, so that it fits into a message on the bus. */
const maxCharges = 400;
/** Spans that wait; at a tick of ten seconds two hours of them. */
const maxWaiting = 720;
/** Spans are merged up to this length, so that each is charged to about the day it was on. In milliseconds. */
const longestMerged = 60 * 60 * 1000;
/** What one charge may hold, in seconds. */
const mostSeconds = 86_400;

export class ChargeBacklog {
  readonly #meter: string;
  #waiting: ChargedSpan[] = [];
  /** Sent, or about to be: the first of them is repeated until it is answered. */
  #requests: ChargeRequest[] = [];
  #sequence = 0;

  /** `meter`: a UUID that no other life of any interceptor has. */
  constructor(meter: string) {
    this.#meter = meter;
  }

  get isEmpty(): boolean {
    return this.#requests.length === 0 && this.#waiting.length === 0;
  }

  /** How many spans wait behind the one that is being told. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(span: ChargedSpan): void {
    if (span.used.size === 0) return;
    this.#waiting.push(span);
    if (this.#waiting.length > maxWaiting) this.#waiting = mergeOldest(this.#waiting);
  }

  /** What to tell now: the same, with the same sequence, until it is answered. */
  next(): ChargeRequest | undefined {
    if (this.#requests.length === 0) this.#number(this.#waiting.shift());
    return this.#requests[0];
  }

  answered(): void {
    this.#requests.shift();
  }

  #number(span: ChargedSpan | undefined): void {
    if (span === undefined) return;
    const charges = [...span.used].map(([account, used]) => ({
      account,
      seconds: Math.min(used / 1_000, mostSeconds),
    }));
    for (let at = 0; at < charges.length; at += maxCharges) {
      this.#sequence += 1;
      this.#requests.push({
        meter: this.#meter,
        sequence: this.#sequence,
        from: new Date(span.from).toISOString(),
        to: new Date(Math.ceil(span.to)).toISOString(),
        charges: charges.slice(at, at + maxCharges),
      });
    }
  }
}

/** Makes one of the two oldest neighbours that are short enough, or else of the two oldest. */
function mergeOldest(spans: readonly ChargedSpan[]): ChargedSpan[] {
  const short = spans.findIndex((span, i) => (spans[i + 1]?.to ?? Infinity) - span.from <= longestMerged);
  const at = Math.max(short, 0);
  const [older, newer] = [spans[at], spans[at + 1]];
  if (older === undefined || newer === undefined) return [...spans];
  return [...spans.slice(0, at), merged(older, newer), ...spans.slice(at + 2)];
}

function merged(older: ChargedSpan, newer: ChargedSpan): ChargedSpan {
  const used = new Map(older.used);
  for (const [account, time] of newer.used) used.set(account, (used.get(account) ?? 0) + time);
  // The clock on the wall may have been set between them.
  return { from: Math.min(older.from, newer.from), to: Math.max(older.to, newer.to), used };
}
