// SPDX-License-Identifier: MIT
import type { Decision, Reason } from '@nftoggle/contracts';
import type { CompiledService } from './compile.ts';
import type { Case } from './conditions.ts';
import type { Decided } from './decide.ts';
import { momentText } from './time-text.ts';

/** A decision as one sentence for people; `source` is how the asker is called in it. */
export function decisionSentence(kase: Case, source: string, decided: Decided, at: number): string {
  const { decision } = decided;
  if (decision.decision === 'allow')
    return `allow: ${allowText(kase, source, decided, at)}${wakeText(kase.service)}`;
  const { service, policy } = kase;
  if (decision.reason === 'no_rule') return `deny: ${noMatch(service, source)}`;
  const cause = denyCause(kase, source, decision);
  if (decision.next_allowed === null) return `deny: ${cause}`;
  const next = momentText(policy.timezone, Date.parse(decision.next_allowed), at);
  return `deny: ${service.name} is open for ${source} again at ${next} (${policy.timezone}); now ${cause}`;
}

function noMatch({ name, direction, deny, allow }: CompiledService, source: string): string {
  const rules = deny.length + allow.length;
  if (rules === 0) return `${name} has no rule that could let ${source} ${direction}`;
  if (rules === 1) return `the only rule of ${name} does not match ${source}`;
  return `none of the ${rules} rules of ${name} matches ${source}`;
}

function denyCause({ world }: Case, source: string, { reason, rule }: Decision): string {
  const causes: Partial<Record<Reason, string>> = {
    rule_denies: `${rule} refuses ${source}`,
    country_refused: `${rule} does not let ${source} in from its country`,
    rule_expired: `${rule}, which was for ${source}, has expired`,
    clock_untrusted: `${rule} does not count, because of the clock: ${world.clockProblem}`,
    not_ready: `it is not known yet what ${source} has used of the allowance of ${rule}`,
    outside_window: `it is outside the windows of ${rule}`,
    allowance_spent: `the allowance of ${source} is spent (${rule})`,
  };
  return causes[reason] ?? reason;
}

function allowText({ policy, service, world }: Case, source: string, decided: Decided, at: number): string {
  const { decision, permit } = decided;
  const zone = policy.timezone;
  const grant = world.grants(service.name).find(({ id }) => id === decision.grant);
  const who = grant === undefined ? decision.rule : `grant ${grant.id} by ${grant.by}`;
  if (permit === null) return `${who} lets ${source} ${service.direction}`;
  const until = `until ${momentText(zone, permit.until, at)} (${zone})`;
  return `${who} lets ${source} ${service.direction} ${until}${endText(decided)}`;
}

/** Of several devices, the packet says which one is meant. */
function wakeText({ targets }: CompiledService): string {
  const names = targets.flatMap(({ device, canBeWoken }) => (canBeWoken ? [device] : []));
  if (names.length === 0) return '';
  const when = targets.length === 1 ? 'if it sleeps' : 'where it is asked for and sleeps';
  return `; ${names.join(' or ')} is woken first ${when}`;
}

/** Nothing after the time that the service opens for: who goes on using it notices no end. */
function endText({ permit }: Decided): string {
  switch (permit?.bound) {
    case 'window_end':
      return permit.denying === null
        ? ', then its window closes'
        : `, then ${permit.denying.path} refuses it`;
    case 'allowance':
      return ', when its allowance may be spent';
    case 'rule_expiry':
      return ', then the rule expires';
    case 'grant_end':
      return ', then the grant ends';
    default:
      return '';
  }
}
