// SPDX-License-Identifier: MIT
import type { z } from 'zod';
import { AllowancesReply, AllowancesRequest, BonusRequest, ChargeReply, ChargeRequest } from './allowance.ts';
import { ClockAcceptReply, ClockAcceptRequest } from './clock.ts';
import { Decision, DecisionRequest, ExplainReply, ExplainRequest } from './decision.ts';
import type { EventData, EventType } from './events.ts';
import {
  GrantExtendRequest,
  GrantIssueReply,
  GrantIssueRequest,
  GrantListReply,
  GrantListRequest,
  GrantRevokeReply,
  GrantRevokeRequest,
} from './grant.ts';
import {
  DeadLetterReply,
  DeadLetterRequest,
  DeadLettersReply,
  DeadLettersRequest,
  HookTestReply,
  HookTestRequest,
} from './hook.ts';
import { ScheduleReply, ScheduleRequest } from './schedule.ts';
import {
  DenialsReply,
  DenialsRequest,
  EventsReply,
  EventsRequest,
  SessionsReply,
  SessionsRequest,
  StatsSeriesReply,
  StatsSeriesRequest,
  StatsSummaryReply,
  StatsSummaryRequest,
} from './statistics.ts';
import {
  HooksStatus,
  InterceptorStatus,
  PolicyStatus,
  StatsStatus,
  StatusRequest,
  WolStatus,
} from './status.ts';
import { trackOf } from './tracks.ts';
import { WakeReply, WakeRequest, WakeTraceReply, WakeTraceRequest } from './wake.ts';

export const daemonNames = ['interceptor', 'policy', 'wol', 'hooks', 'stats', 'api'] as const;
export type Daemon = (typeof daemonNames)[number];

interface RequestSubject {
  readonly area: string;
  readonly verb: string;
  readonly request: z.ZodType;
  readonly reply: z.ZodType;
  readonly server: Daemon;
  readonly callers: readonly Daemon[];
  /** How long a caller waits, in milliseconds, before it goes on without an answer. */
  readonly deadline: number;
  readonly about: string;
}

/**
 * Every question that may be asked on the bus: who asks, who answers, and what both may say.
 * The permissions of each daemon's NATS user and docs/reference/subjects.md are made from this table.
 */
