// SPDX-License-Identifier: MIT
// The one walk through the rules of a service, for decisions, explanations and schedules alike:
// deny rules, then open grants, then allow rules. The first that matches decides.
import type { Grant } from '@nftoggle/contracts';
import { grantCheck } from './check-text.ts';
import type { CompiledEntry, CompiledPolicy, CompiledRule } from './compile.ts';
import { type Case, type Failure, failure, inForce, type Trace } from './conditions.ts';

/** What a walk came to. */
export type Outcome = { readonly kind: 'denied'; readonly rule: CompiledRule } | Granted | Allowed | Refused;

/** `overridden`: the allow rule that refuses the source; null where none is for it, or one lets it in anyway. */
export interface Granted {
  readonly kind: 'granted';
  readonly grant: OpenGrant;
  readonly overridden: CompiledRule | null;
}

/** `entry`: the source of the rule that matched. */
export interface Allowed {
  readonly kind: 'allowed';
  readonly rule: CompiledRule;
  readonly entry: CompiledEntry;
}

/** Nothing matches; `nearest` is the first allow rule that the source is of, and why it does not match. */
export interface Refused {
  readonly kind: 'refused';
  readonly nearest: NearMiss | null;
}

export interface NearMiss {
  readonly rule: CompiledRule;
  readonly failure: Failure;
}

export interface OpenGrant {
  readonly grant: Grant;
  /** In milliseconds since the epoch. */
  readonly until: number;
}

export function walk(kase: Case, at: number, trace?: Trace): Outcome {
  const denying = denyingRule(kase, at, trace);
  if (denying !== null) return { kind: 'denied', rule: denying };
  const grant = openGrant(kase, at, trace);
  if (grant === null) return walkAllow(kase, at, trace);
  const without = walkAllow(kase, at);
  const overridden = without.kind === 'refused' ? (without.nearest?.rule ?? null) : null;
  return { kind: 'granted', grant, overridden };
}

/** The source of the rule that the asker is: the first of several. */
export function firstEntry(rule: CompiledRule, { asker }: Case, trace?: Trace): CompiledEntry | null {
  for (const entry of rule.entries) {
    const passed = asker.is(entry.matcher);
    trace?.(rule.path, entry.matcher.condition, passed);
    if (passed) return entry;
  }
  return null;
}

function denyingRule(kase: Case, at: number, trace?: Trace): CompiledRule | null {
  for (const rule of kase.service.deny) {
    if (firstEntry(rule, kase, trace) !== null && inForce(kase, rule, at, trace)) return rule;
  }
  return null;
}

/** The allow rules alone, as if nobody had granted anything. */
export function walkAllow(kase: Case, at: number, trace?: Trace): Allowed | Refused {
  let nearest: NearMiss | null = null;
  for (const rule of kase.service.allow) {
    const entry = firstEntry(rule, kase, trace);
    if (entry === null) continue;
    const failed = failure(kase, rule, entry, at, trace);
    if (failed === null) return { kind: 'allowed', rule, entry };
    nearest ??= { rule, failure: failed };
  }
  return { kind: 'refused', nearest };
}

/** Of several the one that is open longest. A grant that names what is gone matches nobody. */
function openGrant(kase: Case, at: number, trace?: Trace): OpenGrant | null {
  const { policy, service, asker, world } = kase;
  let longest: OpenGrant | null = null;
  for (const grant of world.grants(service.name)) {
    const until = Date.parse(grant.until);
    if (until <= at) continue;
    const matcher = policy.matcherOf(grant.source);
    if (matcher === null || !asker.is(matcher)) traceGrant(policy, grant, false, trace);
    else if (longest === null || until > longest.until) longest = { grant, until };
  }
  if (longest !== null) traceGrant(policy, longest.grant, true, trace);
  return longest;
}

function traceGrant(policy: CompiledPolicy, grant: Grant, passed: boolean, trace?: Trace): void {
  trace?.(`grant ${grant.id}`, grantCheck(grant, policy.matcherOf(grant.source), policy.timezone), passed);
}
