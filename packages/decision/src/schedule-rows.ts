// SPDX-License-Identifier: MIT
// Whose access a schedule shows, one question for each row.
import type { Id } from '@nftoggle/contracts';
import { AnyOf } from './asker.ts';
import type { CompiledEntry, CompiledPolicy, CompiledRule, CompiledService } from './compile.ts';
import type { Case } from './conditions.ts';
import { deviceSenders, personDevices } from './senders.ts';
import type { World } from './world.ts';

export interface CaseRow {
  readonly service: Id;
  /** The device, or the source as the rule names it. */
  readonly source: string;
  readonly kase: Case;
}

/** Null when there is no person, device or service of that name. */
export function scheduleRows(
  policy: CompiledPolicy,
  world: World,
  subject: string,
  now: number,
): readonly CaseRow[] | null {
  const device = policy.devices.get(subject);
  const person = policy.people.get(subject);
  if (device !== undefined || person !== undefined) {
    const devices = person === undefined ? [] : personDevices(policy, person);
    const all = device === undefined ? devices : [device];
    return [...policy.services.values()].flatMap((service) =>
      all.flatMap((one) => {
        const [asker] = deviceSenders(policy, world, one);
        return deviceRow({ policy, world, service, asker, periods: policy.ahead }, one.name, now);
      }),
    );
  }
  const service = policy.services.get(subject);
  return service === undefined ? null : serviceRows(policy, world, service);
}

/** None where no rule of the service, and no grant, is for the device at any time. */
function deviceRow(kase: Case, source: string, now: number): readonly CaseRow[] {
  const { service, asker, world, policy } = kase;
  const concerned =
    [...service.deny, ...service.allow].some(({ entries }) =>
      entries.some(({ matcher }) => asker.is(matcher)),
    ) ||
    world.grants(service.name).some((grant) => {
      const matcher = Date.parse(grant.until) > now ? policy.matcherOf(grant.source) : null;
      return matcher !== null && asker.is(matcher);
    });
  return concerned ? [{ service: service.name, source, kase }] : [];
}

function serviceRows(policy: CompiledPolicy, world: World, service: CompiledService): readonly CaseRow[] {
  const rows = service.allow.flatMap((rule) => rule.entries.map((entry) => ({ rule, entry })));
  return rows.map(({ rule, entry }) => ({
    service: service.name,
    source: entry.matcher.text,
    kase: {
      policy,
      world,
      service: serviceFor(service, rule, entry),
      asker: new AnyOf(entry.matcher),
      periods: policy.ahead,
    },
  }));
}

/**
 * The service as it is for one source of one of its rules, wherever that source is: deny rules for some countries
 * are for nobody in particular.
 */
function serviceFor(service: CompiledService, rule: CompiledRule, entry: CompiledEntry): CompiledService {
  const allow = [{ ...rule, entries: [entry], countries: null, notCountries: null }];
  return { ...service, allow };
}
