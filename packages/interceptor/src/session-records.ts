// SPDX-License-Identifier: MIT
// A session as the file for the next life of this process has it: as the status shows it, and what else is known.
import { parseNetwork } from '@nftoggle/config';
import { AccountId, Flow, FlowSource, Session, Traffic } from '@nftoggle/contracts';
import { type Clock, momentOf } from './clock.ts';
import type { FlowRecord } from './metering/flow-counts.ts';
import type { UseRecord } from './metering/session-uses.ts';
import type { FlowTraffic } from './native.ts';
import { isSessionId } from './session-id.ts';
import { describeSession, type OpenSession, sourceOf } from './sessions.ts';

export interface SessionRecord {
  readonly session: Session;
  readonly source: FlowSource;
  readonly interface: string;
  readonly accounts: readonly AccountId[];
  /** Connections that are in its use already, as far as their counters were when it was written. */
  readonly flows: readonly FlowRecord[];
}

export function recordOf(session: OpenSession, { use, flows }: UseRecord, clock: Clock): SessionRecord {
  return {
    session: describeSession(session, use, clock),
    source: sourceOf(session),
    interface: session.interface,
    accounts: session.accounts,
    flows,
  };
}

/** The session as it was; undefined where it covers nothing that can be. */
export function reopened(record: SessionRecord, clock: Clock): OpenSession | undefined {
  const { session, source, accounts } = record;
  const [network = '', link = null] = session.covers.split('%');
  const covers = parseNetwork(network);
  if (covers === null || !isSessionId(session.session)) return undefined;
  return {
    id: session.session,
    service: session.service,
    covers,
    link,
    interface: record.interface,
    address: source.address,
    mac: source.mac ?? null,
    outside: source.outside ?? false,
    who: session.who,
    since: Date.parse(session.since),
    began: momentOf(clock, session.since),
    until: momentOf(clock, session.until),
    bound: session.bound,
    atEnd: session.at_end,
    accounts,
    rule: session.rule,
    reason: session.reason,
  };
}

/** Undefined for what is no such record. */
export function readRecord(value: unknown): SessionRecord | undefined {
  const { session, source, interface: link, accounts, flows } = (value ?? {}) as Record<string, unknown>;
  const read = {
    session: Session.safeParse(session).data,
    source: FlowSource.safeParse(source).data,
    interface: Flow.shape.interface.safeParse(link).data,
    accounts: AccountId.array().safeParse(accounts).data,
    flows: readFlows(flows),
  };
  return Object.values(read).includes(undefined) ? undefined : (read as SessionRecord);
}

function readFlows(value: unknown): FlowRecord[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const flows = value.map(readFlow);
  return flows.every((flow) => flow !== undefined) ? flows : undefined;
}

function readFlow(value: unknown): FlowRecord | undefined {
  const { key, traffic } = (value ?? {}) as Record<string, unknown>;
  const counted = traffic === null ? null : readTraffic(traffic);
  return typeof key === 'string' && counted !== undefined ? { key, traffic: counted } : undefined;
}

function readTraffic(value: unknown): FlowTraffic | undefined {
  const { original, reply } = (value ?? {}) as Record<string, unknown>;
  const [from, to] = [Traffic.safeParse(original).data, Traffic.safeParse(reply).data];
  return from === undefined || to === undefined ? undefined : { original: from, reply: to };
}
