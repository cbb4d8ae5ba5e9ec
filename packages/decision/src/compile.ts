// SPDX-License-Identifier: MIT
import {
  type Allowance,
  type Config,
  type Device,
  type Loaded,
  type Person,
  parseSource,
  type Rule,
  type Service,
  type ServiceTarget,
  type Source,
  targetsToWake,
  type WindowList,
} from '@nftoggle/config';
import type { AccountId, AtEnd, Id } from '@nftoggle/contracts';
import {
  type Budget,
  type CompiledAccount,
  mergeAccounts,
  personAccount,
  serviceAccount,
} from './account.ts';
import type { AddressSet } from './address-set.ts';
import { DeviceIndex } from './device-index.ts';
import { type Matcher, sharedMatchers } from './matcher.ts';
import { OpeningMemory } from './opening-memory.ts';
import { PeriodCalendar } from './period-calendar.ts';
import { nowhereAddresses } from './special-address.ts';
import { WindowCalendar } from './window-calendar.ts';

/** One revision of the configuration in the form that questions are answered from. */
export interface CompiledPolicy {
  readonly revision: string;
  /** IANA name, for times that people read. */
  readonly timezone: string;
  /** The widest IPv6 prefix that one decision may hold for. */
  readonly ipv6Prefix: number;
  readonly services: ReadonlyMap<Id, CompiledService>;
  readonly devices: ReadonlyMap<Id, Device>;
  /** The same, by what they can be told by. */
  readonly known: DeviceIndex;
  readonly groups: ReadonlySet<Id>;
  readonly people: ReadonlyMap<Id, CompiledPerson>;
  /** Everything that use is charged to. */
  readonly accounts: ReadonlyMap<AccountId, CompiledAccount>;
  /** The days, weeks and months of allowances. */
  readonly periods: PeriodCalendar;
  /** The same, for looks ahead: a calendar remembers the last answer, and those should not displace the present. */
  readonly ahead: PeriodCalendar;
  /** Every DNS name in the configuration: what they stand for has to be found out. */
  readonly names: readonly string[];
  /** Addresses that are in no country. */
  readonly nowhere: AddressSet;
  /** A source in the words of a rule; null when it names nothing of this configuration. */
  readonly matcherOf: (text: string) => Matcher | null;
}

export interface CompiledService {
  readonly name: Id;
  readonly direction: 'in' | 'out';
  /** In seconds. */
  readonly openFor: number;
  readonly atEnd: AtEnd;
  /** In the order they are looked at: every deny rule, then every allow rule. */
  readonly deny: readonly CompiledRule[];
  readonly allow: readonly CompiledRule[];
  /** Those whose allowance the use of this service counts toward. */
  readonly people: readonly LimitedPerson[];
  /** What it leads to, where something of it may have to be woken. */
  readonly targets: readonly ServiceTarget[];
  /** When access opens next for those who are refused, as it was found out last. */
  readonly openings: OpeningMemory;
}

export interface CompiledRule {
  readonly path: string;
  readonly effect: 'allow' | 'deny';
  /** One for each source of the rule, in the order of the file. The first that matches stands for the rule. */
  readonly entries: readonly CompiledEntry[];
  readonly countries: ReadonlySet<string> | null;
  readonly notCountries: ReadonlySet<string> | null;
  readonly windows: CompiledWindows | null;
  /** In milliseconds since the epoch; Infinity for never. */
  readonly expires: number;
  readonly atEnd: AtEnd;
}

export interface CompiledEntry {
  readonly matcher: Matcher;
  /** Null where the rule has no allowance. */
  readonly budget: Budget | null;
}

/** Rules with the same windows share them: what was found out about a day serves them all. */
export interface CompiledWindows {
  readonly list: WindowList;
  readonly calendar: WindowCalendar;
}

export interface CompiledPerson extends Pick<Person, 'name' | 'role' | 'devices'> {
  /** All devices of the person. */
  readonly matcher: Matcher;
  readonly budget: Budget | null;
}

export interface LimitedPerson extends CompiledPerson {
  readonly budget: Budget;
}

export function compilePolicy({ config, revision }: Loaded): CompiledPolicy {
  const parts: Parts = { config, matcherOf: sharedMatchers(config), windowsOf: sharedWindows(config) };
  const people = [...config.people.values()].map((person) => compilePerson(parts, person));
  const services = [...config.services.values()].map((service) => compileService(parts, service, people));
  return {
    revision,
    timezone: config.timezone,
    ipv6Prefix: config.kernel.ipv6Prefix,
    services: new Map(services.map((service) => [service.name, service])),
    devices: config.devices,
    known: new DeviceIndex(config),
    groups: new Set(config.groups.keys()),
    people: new Map(people.map((person) => [person.name, person])),
    accounts: accountsOf(people, services),
    periods: new PeriodCalendar(config.timezone, config.metering.dayStarts),
    ahead: new PeriodCalendar(config.timezone, config.metering.dayStarts),
    names: namesOf(config),
    nowhere: nowhereAddresses(config.lan),
    matcherOf: textMatchers(parts),
  };
}

