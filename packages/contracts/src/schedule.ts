// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { Id } from './ids.ts';
import { Instant } from './instant.ts';
import { Refusal } from './refusal.ts';

/** `subject`: the name of a person, a device or a service. */
export const ScheduleRequest = z.object({
  subject: z.string().min(1).max(253),
  days: z.int().min(1).max(31).default(7),
});
export type ScheduleRequest = z.input<typeof ScheduleRequest>;

/** A stretch of time in which access is allowed; `allowance`: seconds it may be used at most, null for no limit. */
export const ScheduleSpan = z.object({
  from: Instant,
  to: Instant,
  rule: z.string().nullable(),
  allowance: z.number().nullable(),
});
export type ScheduleSpan = z.infer<typeof ScheduleSpan>;

export const ScheduleRow = z.object({
  service: Id,
  /** The device, or the source as the rule names it. */
  source: z.string(),
  spans: z.array(ScheduleSpan),
});
export type ScheduleRow = z.infer<typeof ScheduleRow>;

export const ScheduleDay = z.object({
  /** `2026-03-29`, in the time zone of the configuration. */
  date: z.iso.date(),
  from: Instant,
  to: Instant,
  /** Seconds by which the clock is put forward (positive) or back within the day; 0 on all others. */
  clockChange: z.int(),
  rows: z.array(ScheduleRow),
});
export type ScheduleDay = z.infer<typeof ScheduleDay>;

export const Schedule = z.object({
  subject: z.string(),
  timezone: z.string(),
  days: z.array(ScheduleDay),
});
export type Schedule = z.infer<typeof Schedule>;
export const ScheduleReply = z.union([Schedule, Refusal]);
export type ScheduleReply = z.infer<typeof ScheduleReply>;
