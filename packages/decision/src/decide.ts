// SPDX-License-Identifier: MIT
import { familyBits, parseAddress } from '@nftoggle/config';
import type { Decision, Flow } from '@nftoggle/contracts';
import type { CompiledPolicy, CompiledRule, CompiledService } from './compile.ts';
import { decisionPrefix } from './decision-prefix.ts';
import { type Asker, asker, firstMatch, type Trace } from './evaluate.ts';

export type Question = Pick<Flow, 'service' | 'source'>;

/** May this source use this service at `now`? The first rule that matches decides; no match is a denial. */
export function decide(policy: CompiledPolicy, question: Question, now: Date): Decision {
  const { address, mac, outside } = question.source;
  const parsed = parseAddress(address);
  if (parsed === null) throw new TypeError(`not an address: ${JSON.stringify(address)}`);
  return decideFor(policy, question.service, asker(parsed, mac, outside), now);
}

/** The decision itself, for callers that have the asker parsed already or want to see the way to it. */
export function decideFor(
  policy: CompiledPolicy,
  serviceName: string,
  who: Asker,
  now: Date,
  trace?: Trace,
): Decision {
  const service = policy.services.get(serviceName);
  if (service === undefined) return unknownService(policy, who);
  const rule = firstMatch(service.rules, who, trace);
  const prefix = decisionPrefix(policy, who, rulesUpTo(service.rules, rule));
  return { ...outcome(service, rule, now), prefix, revision: policy.revision };
}

function outcome(
  service: CompiledService,
  rule: CompiledRule | null,
  now: Date,
): Pick<Decision, 'decision' | 'reason' | 'rule' | 'until'> {
  if (rule === null) return { decision: 'deny', reason: 'no_rule', rule: null, until: null };
  if (rule.effect === 'deny')
    return { decision: 'deny', reason: 'rule_denies', rule: rule.path, until: null };
  const until = new Date(now.getTime() + service.openFor * 1_000).toISOString();
  return { decision: 'allow', reason: 'rule_allows', rule: rule.path, until };
}

function rulesUpTo(rules: readonly CompiledRule[], deciding: CompiledRule | null): readonly CompiledRule[] {
  return deciding === null ? rules : rules.slice(0, rules.indexOf(deciding) + 1);
}

function unknownService(policy: CompiledPolicy, who: Asker): Decision {
  return {
    decision: 'deny',
    reason: 'unknown_service',
    rule: null,
    until: null,
    // The asker runs another revision than we do: the answer holds for this one address and no longer.
    prefix: familyBits[who.address?.family ?? 4],
    revision: policy.revision,
  };
}