/** What compiling is done with. */
interface Parts {
  readonly config: Config;
  readonly matcherOf: (source: Source) => Matcher;
  readonly windowsOf: (list: WindowList | null) => CompiledWindows | null;
}

function compileService(parts: Parts, service: Service, people: readonly CompiledPerson[]): CompiledService {
  const { name, direction, openFor, atEnd } = service;
  return {
    name,
    direction,
    openFor,
    atEnd,
    deny: service.deny.map((rule) => compileRule(parts, service, 'deny', rule)),
    allow: service.allow.map((rule) => compileRule(parts, service, 'allow', rule)),
    people: people.filter(isLimited).filter((person) => counts(parts.config, person.name, name)),
    targets: targetsToWake(parts.config, service),
    openings: new OpeningMemory(),
  };
}

function isLimited(person: CompiledPerson): person is LimitedPerson {
  return person.budget !== null;
}

function counts(config: Config, person: Id, service: Id): boolean {
  const services = config.people.get(person)?.counts ?? null;
  return services === null || services.includes(service);
}

function compileRule(
  parts: Parts,
  service: Service,
  effect: CompiledRule['effect'],
  rule: Rule,
): CompiledRule {
  return {
    path: rule.path,
    effect,
    entries: rule.from.map((source) => compileEntry(parts, service, rule, source)),
    countries: rule.countries && new Set(rule.countries),
    notCountries: rule.notCountries && new Set(rule.notCountries),
    windows: parts.windowsOf(rule.windows),
    expires: rule.expires ?? Number.POSITIVE_INFINITY,
    atEnd: rule.atEnd,
  };
}

function compileEntry(parts: Parts, service: Service, rule: Rule, source: Source): CompiledEntry {
  const matcher = parts.matcherOf(source);
  const account = serviceAccount(service.name, matcher.text);
  return { matcher, budget: rule.allowance && compileBudget(parts, account, null, rule.allowance) };
}

function compilePerson(parts: Parts, { name, role, devices, allowance }: Person): CompiledPerson {
  const matcher = parts.matcherOf({ kind: 'person', person: name });
  const budget = allowance && compileBudget(parts, personAccount(name), name, allowance);
  return { name, role, devices, matcher, budget };
}

function compileBudget(parts: Parts, account: AccountId, person: Id | null, allowance: Allowance): Budget {
  const uncharged = parts.windowsOf(allowance.uncharged)?.calendar ?? null;
  return { account, person, allowance, uncharged };
}

function sharedWindows(config: Config): Parts['windowsOf'] {
  const known = new Map<string, CompiledWindows>();
  return (list) => {
    if (list === null) return null;
    const key = JSON.stringify(list);
    const windows = known.get(key) ?? { list, calendar: new WindowCalendar(list, config.timezone) };
    known.set(key, windows);
    return windows;
  };
}

function accountsOf(
  people: readonly CompiledPerson[],
  services: readonly CompiledService[],
): ReadonlyMap<AccountId, CompiledAccount> {
  const ofPeople = people.filter(isLimited).map(({ name, budget }): CompiledAccount => {
    const counting = services.filter((service) => service.people.some((person) => person.name === name));
    return compiledAccount(budget, name, null, counting);
  });
  const ofServices = services.flatMap((service) =>
    service.allow
      .flatMap((rule) => rule.entries)
      .flatMap(({ matcher, budget }) =>
        budget === null ? [] : [compiledAccount(budget, matcher.text, service.name, [service])],
      ),
  );
  return mergeAccounts([...ofPeople, ...ofServices]);
}

function compiledAccount(
  { account, allowance, uncharged }: Budget,
  who: string,
  service: Id | null,
  services: readonly CompiledService[],
): CompiledAccount {
  const allowances = [{ allowance, uncharged }];
  return { account, who, service, services: services.map(({ name }) => name), allowances };
}

/** Groups that no rule names are among them: a grant may. */
function namesOf(config: Config): readonly string[] {
  const rules = [...config.services.values()].flatMap((service) => [...service.deny, ...service.allow]);
  const sources = [...[...config.groups.values()].flat(), ...rules.flatMap((rule) => rule.from)];
  return [...new Set(sources.flatMap((source) => (source.kind === 'name' ? [source.name] : [])))];
}

/** Texts of which the matcher is remembered. Grants ask for theirs with every question. */
const textsKept = 1_000;

function textMatchers({ config, matcherOf }: Parts): CompiledPolicy['matcherOf'] {
  const names = {
    devices: new Set(config.devices.keys()),
    groups: new Set(config.groups.keys()),
    people: new Set(config.people.keys()),
  };
  const known = new Map<string, Matcher | null>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const parsed = parseSource(text, names);
    const matcher = parsed.ok ? matcherOf(parsed.value) : null;
    if (known.size >= textsKept) known.clear();
    known.set(text, matcher);
    return matcher;
  };
}
