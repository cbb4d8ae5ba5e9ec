// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { Id } from './ids.ts';
import { Instant } from './instant.ts';
import { Refusal } from './refusal.ts';

export const GrantId = z.string().regex(/^[a-z0-9]{8}$/);
export type GrantId = z.infer<typeof GrantId>;

const By = z.string().min(1).max(100);
const Why = z.string().min(1).max(500);
const SourceName = z.string().min(1).max(253);

/** An explicit permission with an end, and who gave it. It opens whatever the allow rules say, and no deny rule. */
export const Grant = z.object({
  id: GrantId,
  service: Id,
  /** As a rule names one: an address, a network, a device, a group, a person, `lan`, `any`. */
  source: SourceName,
  /** When somebody gave it its end: first, or last. */
  issued: Instant,
  until: Instant,
  /** Who gave it, as the client calls itself. */
  by: By,
  why: Why.nullable(),
});
export type Grant = z.infer<typeof Grant>;

/** A grant for the same service and source that is open already is extended (or shortened) to the new end. */
export const GrantIssueRequest = z.object({
  service: z.string().min(1).max(63),
  source: SourceName,
  /** ISO 8601 or as people say it: `18:40`, `fri 20:55`. Either this or `seconds`. */
  until: z.string().min(1).max(64).optional(),
  seconds: z
    .int()
    .min(1)
    .max(365 * 86_400)
    .optional(),
  by: By,
  why: Why.optional(),
});
export type GrantIssueRequest = z.infer<typeof GrantIssueRequest>;

export const GrantIssued = z.object({
  grant: Grant,
  /** True when it was open already, and only its end is another. */
  extended: z.boolean(),
  /** The rule that would refuse the source now but for the grant; null when none does. */
  overrides: z.string().nullable(),
  /** Why it would, as a code of `reasons`; absent where that is not known. */
  overrides_reason: z.string().optional(),
  /** What the one who opens should know, such as a deny rule that stands all the same. */
  notes: z.array(z.string()),
  timezone: z.string(),
});
export type GrantIssued = z.infer<typeof GrantIssued>;
export const GrantIssueReply = z.union([GrantIssued, Refusal]);
export type GrantIssueReply = z.infer<typeof GrantIssueReply>;

/** The new end of one grant. It may lie earlier, but not in the past. */
export const GrantExtendRequest = z.object({
  id: z.string().min(1).max(63),
  until: z.string().min(1).max(64).optional(),
  seconds: z
    .int()
    .min(1)
    .max(365 * 86_400)
    .optional(),
  by: By,
});
export type GrantExtendRequest = z.infer<typeof GrantExtendRequest>;

export const GrantListRequest = z.object({});
export const GrantList = z.object({ grants: z.array(Grant), timezone: z.string() });
export type GrantList = z.infer<typeof GrantList>;
export const GrantListReply = z.union([GrantList, Refusal]);
export type GrantListReply = z.infer<typeof GrantListReply>;

/** One grant by its id, or all of a service, or those of a service for one source. */
export const GrantRevokeRequest = z.object({
  id: z.string().min(1).max(63).optional(),
  service: z.string().min(1).max(63).optional(),
  source: SourceName.optional(),
  by: By,
});
export type GrantRevokeRequest = z.infer<typeof GrantRevokeRequest>;
/** Those that were revoked. */
export const GrantRevokeReply = z.union([GrantList, Refusal]);
export type GrantRevokeReply = z.infer<typeof GrantRevokeReply>;