export const requests = {
  decide: {
    area: 'flow',
    verb: 'decide',
    request: DecisionRequest,
    reply: Decision,
    server: 'policy',
    callers: ['interceptor'],
    deadline: 1_000,
    about: 'May this source use this service now? Any replica of policy answers.',
  },
  explain: {
    area: 'flow',
    verb: 'explain',
    request: ExplainRequest,
    reply: ExplainReply,
    server: 'policy',
    callers: ['api'],
    deadline: 2_000,
    about: 'The same decision with each condition that led to it, for people.',
  },
  schedule: {
    area: 'flow',
    verb: 'schedule',
    request: ScheduleRequest,
    reply: ScheduleReply,
    server: 'policy',
    callers: ['api'],
    deadline: 5_000,
    about: 'When a person, device or service has access in the days to come, by the same decisions.',
  },
  charge: {
    area: 'allowance',
    verb: 'charge',
    request: ChargeRequest,
    reply: ChargeReply,
    server: 'policy',
    callers: ['interceptor'],
    deadline: 2_000,
    about: 'Time of use to be charged. Repeating a question does no harm.',
  },
  allowances: {
    area: 'allowance',
    verb: 'list',
    request: AllowancesRequest,
    reply: AllowancesReply,
    server: 'policy',
    callers: ['api'],
    deadline: 2_000,
    about: 'What is used and left of the allowances.',
  },
  bonus: {
    area: 'allowance',
    verb: 'bonus',
    request: BonusRequest,
    reply: AllowancesReply,
    server: 'policy',
    callers: ['api'],
    deadline: 2_000,
    about: 'More time for today, or less.',
  },
  grantIssue: {
    area: 'grant',
    verb: 'issue',
    request: GrantIssueRequest,
    reply: GrantIssueReply,
    server: 'policy',
    callers: ['api'],
    deadline: 2_000,
    about: 'Opens a service to a source for a while.',
  },
  grantList: {
    area: 'grant',
    verb: 'list',
    request: GrantListRequest,
    reply: GrantListReply,
    server: 'policy',
    callers: ['api'],
    deadline: 2_000,
    about: 'The grants that are open.',
  },
  grantExtend: {
    area: 'grant',
    verb: 'extend',
    request: GrantExtendRequest,
    reply: GrantIssueReply,
    server: 'policy',
    callers: ['api'],
    deadline: 2_000,
    about: 'Gives a grant another end.',
  },
  grantRevoke: {
    area: 'grant',
    verb: 'revoke',
    request: GrantRevokeRequest,
    reply: GrantRevokeReply,
    server: 'policy',
    callers: ['api'],
    deadline: 2_000,
    about: 'Ends grants before their time.',
  },
  clockAccept: {
    area: 'clock',
    verb: 'accept',
    request: ClockAcceptRequest,
    reply: ClockAcceptReply,
    server: 'policy',
    callers: ['api'],
    deadline: 2_000,
    about: 'The clock is right, whatever later time was seen before.',
  },
  wake: {
    area: 'wol',
    verb: 'wake',
    request: WakeRequest,
    reply: WakeReply,
    server: 'wol',
    callers: ['interceptor'],
    deadline: 7_000,
    about: 'Is this device ready for this port? It is woken if it sleeps, once however many ask.',
  },
  wakeTrace: {
    area: 'wol',
    verb: 'trace',
    request: WakeTraceRequest,
    reply: WakeTraceReply,
    server: 'wol',
    callers: ['api'],
    deadline: 7_000,
    about: 'The steps of a wake as they happen, or of a look at everything without one.',
  },
  wolStatus: {
    area: 'wol',
    verb: 'status',
    request: StatusRequest,
    reply: WolStatus,
    server: 'wol',
    callers: ['api'],
    deadline: 1_000,
    about: 'Which devices can be woken, and how long that takes.',
  },
  interceptorStatus: {
    area: 'interceptor',
    verb: 'status',
    request: StatusRequest,
    reply: InterceptorStatus,
    server: 'interceptor',
    callers: ['api'],
    deadline: 1_000,
    about: 'What is guarded, held and open.',
  },
  policyStatus: {
    area: 'policy',
    verb: 'status',
    request: StatusRequest,
    reply: PolicyStatus,
    server: 'policy',
    callers: ['api'],
    deadline: 1_000,
    about: 'Which configuration decides, and how often it did. One replica answers.',
  },
  hooksStatus: {
    area: 'hooks',
    verb: 'status',
    request: StatusRequest,
    reply: HooksStatus,
    server: 'hooks',
    callers: ['api'],
    deadline: 1_000,
    about: 'Which hooks there are, and what waits for them. One replica answers.',
  },
  hookTest: {
    area: 'hooks',
    verb: 'test',
    request: HookTestRequest,
    reply: HookTestReply,
    server: 'hooks',
    callers: ['api'],
    deadline: 65_000,
    about: 'Delivers an example event now, once, and says what became of it.',
  },
  deadLetters: {
    area: 'hooks',
    verb: 'letters',
    request: DeadLettersRequest,
    reply: DeadLettersReply,
    server: 'hooks',
    callers: ['api'],
    deadline: 5_000,
    about: 'Events that hooks did not get.',
  },
  deadLetter: {
    area: 'hooks',
    verb: 'letter',
    request: DeadLetterRequest,
    reply: DeadLetterReply,
    server: 'hooks',
    callers: ['api'],
    deadline: 65_000,
    about: 'Tries a dead letter again, or discards it.',
  },
  statsStatus: {
    area: 'stats',
    verb: 'status',
    request: StatusRequest,
    reply: StatsStatus,
    server: 'stats',
    callers: ['api'],
    deadline: 1_000,
    about: 'How much is kept, since when, and how far behind the events it is.',
  },
  statsSummary: {
    area: 'stats',
    verb: 'summary',
    request: StatsSummaryRequest,
    reply: StatsSummaryReply,
    server: 'stats',
    callers: ['api'],
    deadline: 5_000,
    about: 'All that a dashboard shows of a span of time.',
  },
  statsSeries: {
    area: 'stats',
    verb: 'series',
    request: StatsSeriesRequest,
    reply: StatsSeriesReply,
    server: 'stats',
    callers: ['api'],
    deadline: 5_000,
    about: 'Sums by minute, hour or day.',
  },
  statsSessions: {
    area: 'stats',
    verb: 'sessions',
    request: SessionsRequest,
    reply: SessionsReply,
    server: 'stats',
    callers: ['api'],
    deadline: 5_000,
    about: 'Sessions, newest first.',
  },
  statsDenials: {
    area: 'stats',
    verb: 'denials',
    request: DenialsRequest,
    reply: DenialsReply,
    server: 'stats',
    callers: ['api'],
    deadline: 5_000,
    about: 'Refused sources, newest first.',
  },
  statsEvents: {
    area: 'stats',
    verb: 'events',
    request: EventsRequest,
    reply: EventsReply,
    server: 'stats',
    callers: ['api'],
    deadline: 5_000,
    about: 'Events as they were published, newest first.',
  },
} as const satisfies Record<string, RequestSubject>;

