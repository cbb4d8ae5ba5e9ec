// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { Id } from './ids.ts';
import { Instant } from './instant.ts';
import { Refusal } from './refusal.ts';

const HookName = z.string().min(1).max(63);

/** What became of one delivery. */
export const DeliveryOutcome = z.object({
  hook: Id,
  delivered: z.boolean(),
  /** In words: the answer's status, the program's exit code and what it wrote last, or what went wrong. */
  detail: z.string(),
  milliseconds: z.number(),
});
export type DeliveryOutcome = z.infer<typeof DeliveryOutcome>;

/** Delivers an example event now, once, filters aside. */
export const HookTestRequest = z.object({
  hook: HookName,
  /** Of the example; the first one of the hook's `on` where it is absent. */
  type: z.string().max(64).optional(),
});
export const HookTestReply = z.union([DeliveryOutcome, Refusal]);
export type HookTestReply = z.infer<typeof HookTestReply>;

/** An event that a hook did not get, and why. */
export const DeadLetter = z.object({
  id: z.uuid(),
  hook: Id,
  /** When it was given up. */
  at: Instant,
  problem: z.string(),
  attempts: z.int().min(1),
  /** The CloudEvent. */
  event: z.record(z.string(), z.unknown()),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

/** Newest first; without the events, so that many fit. */
export const DeadLettersRequest = z.object({
  hook: HookName.optional(),
  limit: z.int().min(1).max(500).default(100),
});
export const DeadLetters = z.object({
  letters: z.array(
    DeadLetter.omit({ event: true }).extend({
      event: z.object({ id: z.uuid(), type: z.string(), time: Instant }),
    }),
  ),
  total: z.int(),
});
export type DeadLetters = z.infer<typeof DeadLetters>;
export const DeadLettersReply = z.union([DeadLetters, Refusal]);

/** Tries one dead letter again, once; it is gone when it is delivered. `discard`: it goes without a try. */
export const DeadLetterRequest = z.object({ id: z.uuid(), discard: z.boolean().default(false) });
export const DeadLetterReply = z.union([DeliveryOutcome, Refusal]);
export type DeadLetterReply = z.infer<typeof DeadLetterReply>;
