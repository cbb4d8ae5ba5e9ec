// SPDX-License-Identifier: MIT
import type { ReplyOf, RequestName, RequestOf, SystemStatus } from '@nftoggle/contracts';
import type { EventFeed } from './event-feed.ts';

/** What clients may ask the daemons through the api. */
export type Question = Extract<
  RequestName,
  | 'explain'
  | 'schedule'
  | 'allowances'
  | 'bonus'
  | 'grantList'
  | 'grantIssue'
  | 'grantExtend'
  | 'grantRevoke'
  | 'clockAccept'
  | 'wakeTrace'
  | 'hooksStatus'
  | 'hookTest'
  | 'deadLetters'
  | 'deadLetter'
  | 'statsSummary'
  | 'statsSeries'
  | 'statsSessions'
  | 'statsDenials'
  | 'statsEvents'
>;

/** Where the answers come from. */
export interface Backend {
  /** What happens now, and did a moment ago. */
  readonly feed: EventFeed;
  /** Never fails: what does not answer is null in it. Takes a second at most. */
  status(): Promise<SystemStatus>;
  /** Null when nobody answers within the deadline of the question. */
  ask<Q extends Question>(question: Q, request: RequestOf<Q>): Promise<ReplyOf<Q> | null>;
  /** IANA name of the time zone in which clients speak of times. */
  timezone(): string;
  /** Told of each request when it is over: the pattern of its route, and the status it got. */
  onAnswered(route: string, status: number): void;
  /** Told of faults of ours, which clients see as `internal_error`. */
  onFault(error: Error): void;
}
