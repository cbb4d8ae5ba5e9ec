// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { AtEnd, Bound, Revision, Who } from './decision.ts';
import { Id } from './ids.ts';
import { Instant } from './instant.ts';
import { SessionId, SessionUse } from './session.ts';

export const StatusRequest = z.object({});

/** What every daemon says of itself. */
export const DaemonStatus = z.object({
  daemon: z.enum(['interceptor', 'policy', 'wol', 'hooks', 'stats', 'api']),
  pid: z.int(),
  started: Instant,
  /** The configuration in force, and the problem that keeps a newer file from it, if there is one. */
  revision: Revision,
  problem: z.string().nullable(),
});
export type DaemonStatus = z.infer<typeof DaemonStatus>;

/** One kernel queue, by the counters of /proc/net/netfilter/nfnetlink_queue. */
export const QueueStatus = z.object({
  number: z.int(),
  lane: z.enum(['known', 'strangers']),
  /** Packets that wait for a verdict now. */
  waiting: z.int(),
  /** Packets ever handed to us: the kernel's id sequence. */
  total: z.int(),
  /** Packets that the kernel dropped because the queue, or our socket, was full. */
  droppedFull: z.int(),
  droppedSocket: z.int(),
});
export type QueueStatus = z.infer<typeof QueueStatus>;

/** One source that uses one service. */
export const Session = z.object({
  session: SessionId,
  service: Id,
  who: Who,
  /** The address (`fe80::1%eth0` on its link), or the prefix in CIDR form where one decision covers it. */
  covers: z.string(),
  since: Instant,
  until: Instant,
  bound: Bound,
  at_end: AtEnd,
  /** True when its use is charged to an allowance. */
  metered: z.boolean(),
  rule: z.string().nullable(),
  reason: z.string(),
  /** As of the last look at the connections. */
  use: SessionUse,
});
export type Session = z.infer<typeof Session>;

/** What guards the ports: `guarding`; `removed` after `panic`; `failed` when the ruleset could not be loaded. */
export const GuardState = z.enum(['guarding', 'watching', 'removed', 'failed']);

export const GuardedService = z.object({
  name: Id,
  ports: z.array(z.string()),
  /** Where the traffic goes: `this box`, the names of devices, or `LAN to Internet`. */
  guards: z.string(),
  sessions: z.int(),
});

/** How use is measured: `time` charges for as long as a connection is open, because this kernel counts no traffic. */
export const Metering = z.enum(['traffic', 'time']);

export const InterceptorStatus = DaemonStatus.extend({
  daemon: z.literal('interceptor'),
  guard: GuardState,
  /** How packets get to us: the `queue` statement of nftables or the xtables target NFQUEUE. */
  queueMechanism: z.enum(['nft_queue', 'xt_NFQUEUE', 'none']),
  queues: z.array(QueueStatus),
  held: z.int(),
  heldLimit: z.int(),
  /** Packets among them that wait for a machine to wake. */
  waking: z.int(),
  wakingLimit: z.int(),
  services: z.array(GuardedService),
  /** The newest 500 of them at most. */
  sessions: z.array(Session),
  sessionsTotal: z.int(),
  metering: Metering,
  /**
   * Counts since the daemon started. Every packet is of one kind:
   * packets = allowed + denied + replaced + malformed + held.
   */
  counts: z.object({
    packets: z.int(),
    allowed: z.int(),
    /** Dropped by a decision or the fallback, for want of room, or because the service is gone. */
    denied: z.int(),
    /** Dropped for a newer copy of itself: the source sent it again while it was held. */
    replaced: z.int(),
    malformed: z.int(),
    /** Questions, of whatever number of packets, that got the fallback for want of an answer. */
    fallback: z.int(),
    /** Packets among the allowed and denied that the kernel had thrown away before the verdict came. */
    vanished: z.int(),
    /** How often our table was put back. */
    restored: z.int(),
    /** Not among the packets: those that the kernel dropped by itself. See `DenialsCounted`. */
    unasked: z.int(),
  }),
});
export type InterceptorStatus = z.infer<typeof InterceptorStatus>;

