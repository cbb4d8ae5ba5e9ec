// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { Instant } from './instant.ts';
import { Refusal } from './refusal.ts';

/** A person says that the clock is right, and a later time that was seen before was not. */
export const ClockAcceptRequest = z.object({ by: z.string().min(1).max(100) });
export type ClockAcceptRequest = z.infer<typeof ClockAcceptRequest>;

export const ClockAccepted = z.object({ now: Instant, timezone: z.string() });
export type ClockAccepted = z.infer<typeof ClockAccepted>;
export const ClockAcceptReply = z.union([ClockAccepted, Refusal]);
export type ClockAcceptReply = z.infer<typeof ClockAcceptReply>;
