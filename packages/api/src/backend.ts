// SPDX-License-Identifier: MIT
import type { ReplyOf, RequestOf, SystemStatus } from '@nftoggle/contracts';

/** What clients may ask the daemons through the api. */
export type Question =
  | 'explain'
  | 'schedule'
  | 'allowances'
  | 'bonus'
  | 'grantList'
  | 'grantIssue'
  | 'grantExtend'
  | 'grantRevoke'
  | 'clockAccept'
  | 'wakeTrace';

/** Where the answers come from. */
export interface Backend {
  /** Never fails: what does not answer is null in it. Takes a second at most. */
  status(): Promise<SystemStatus>;
  /** Null when nobody answers within the deadline of the question. */
  ask<Q extends Question>(question: Q, request: RequestOf<Q>): Promise<ReplyOf<Q> | null>;
  /** Told of faults of ours, which clients see as `internal_error`. */
  onFault(error: Error): void;
}
