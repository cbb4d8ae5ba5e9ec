// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { Flow, FlowSource } from './flow.ts';

/** Every reason that a decision can carry. Reasons reach events, statistics and people unchanged. */
export const reasons = {
  rule_allows: 'an allow rule matches the source',
  rule_denies: 'a deny rule matches the source',
  no_rule: 'no rule matches the source, and the default is to deny',
  unknown_service: 'the configuration has no service of that name',
  no_answer: 'no decision arrived in time, so the fallback of the service applied',
  bad_answer: 'the answer was not a decision, so the fallback of the service applied',
  overload: 'too many packets are held already',
  session_not_added: 'the kernel did not take the session, so the packet was dropped',
} as const;

export const Reason = z.enum(Object.keys(reasons) as [keyof typeof reasons, ...(keyof typeof reasons)[]]);
export type Reason = z.infer<typeof Reason>;

/** A point in time as ISO 8601 text in UTC. */
export const Instant = z.iso.datetime();

/** A revision of the configuration: the first 12 hex digits of the SHA-256 of its file. */
export const Revision = z.string().regex(/^[0-9a-f]{12}$/);

export const DecisionRequest = z.object({ flow: Flow });
export type DecisionRequest = z.infer<typeof DecisionRequest>;

/** Policy's answer for a flow. A decision is not a verdict: the interceptor translates it. */
export const Decision = z.object({
  decision: z.enum(['allow', 'deny']),
  reason: Reason,
  /** Path of the deciding rule in the configuration, such as `services.ssh.allow[1]`; null when none matched. */
  rule: z.string().nullable(),
  /** When the permission ends; null for a denial, and for a permission nothing bounds. */
  until: Instant.nullable(),
  /**
   * How many leading bits of the source address the decision holds for: 32 or 128 for that address alone.
   * Less only where every address of the prefix would get the very same answer.
   */
  prefix: z.int().min(1).max(128),
  /** The configuration that the answer was made from. */
  revision: Revision,
});
export type Decision = z.infer<typeof Decision>;

/** "Why may, or may not, this source use this service?" `source` is an address or the name of a device. */
export const ExplainRequest = z.object({
  source: z.string().min(1).max(253),
  service: z.string().min(1).max(63),
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
  /** One sentence for people. */
  text: z.string(),
  checks: z.array(Check),
});
export type Explanation = z.infer<typeof Explanation>;

/** The reply when a question itself is wrong: an unknown service or device, text that is no address. */
export const Refusal = z.object({
  error: z.enum(['unknown_service', 'unknown_source']),
  message: z.string(),
});
export type Refusal = z.infer<typeof Refusal>;

export const ExplainReply = z.union([Explanation, Refusal]);
export type ExplainReply = z.infer<typeof ExplainReply>;
