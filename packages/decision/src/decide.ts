// SPDX-License-Identifier: MIT
import { deviceToWake, familyBits, parseAddress } from '@nftoggle/config';
import type { Decision, Flow } from '@nftoggle/contracts';
import { Sender } from './asker.ts';
import { type Permit, permitOf } from './bound.ts';
import type { CompiledPolicy } from './compile.ts';
import { accountsOf, type Case, failure, type Trace } from './conditions.ts';
import { decisionPrefix } from './decision-prefix.ts';
import { nextAllowed, type Opening } from './next-allowed.ts';
import { type Allowed, type Granted, type NearMiss, type Outcome, type Refused, walk } from './walk.ts';
import { whoOf } from './who.ts';
import type { World } from './world.ts';

/** Without a destination it is about the first device that the service leads to. */
export type Question = Pick<Flow, 'service' | 'source'> & Partial<Pick<Flow, 'destination'>>;

/** May this source use this service at `now` (milliseconds since the epoch), until when, or from when on? */
export function decide(policy: CompiledPolicy, world: World, question: Question, now: number): Decision {
  const { address, mac, outside } = question.source;
  const parsed = parseAddress(address);
  if (parsed === null) throw new TypeError(`not an address: ${JSON.stringify(address)}`);
  const sender = new Sender(policy, world, parsed, mac, outside);
  const service = policy.services.get(question.service);
  if (service === undefined) return unknownService(policy, sender);
  const kase = { policy, service, asker: sender, world, periods: policy.periods };
  const { decision } = decideFor(kase, sender, now);
  // Few services wake anything: theirs alone costs a look at the destination.
  if (decision.wake === null && service.targets.length === 0) return decision;
  const wake = decision.decision === 'allow' ? deviceToWake(service.targets, question.destination) : null;
  return { ...decision, wake };
}

/** A decision, and what it was made from: for those who explain it. */
export interface Decided {
  readonly decision: Decision;
  readonly permit: Permit | null;
}

export function decideFor(kase: Case, sender: Sender, now: number, trace?: Trace): Decided {
  const outcome = walk(kase, now, trace);
  const { answer, permit } = answerTo(kase, outcome, now);
  const prefix = decisionPrefix(kase, sender, outcome);
  const who = whoOf(kase.policy, sender, prefix);
  return { decision: { ...answer, prefix, who, revision: kase.policy.revision }, permit };
}

type Answer = Omit<Decision, 'prefix' | 'who' | 'revision'>;

interface Answered {
  readonly answer: Answer;
  readonly permit: Permit | null;
}

function answerTo(kase: Case, outcome: Outcome, now: number): Answered {
  switch (outcome.kind) {
    case 'denied': {
      const { path, atEnd } = outcome.rule;
      const opening = nextAllowed(kase, outcome, now);
      return { answer: denial('rule_denies', path, opening?.at ?? null, atEnd), permit: null };
    }
    case 'refused':
      return { answer: refusal(kase, outcome, now), permit: null };
    case 'granted':
    case 'allowed': {
      const permit = permitOf(kase, outcome, now);
      return { answer: permission(kase, outcome, permit), permit };
    }
  }
}

/** By the rule that would let the asker in first; where none ever will, by the first that is for it at all. */
function refusal(kase: Case, refused: Refused, now: number): Answer {
  if (refused.nearest === null) return denial('no_rule', null, null, kase.service.atEnd);
  const opening = nextAllowed(kase, refused, now);
  const { rule, failure: reason } = missOf(kase, opening, now) ?? refused.nearest;
  return denial(reason, rule.path, opening?.at ?? null, rule.atEnd);
}

function missOf(kase: Case, opening: Opening | null, now: number): NearMiss | null {
  if (opening?.outcome.kind !== 'allowed') return null;
  const { rule, entry } = opening.outcome;
  const failed = failure(kase, rule, entry, now);
  return failed === null ? null : { rule, failure: failed };
}

function denial(
  reason: Decision['reason'],
  rule: string | null,
  next: number | null,
  atEnd: Decision['at_end'],
): Answer {
  return {
    decision: 'deny',
    reason,
    rule,
    grant: null,
    until: null,
    bound: null,
    next_allowed: next === null ? null : new Date(next).toISOString(),
    at_end: atEnd,
    wake: null,
    accounts: [],
  };
}

function permission(kase: Case, outcome: Allowed | Granted, { until, bound }: Permit): Answer {
  const granted = outcome.kind === 'granted';
  const rule = granted ? outcome.overridden : outcome.rule;
  return {
    decision: 'allow',
    reason: granted ? 'grant_allows' : 'rule_allows',
    rule: rule?.path ?? null,
    grant: granted ? outcome.grant.grant.id : null,
    until: new Date(until).toISOString(),
    bound,
    next_allowed: null,
    at_end: granted ? kase.service.atEnd : outcome.rule.atEnd,
    wake: deviceToWake(kase.service.targets, undefined),
    // A grant is given, and not used up.
    accounts: granted ? [] : accountsOf(kase, outcome.entry),
  };
}

function unknownService(policy: CompiledPolicy, sender: Sender): Decision {
  // The asker runs another revision than we do: the answer holds for this one address and no longer.
  const prefix = familyBits[sender.address?.family ?? 4];
  return {
    ...denial('unknown_service', null, null, 'cut'),
    prefix,
    who: whoOf(policy, sender, prefix),
    revision: policy.revision,
  };
}