export type RequestName = keyof typeof requests;
export type RequestOf<N extends RequestName> = z.infer<(typeof requests)[N]['request']>;
export type ReplyOf<N extends RequestName> = z.infer<(typeof requests)[N]['reply']>;

interface EventSubject {
  readonly area: string;
  readonly verb: string;
  readonly publishers: readonly Daemon[];
  /** Daemons that act upon it. Beside them api hears every event, to pass it on to clients. */
  readonly followers?: readonly Daemon[];
  readonly about: string;
}

/** Every event that may be published on the bus, as a CloudEvent. */
export const events = {
  session_started: {
    area: 'session',
    verb: 'started',
    publishers: ['interceptor'],
    about: 'A source was let in to a service.',
  },
  session_ended: {
    area: 'session',
    verb: 'ended',
    publishers: ['interceptor'],
    about: 'A source needs a new decision for its next connection.',
  },
  access_denied: {
    area: 'access',
    verb: 'denied',
    publishers: ['interceptor'],
    about: 'A source was refused, once or `count` times.',
  },
  denials_counted: {
    area: 'access',
    verb: 'counted',
    publishers: ['interceptor'],
    about: 'Refusals beyond those that are told one by one, and packets that the kernel dropped unasked.',
  },
  ruleset_restored: {
    area: 'ruleset',
    verb: 'restored',
    publishers: ['interceptor'],
    about: 'Somebody removed or altered our nftables table, and it is back.',
  },
  grant_issued: {
    area: 'grant',
    verb: 'issued',
    publishers: ['policy'],
    about: 'Somebody opened a service to a source for a while.',
  },
  grant_extended: {
    area: 'grant',
    verb: 'extended',
    publishers: ['policy'],
    about: 'Somebody gave a grant another end.',
  },
  grant_revoked: {
    area: 'grant',
    verb: 'revoked',
    publishers: ['policy'],
    about: 'Somebody ended a grant before its time.',
  },
  grant_ended: {
    area: 'grant',
    verb: 'ended',
    publishers: ['policy'],
    about: 'The time of a grant is over.',
  },
  allowance_low: {
    area: 'allowance',
    verb: 'low',
    publishers: ['policy'],
    about: 'An allowance has no more left than `warn_before` says.',
  },
  allowance_spent: {
    area: 'allowance',
    verb: 'spent',
    publishers: ['policy'],
    about: 'An allowance is used up.',
  },
  allowance_changed: {
    area: 'allowance',
    verb: 'changed',
    publishers: ['policy'],
    about: 'Somebody gave more time for today, or took some away.',
  },
  permissions_changed: {
    area: 'permissions',
    verb: 'changed',
    publishers: ['policy'],
    followers: ['interceptor'],
    about: 'What policy allows may be another thing than a moment ago: live sessions are looked at again.',
  },
  clock_changed: {
    area: 'clock',
    verb: 'changed',
    publishers: ['policy'],
    about: 'The clock of the machine is not to be believed any more, or is again.',
  },
  wake_started: {
    area: 'wake',
    verb: 'started',
    publishers: ['wol'],
    about: 'A device is being woken.',
  },
  wake_ready: {
    area: 'wake',
    verb: 'ready',
    publishers: ['wol'],
    about: 'A device that was woken answers at the port that was asked for.',
  },
  wake_failed: {
    area: 'wake',
    verb: 'failed',
    publishers: ['wol'],
    about: 'A device was not ready in time, and what is known of why.',
  },
  hook_failed: {
    area: 'hook',
    verb: 'failed',
    publishers: ['hooks'],
    about: 'An event could not be delivered to a hook, and waits as a dead letter.',
  },
  config_changed: {
    area: 'config',
    verb: 'changed',
    publishers: daemonNames,
    about: 'A daemon runs a new revision of the configuration.',
  },
  config_refused: {
    area: 'config',
    verb: 'refused',
    publishers: daemonNames,
    about: 'A daemon kept its last good configuration, and why.',
  },
} as const satisfies Record<EventType, EventSubject>;

export const subjectRoot = 'nftoggle.v1';

export function requestSubject(node: string, name: RequestName): string {
  return `${subjectRoot}.${node}.${requests[name].area}.${requests[name].verb}`;
}

/** The last token is the track, so that several readers can share the events and keep the order of each track. */
export function eventSubject<T extends EventType>(node: string, type: T, data: EventData<T>): string {
  return `${eventPrefix(node, type)}.${trackOf(type, data)}`;
}

/** Matches the subjects of all tracks of a type. `node` may be `*`. */
export function eventPattern(node: string, type: EventType, track: number | '*' = '*'): string {
  return `${eventPrefix(node, type)}.${track}`;
}

function eventPrefix(node: string, type: EventType): string {
  return `${subjectRoot}.${node}.${events[type].area}.${events[type].verb}`;
}
