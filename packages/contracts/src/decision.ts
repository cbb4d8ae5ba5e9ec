// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { Flow, FlowSource } from './flow.ts';
import { GrantId } from './grant.ts';
import { Id } from './ids.ts';
import { Instant } from './instant.ts';
import { Refusal } from './refusal.ts';

/** Every reason that a decision can carry. Reasons reach events, statistics and people unchanged. */
export const reasons = {
  rule_allows: 'an allow rule matches the source',
  rule_denies: 'a deny rule matches the source',
  grant_allows: 'somebody granted it for a while',
  no_rule: 'no rule matches the source, and the default is to deny',
  country_refused: 'the rule for the source is for other countries',
  outside_window: 'the rule for the source is for other times',
  allowance_spent: 'the allowance of the source is used up',
  rule_expired: 'the rule for the source has expired',
  clock_untrusted:
    'the clock of this machine is not to be believed, so no window is open and no allowance counts',
  not_ready: 'what has been used of the allowance is not known yet',
  unknown_service: 'the configuration has no service of that name',
  no_answer: 'no decision arrived in time, so the fallback of the service applied',
  bad_answer: 'the answer was not a decision, so the fallback of the service applied',
  overload: 'too many packets are held already',
  wake_failed: 'the machine that was asked for was not ready in time',
  waking_overload: 'too many packets wait for machines to wake already',
  session_not_added: 'the kernel did not take the session, so the packet was dropped',
} as const;

export const Reason = z.enum(Object.keys(reasons) as [keyof typeof reasons, ...(keyof typeof reasons)[]]);
export type Reason = z.infer<typeof Reason>;

/** A revision of the configuration: the first 12 hex digits of the SHA-256 of its file. */
export const Revision = z.string().regex(/^[0-9a-f]{12}$/);

/** What ends a permission. At that instant the source has to be asked about again. */
export const bounds = {
  session_time: 'the time that the service opens for (`open_for`)',
  window_end: 'the window of the rule closes, or one of a deny rule opens',
  allowance: 'the allowance would be spent if it were used without a break',
  rule_expiry: 'the rule expires',
  grant_end: 'the grant ends',
} as const;
export const Bound = z.enum(Object.keys(bounds) as [keyof typeof bounds, ...(keyof typeof bounds)[]]);
export type Bound = z.infer<typeof Bound>;

/** What becomes of live connections when a permission ends: `keep` lets them finish, and admits no new one. */
export const AtEnd = z.enum(['cut', 'keep']);
export type AtEnd = z.infer<typeof AtEnd>;

/**
 * An allowance that somebody uses up: of a person (`person.leo`), or of one entry of a rule's `from`
 * (`service.minecraft.console`). It is a key in the ledger, so it keeps to the characters of one.
 */
export const AccountId = z
  .string()
  .regex(/^(person|service)(\.[a-zA-Z0-9=_-]+)+$/)
  .max(512);
export type AccountId = z.infer<typeof AccountId>;

/** Whose address that is, as far as the configuration and the country database know. */
export const Who = z.object({
  device: Id.nullable(),
  person: Id.nullable(),
  /** ISO 3166-1 code, upper case. */
  country: z.string().nullable(),
});
export type Who = z.infer<typeof Who>;
export const nobody: Who = { device: null, person: null, country: null };

export const DecisionRequest = z.object({ flow: Flow });
export type DecisionRequest = z.infer<typeof DecisionRequest>;

/** Policy's answer for a flow. A decision is not a verdict: the interceptor translates it. */
export const Decision = z.object({
  decision: z.enum(['allow', 'deny']),
  reason: Reason,
  /**
   * Path of the deciding rule in the configuration, such as `services.ssh.allow[1]`. Of a denial: the rule that
   * denies, or that would allow at another time. Of a grant: the rule that it overrides. Null when there is none.
   */
  rule: z.string().nullable(),
  /** The grant that allows; null when it is a rule that does. */
  grant: GrantId.nullable(),
  /** When the permission ends: the earliest of all its bounds. Null for a denial. */
  until: Instant.nullable(),
  /** Which bound that is; null exactly when `until` is. */
  bound: Bound.nullable(),
  /** Of a denial: when the same source would be let in, as far as can be foreseen. Null when that is never. */
  next_allowed: Instant.nullable(),
  /** Of a denial too: what the rule that is named wants for connections that live on from before. */
  at_end: AtEnd,
  /** The device that has to be awake first; null when none has. Of a denial: null. */
  wake: Id.nullable(),
  /** What the time of use is charged to; empty when it is not counted. */
  accounts: z.array(AccountId),
  /**
   * How many leading bits of the source address the decision holds for: 32 or 128 for that address alone.
   * Less only where every address of the prefix would get the very same answer.
   */
  prefix: z.int().min(1).max(128),
  who: Who.default(nobody),
  /** The configuration that the answer was made from. */
  revision: Revision,
});
export type Decision = z.infer<typeof Decision>;

/** "Why may, or may not, this source use this service?" */
export const ExplainRequest = z.object({
  /** An address, or the name of a device or person. */
  source: z.string().min(1).max(253),
  service: z.string().min(1).max(63),
  /** The moment asked about: ISO 8601, or as people say it (`fri 20:55`), in the time zone of the configuration. */
  at: z.string().min(1).max(64).optional(),
});
export type ExplainRequest = z.infer<typeof ExplainRequest>;

/** One condition that was looked at on the way to a decision, in the order it was looked at. */
export const Check = z.object({
  rule: z.string(),
  condition: z.string(),
  passed: z.boolean(),
});
export type Check = z.infer<typeof Check>;

/** A decision with the way to it, made by the same code as a real one. */
export const Explanation = Decision.extend({
  service: z.string(),
  source: FlowSource,
  /** The moment it is about. */
  at: Instant,
  /** IANA name of the time zone that its texts speak in. */
  timezone: z.string(),
  /** One sentence for people. */
  text: z.string(),
  checks: z.array(Check),
});
export type Explanation = z.infer<typeof Explanation>;

export const ExplainReply = z.union([Explanation, Refusal]);
export type ExplainReply = z.infer<typeof ExplainReply>;
