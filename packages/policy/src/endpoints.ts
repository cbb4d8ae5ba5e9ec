// SPDX-License-Identifier: MIT
import {
  type ClockAcceptReply,
  type ClockAcceptRequest,
  type Decision,
  hookReaders,
  type PolicyStatus,
  statsReader,
} from '@nftoggle/contracts';
import { decide, explain, schedule } from '@nftoggle/decision';
import { addBonus, listAllowances } from './allowances.ts';
import type { Publish } from './news.ts';
import { metered, tellState } from './policy-metrics.ts';
import { type PolicyContext, Replica } from './replica.ts';

/** How long a start waits for what is kept on the bus before it decides without, in milliseconds. */
const settling = 5_000;

/** Answers policy's questions on the bus, always from the configuration in force and what is known now. */
export async function servePolicy(context: PolicyContext): Promise<void> {
  keepEvents(context);
  const replica = await Replica.open(context);
  const { bus, metrics } = context;
  await replica.settled(settling);
  const publish: Publish = (type, data, about) => bus.publish(type, data, about);
  const counts = { allowed: 0, denied: 0 };
  const counted = (decision: Decision): Decision => {
    counts[decision.decision === 'allow' ? 'allowed' : 'denied'] += 1;
    return decision;
  };
  tellState(metrics, replica);
  const answer = metered(metrics, (flow) => decide(replica.policy, replica.world(), flow, Date.now()));
  bus.serve('decide', ({ flow }) => counted(answer(flow)));
  bus.serve('explain', (request) => explain(replica.policy, replica.world(), request, Date.now()));
  bus.serve('schedule', (request) => schedule(replica.policy, replica.world(), request, Date.now()));
  bus.serve('allowances', (request) => listAllowances(replica, request));
  bus.serve('bonus', (request) => addBonus(replica, publish, request));
  bus.serve('charge', (request) => replica.ledger.charge(request));
  bus.serve('grantIssue', (request) => replica.grants.issue(request));
  bus.serve('grantExtend', (request) => replica.grants.extend(request));
  bus.serve('grantRevoke', (request) => replica.grants.revoke(request));
  bus.serve('grantList', () => replica.grants.list());
  bus.serve('clockAccept', (request) => acceptClock(replica, context, request));
  bus.serve('policyStatus', () => statusOf(replica, context, { ...counts }));
}

/** Events of all daemons wait for the stream, so it is there before anything else is. */
function keepEvents({ bus, loaded, onConfig }: PolicyContext): void {
  const hooks = () => [...loaded().config.hooks.keys()];
  const kept = bus.keepEvents(() => [statsReader, ...hooks().flatMap(hookReaders)]);
  onConfig(() => kept.update());
}

async function acceptClock(
  { clock, policy }: Replica,
  { log }: PolicyContext,
  { by }: ClockAcceptRequest,
): Promise<ClockAcceptReply> {
  const now = new Date().toISOString();
  try {
    if (!(await clock.accept()))
      return {
        error: 'wrong_time',
        message: `It is not ${now.slice(0, 10)}: set the clock of this machine first.`,
      };
  } catch {
    return {
      error: 'not_ready',
      message: 'What was seen of the clock is not known yet. Try again in a moment.',
    };
  }
  log.warn({ by }, 'the clock was said to be right');
  return { now, timezone: policy.timezone };
}

function statusOf(
  replica: Replica,
  { status }: PolicyContext,
  decisions: PolicyStatus['decisions'],
): PolicyStatus {
  return {
    ...status(),
    daemon: 'policy',
    decisions,
    ready: replica.ready,
    grants: replica.book.open(Date.now()).length,
    clockProblem: replica.world().clockProblem,
    names: replica.names.status().map((name) => ({ ...name, addresses: [...name.addresses] })),
    databases: replica.geo.status(),
  };
}
