// SPDX-License-Identifier: MIT
// Questions about the past. Times are ISO 8601 in UTC; `from` is included, `to` is not.
import { z } from 'zod';
import { Reason, Who } from './decision.ts';
import { EndReason } from './events.ts';
import { Address } from './flow.ts';
import { Id } from './ids.ts';
import { Instant } from './instant.ts';
import { Refusal } from './refusal.ts';
import { SessionId, SessionUse } from './session.ts';

/** A span of time, and whose: every part that is absent means all. */
export const StatsScope = z.object({
  from: Instant,
  to: Instant,
  service: Id.optional(),
  person: Id.optional(),
});
export type StatsScope = z.infer<typeof StatsScope>;

/** Rows come newest first, in pages. */
const paging = {
  limit: z.int().min(1).max(500).default(100),
  /** `next` of the page before. */
  after: z.string().max(64).optional(),
};

/** What is added up. */
export const StatsSums = z.object({
  /** Sessions that were started. */
  sessions: z.int(),
  /** Seconds of use of sessions that ended. */
  active: z.number(),
  connections: z.int(),
  /** Bytes from sources, and to them. */
  bytes_in: z.int(),
  bytes_out: z.int(),
  /** Packets that were refused after a question, and without one. */
  denied: z.int(),
  unasked: z.int(),
});
export type StatsSums = z.infer<typeof StatsSums>;

/** Of nothing at all. */
export const noSums: StatsSums = {
  sessions: 0,
  active: 0,
  connections: 0,
  bytes_in: 0,
  bytes_out: 0,
  denied: 0,
  unasked: 0,
};

export const StatsSummaryRequest = StatsScope;
/** All that a dashboard shows of a span, by whole hours. Lists are sorted by what is most, and cut at 50. */
export const StatsSummary = z.object({
  from: Instant,
  to: Instant,
  timezone: z.string(),
  sums: StatsSums,
  services: z.array(StatsSums.extend({ service: z.string() })),
  /** Null: nobody's device. */
  people: z.array(StatsSums.extend({ person: z.string().nullable() })),
  countries: z.array(StatsSums.extend({ country: z.string().nullable() })),
  sources: z.array(StatsSums.extend({ address: z.string(), device: z.string().nullable() })),
  /** Local days of the configuration's time zone, oldest first; without a limit. */
  days: z.array(StatsSums.extend({ day: z.iso.date() })),
});
export type StatsSummary = z.infer<typeof StatsSummary>;
export const StatsSummaryReply = z.union([StatsSummary, Refusal]);

export const StatsSeriesRequest = StatsScope.extend({ step: z.enum(['minute', 'hour', 'day']) });
/** Sums by time, oldest first; steps in which nothing happened are absent. At most 1,000 points. */
export const StatsSeries = z.object({ points: z.array(StatsSums.extend({ at: Instant })) });
export type StatsSeries = z.infer<typeof StatsSeries>;
export const StatsSeriesReply = z.union([StatsSeries, Refusal]);

export const SessionsRequest = StatsScope.extend({ source: z.string().max(64).optional(), ...paging });
export const SessionRecord = z.object({
  session: SessionId,
  service: z.string(),
  address: Address,
  mac: z.string().nullable(),
  who: Who,
  rule: z.string().nullable(),
  since: Instant,
  /** Null while it lives, as far as is known. */
  ended: Instant.nullable(),
  reason: EndReason.nullable(),
  use: SessionUse.nullable(),
});
export type SessionRecord = z.infer<typeof SessionRecord>;
export const SessionsPage = z.object({ sessions: z.array(SessionRecord), next: z.string().nullable() });
export type SessionsPage = z.infer<typeof SessionsPage>;
export const SessionsReply = z.union([SessionsPage, Refusal]);

export const DenialsRequest = StatsScope.extend({ source: z.string().max(64).optional(), ...paging });
export const DenialRecord = z.object({
  service: z.string(),
  address: Address,
  mac: z.string().nullable(),
  who: Who,
  reason: Reason,
  rule: z.string().nullable(),
  count: z.int(),
  first: Instant,
  last: Instant,
  enforced: z.boolean(),
});
export type DenialRecord = z.infer<typeof DenialRecord>;
export const DenialsPage = z.object({ denials: z.array(DenialRecord), next: z.string().nullable() });
export type DenialsPage = z.infer<typeof DenialsPage>;
export const DenialsReply = z.union([DenialsPage, Refusal]);

export const EventsRequest = z.object({
  from: Instant.optional(),
  to: Instant.optional(),
  types: z.array(z.string().max(64)).max(32).optional(),
  service: Id.optional(),
  ...paging,
});
/** CloudEvents as they were published. A page may hold fewer than `limit`, so that it fits into a message. */
export const EventsPage = z.object({
  events: z.array(z.record(z.string(), z.unknown())),
  next: z.string().nullable(),
});
export type EventsPage = z.infer<typeof EventsPage>;
export const EventsReply = z.union([EventsPage, Refusal]);
