// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { AccountId } from './decision.ts';
import { Id } from './ids.ts';
import { Instant } from './instant.ts';
import { Refusal } from './refusal.ts';

export const periods = ['daily', 'weekly', 'monthly'] as const;
export const Period = z.enum(periods);
export type Period = z.infer<typeof Period>;

/**
 * Time of use, as the interceptor measured it: of each account once, however many devices and services used it
 * at once. A request that is repeated, with the same meter and sequence, is charged once.
 */
export const ChargeRequest = z.object({
  /** One life of one interceptor. */
  meter: z.uuid(),
  /** Rises with each request of that meter. */
  sequence: z.int().min(1),
  /** The span that was measured, by the clock on the wall. */
  from: Instant,
  to: Instant,
  charges: z
    .array(
      z.object({
        account: AccountId,
        /** Time within the span that the account was in use, in seconds. */
        seconds: z.number().min(0).max(86_400),
      }),
    )
    .max(2_000),
});
export type ChargeRequest = z.infer<typeof ChargeRequest>;

/** What is left of each account, in seconds; null for one that has no limit now. */
export const ChargeReply = z.union([
  z.object({ balances: z.array(z.object({ account: AccountId, left: z.number().nullable() })) }),
  Refusal,
]);
export type ChargeReply = z.infer<typeof ChargeReply>;

/** All times in seconds. */
export const PeriodBalance = z.object({
  period: Period,
  /** What the configuration gives. */
  size: z.number(),
  /** What somebody added for today, or took away. */
  bonus: z.number(),
  used: z.number(),
  /** Never below zero, and never above `size` and `bonus`. */
  left: z.number(),
  /** When the next period begins. */
  resets: Instant,
});
export type PeriodBalance = z.infer<typeof PeriodBalance>;

export const AllowanceBalance = z.object({
  account: AccountId,
  /** The name of the person, device or group, or the source as the rule names it. */
  who: z.string(),
  /** The service that it is for; null for a person's, which is for several. */
  service: Id.nullable(),
  /** The services that count toward it. */
  services: z.array(Id),
  periods: z.array(PeriodBalance),
  /** The least of all periods. */
  left: z.number(),
  /** True in a window that is not charged. */
  uncharged: z.boolean(),
});
export type AllowanceBalance = z.infer<typeof AllowanceBalance>;

/** `who`: the allowances of one person, device or group; all without it. */
export const AllowancesRequest = z.object({ who: z.string().min(1).max(253).optional() });
export type AllowancesRequest = z.infer<typeof AllowancesRequest>;
export const Allowances = z.object({
  allowances: z.array(AllowanceBalance),
  timezone: z.string(),
  /** Why nothing of it counts now (see the reason `clock_untrusted`); null when all is well. */
  problem: z.string().nullable(),
});
export type Allowances = z.infer<typeof Allowances>;
export const AllowancesReply = z.union([Allowances, Refusal]);
export type AllowancesReply = z.infer<typeof AllowancesReply>;

/** More time for today, or less: it counts toward every allowance of that person, device or group. */
export const BonusRequest = z.object({
  who: z.string().min(1).max(253),
  /** Negative for a penalty. */
  seconds: z.int().min(-86_400).max(86_400),
  by: z.string().min(1).max(100),
  why: z.string().min(1).max(500).optional(),
});
export type BonusRequest = z.infer<typeof BonusRequest>;
