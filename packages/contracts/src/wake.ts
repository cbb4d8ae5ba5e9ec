// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { Port, Protocol } from './flow.ts';
import { Id } from './ids.ts';
import { Instant } from './instant.ts';
import { Refusal } from './refusal.ts';

/**
 * "I need this device: is it ready?" Wakes it if it sleeps. Answered when it is ready, when waking it has failed,
 * or after `patience` with how it stands. It may be asked as often as one likes: a device is woken once however
 * many ask.
 */
export const WakeRequest = z.object({
  device: Id,
  /** The port that is needed; null when no particular one is. */
  port: z.object({ protocol: Protocol, port: Port }).nullable(),
  /** The address that it is needed at; null for the first one of the device. */
  address: z.string().nullable(),
  /** In milliseconds. */
  patience: z.int().min(0).max(5_000),
  /** On whose behalf: the service, or the one who typed `nftoggle wake`. */
  by: z.string().min(1).max(100),
});
export type WakeRequest = z.infer<typeof WakeRequest>;

export const WakeState = z.object({
  /** `failed`: it was not ready at the deadline of its wake. It is woken again when asked after `retryAt`. */
  state: z.enum(['ready', 'waking', 'failed']),
  device: Id,
  /** Of the wake under way or the last one; null when it was up already. */
  started: Instant.nullable(),
  deadline: Instant.nullable(),
  retryAt: Instant.nullable(),
  /** How long waking it takes as a rule, in seconds; null before it was learned. */
  expected: z.number().nullable(),
  /** What is wrong, in words, where something is. */
  problem: z.string().nullable(),
});
export type WakeState = z.infer<typeof WakeState>;
export const WakeReply = z.union([WakeState, Refusal]);
export type WakeReply = z.infer<typeof WakeReply>;

/** Each step of a wake as it happens, or of an examination without one (`doctor`). */
export const WakeStep = z.object({
  /** Milliseconds since the beginning. */
  at: z.number(),
  step: z.enum(['probe', 'path', 'packets', 'neighbour', 'alive', 'ready', 'failed', 'advice']),
  /** True: as it should be; false: this is wrong; null: neither. */
  ok: z.boolean().nullable(),
  text: z.string(),
});
export type WakeStep = z.infer<typeof WakeStep>;

/** The steps from `after` on (an index into them), answered as soon as there are new ones or after `patience`. */
export const WakeTraceRequest = z.object({
  device: Id,
  after: z.int().min(0),
  patience: z.int().min(0).max(5_000),
  /** True: look at everything, wake nothing. */
  doctor: z.boolean(),
  by: z.string().min(1).max(100),
});
export type WakeTraceRequest = z.infer<typeof WakeTraceRequest>;
export const WakeTrace = z.object({ steps: z.array(WakeStep), done: z.boolean(), ok: z.boolean() });
export type WakeTrace = z.infer<typeof WakeTrace>;
export const WakeTraceReply = z.union([WakeTrace, Refusal]);
export type WakeTraceReply = z.infer<typeof WakeTraceReply>;

export const WakeStarted = z.object({ device: Id, by: z.string(), expected: z.number().nullable() });
export const WakeReady = z.object({
  device: Id,
  by: z.string(),
  /** Seconds from the first magic packet, or the start of the command, to the answer of what was needed. */
  seconds: z.number(),
  /** Magic packets, each counted once however many ways it went. */
  packets: z.int(),
});
export const WakeFailed = z.object({
  device: Id,
  by: z.string(),
  seconds: z.number(),
  packets: z.int(),
  problem: z.string(),
});
