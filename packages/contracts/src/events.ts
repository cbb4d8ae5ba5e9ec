// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { AccountId, Bound, Reason, Revision, Who } from './decision.ts';
import { Address, FlowSource, Port, Protocol } from './flow.ts';
import { Grant } from './grant.ts';
import { Id } from './ids.ts';
import { Instant } from './instant.ts';
import { SessionId, SessionUse } from './session.ts';
import { WakeFailed, WakeReady, WakeStarted } from './wake.ts';

const flowFacts = {
  service: Id,
  source: FlowSource,
  protocol: Protocol,
  destination: Address,
  destinationPort: Port,
};

export const SessionStarted = z.object({
  ...flowFacts,
  session: SessionId,
  who: Who,
  /** What the session covers: the address, or a prefix in CIDR form. */
  covers: z.string(),
  rule: z.string().nullable(),
  reason: Reason,
  until: Instant,
  bound: Bound,
});

/**
 * `idle`: it had no connection for `idle_after`. `expired`: its session time was over, and nobody was connected.
 * `shutdown`: the guard itself was taken away, by `panic` or `mode: watch`.
 */
export const endReasons = [
  'idle',
  'expired',
  'window_end',
  'allowance_spent',
  'rule_expired',
  'grant_ended',
  'revoked',
  'shutdown',
] as const;
export const EndReason = z.enum(endReasons);
export type EndReason = z.infer<typeof EndReason>;

export const SessionEnded = z.object({
  session: SessionId,
  service: Id,
  source: FlowSource,
  covers: z.string(),
  who: Who,
  /** By which rule, and why, it had been let in. */
  rule: z.string().nullable(),
  reason: EndReason,
  since: Instant,
  /** When it was over: `time` of the event may be later, when nobody was there to notice. */
  ended: Instant,
  /** Up to its end; what connections that go on after it (`at_end: keep`) move later is not in it. */
  use: SessionUse,
  /** Live connections that were ended with it; those of `at_end: keep`, and of a session time that is over, go on. */
  cut: z.int(),
});

/** One source refused by one service: the first refusal at once, the following ones as a count, less and less often. */
export const AccessDenied = z.object({
  ...flowFacts,
  who: Who,
  reason: Reason,
  rule: z.string().nullable(),
  /** When the same source would be let in, as far as can be foreseen. */
  next_allowed: Instant.nullable(),
  /** False in `mode: watch`: the packet went on all the same. */
  enforced: z.boolean(),
  /** Packets that were refused since the last event about the same source and service. */
  count: z.int().min(1),
  first: Instant,
  last: Instant,
});

/**
 * Refusals that no `access_denied` tells of, since the last such event: more sources than are told one by one, and
 * what the kernel dropped without asking. With the counts of `access_denied` that is every refused packet, once.
 */
export const DenialsCounted = z.object({
  first: Instant,
  last: Instant,
  services: z.array(
    z.object({
      service: Id,
      /** Packets that were refused after a question, of sources that are not told of one by one; and malformed ones. */
      refused: z.int().min(0),
      /**
       * Packets that the kernel dropped by itself: over the limits, no beginning of a connection, a full queue, or
       * nobody there to answer.
       */
      unasked: z.int().min(0),
    }),
  ),
  /** Sources behind `refused`, counted up to a bound. */
  sources: z.int().min(0),
  /** Those of them with the most packets, most first; 20 at most. */
  most: z.array(z.object({ address: Address, service: Id, count: z.int().min(1) })).max(20),
});

/** A delivery was given up: it waits as a dead letter, to be tried again by hand. */
export const HookFailed = z.object({
  hook: Id,
  letter: z.uuid(),
  event: z.object({ id: z.uuid(), type: z.string() }),
  /** What the last attempt ended with, in words. */
  problem: z.string(),
  attempts: z.int().min(1),
});

export const RulesetRestored = z.object({
  /** What somebody else did to our table. */
  damage: z.enum(['table_removed', 'table_altered']),
});

export const ConfigChanged = z.object({ daemon: z.string(), revision: Revision });
export const ConfigRefused = z.object({ daemon: z.string(), revision: Revision, problem: z.string() });

/** `by`: who changed the end, or ended it; null for a grant whose time was over. */
export const GrantEvent = z.object({ grant: Grant, by: z.string().nullable() });

/** An allowance is running out (`warn_before`), or is spent. */
export const AllowanceEvent = z.object({
  account: AccountId,
  who: z.string(),
  /** In seconds. */
  left: z.number(),
  /** Of the period that gives least. */
  resets: Instant,
});

export const AllowanceChanged = z.object({
  who: z.string(),
  /** In seconds; negative for a penalty. */
  bonus: z.number(),
  by: z.string(),
  why: z.string().nullable(),
});

export const PermissionsChanged = z.object({
  because: z.enum(['grant', 'allowance', 'names', 'countries', 'clock']),
  /** Null: any service. */
  services: z.array(Id).nullable(),
});

export const ClockChanged = z.object({
  trusted: z.boolean(),
  /** Why it is not; null when it is. */
  problem: z.string().nullable(),
});

/** The payload of every event, by type. */
export const eventData = {
  session_started: SessionStarted,
  session_ended: SessionEnded,
  access_denied: AccessDenied,
  denials_counted: DenialsCounted,
  ruleset_restored: RulesetRestored,
  grant_issued: GrantEvent,
  grant_extended: GrantEvent,
  grant_revoked: GrantEvent,
  grant_ended: GrantEvent,
  allowance_low: AllowanceEvent,
  allowance_spent: AllowanceEvent,
  allowance_changed: AllowanceChanged,
  permissions_changed: PermissionsChanged,
  clock_changed: ClockChanged,
  wake_started: WakeStarted,
  wake_ready: WakeReady,
  wake_failed: WakeFailed,
  hook_failed: HookFailed,
  config_changed: ConfigChanged,
  config_refused: ConfigRefused,
} as const;

export type EventType = keyof typeof eventData;
export const eventTypes = Object.keys(eventData) as EventType[];
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>;

/** CloudEvents 1.0 in structured JSON form (https://github.com/cloudevents/spec, v1.0.2). */
export function cloudEvent<T extends EventType>(type: T) {
  return z.object({
    specversion: z.literal('1.0'),
    id: z.uuid(),
    /** The node and daemon, as `/nftoggle/<node>/<daemon>`. */
    source: z.string(),
    type: z.literal(type),
    /** The service the event is about, where it is about one. */
    subject: z.string().optional(),
    time: Instant,
    datacontenttype: z.literal('application/json'),
    data: eventData[type],
  });
}

export interface CloudEvent<T extends EventType = EventType> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: T;
  readonly subject?: string | undefined;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: EventData<T>;
}