/** `file`: the user's own, or `built-in`. `built`: when its makers made it; null while it cannot be read at all. */
const DatabaseStatus = z.object({
  file: z.string(),
  built: Instant.nullable(),
  problem: z.string().nullable(),
});

export const PolicyStatus = DaemonStatus.extend({
  daemon: z.literal('policy'),
  decisions: z.object({ allowed: z.int(), denied: z.int() }),
  /** False until grants and the ledger were read from the bus: until then no grant opens, and no allowance counts. */
  ready: z.boolean(),
  grants: z.int(),
  /** Why windows and allowances do not count now; null when the clock is trusted. */
  clockProblem: z.string().nullable(),
  /** DNS names of the configuration and what is known of them. */
  names: z.array(
    z.object({ name: z.string(), addresses: z.array(z.string()), problem: z.string().nullable() }),
  ),
  /** The country and ASN databases in use; null for one that there is none of. */
  databases: z.object({ countries: DatabaseStatus.nullable(), asn: DatabaseStatus.nullable() }),
});
export type PolicyStatus = z.infer<typeof PolicyStatus>;

export const WolStatus = DaemonStatus.extend({
  daemon: z.literal('wol'),
  waking: z.array(
    z.object({
      device: Id,
      by: z.string(),
      started: Instant,
      deadline: Instant,
      /** Magic packets so far. */
      packets: z.int(),
      problem: z.string().nullable(),
    }),
  ),
  /** Every device that can be woken, and how long that takes, in seconds; null before it was learned. */
  devices: z.array(
    z.object({
      device: Id,
      expected: z.object({ median: z.number(), p95: z.number(), wakes: z.int() }).nullable(),
    }),
  ),
});
export type WolStatus = z.infer<typeof WolStatus>;

export const HooksStatus = DaemonStatus.extend({
  daemon: z.literal('hooks'),
  hooks: z.array(
    z.object({
      hook: Id,
      /** `webhook` with the host it goes to, or `script` with its program. */
      kind: z.enum(['webhook', 'script']),
      target: z.string(),
      /** By this replica, since it started. */
      delivered: z.int(),
      failed: z.int(),
      /** Events that wait for it in the stream; null when that is not known. */
      waiting: z.int().nullable(),
      /** What the last attempt ended with, where it failed; null when it succeeded, or there was none. */
      problem: z.string().nullable(),
    }),
  ),
  /** Dead letters of all hooks; null when that is not known. */
  letters: z.int().nullable(),
});
export type HooksStatus = z.infer<typeof HooksStatus>;

export const StatsStatus = DaemonStatus.extend({
  daemon: z.literal('stats'),
  file: z.string(),
  /** On disk, in bytes, the write-ahead log included. */
  bytes: z.int(),
  /** Raw events that are kept, and when the oldest of them was published. */
  events: z.int(),
  oldest: Instant.nullable(),
  /** Events in the stream that are not stored yet; null when that is not known. */
  waiting: z.int().nullable(),
});
export type StatsStatus = z.infer<typeof StatsStatus>;

/** The whole system as the api sees it; a daemon that did not answer is null. */
export const SystemStatus = z.object({
  node: Id,
  version: z.string(),
  mode: z.enum(['enforce', 'watch']),
  /** IANA name of the time zone of the configuration. */
  timezone: z.string(),
  /** True when ports are guarded and questions get answers. */
  healthy: z.boolean(),
  api: DaemonStatus,
  interceptor: InterceptorStatus.nullable(),
  policy: PolicyStatus.nullable(),
  wol: WolStatus.nullable(),
  hooks: HooksStatus.nullable(),
  stats: StatsStatus.nullable(),
});
export type SystemStatus = z.infer<typeof SystemStatus>;
