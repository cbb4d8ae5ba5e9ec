// SPDX-License-Identifier: MIT
import type { Calendar } from './calendar.ts';
import type { Tally } from './event-facts.ts';
import type { Horizons } from './horizons.ts';
import type { Names } from './names.ts';
import { all, none, type Step, steps } from './schema.ts';
import { addTo, type MutableSums, type Sums } from './sums.ts';

/** The sums of one source. */
export interface SourceCell extends Sums {
  readonly address: string;
  readonly device: number;
}

/** Tells sources of a group apart. */
export function sourceName({ address, device }: Pick<SourceCell, 'address' | 'device'>): string {
  return device === none ? address : `${address} ${device}`;
}

/** What is added in one span to a person or all, and to a service or all. */
export interface Group {
  readonly step: number;
  readonly at: number;
  readonly person: number;
  readonly service: number;
  /** Undefined where something is added to sources alone. */
  readonly sums: Sums | undefined;
  readonly countries: ReadonlyMap<number, Sums>;
  /** By `sourceName`. */
  readonly sources: ReadonlyMap<string, SourceCell>;
}

interface OpenGroup extends Group {
  sums: MutableSums | undefined;
  readonly countries: Map<number, MutableSums>;
  readonly sources: Map<string, SourceCell & MutableSums>;
}

/** By person and service. */
interface OpenSpan {
  readonly step: number;
  readonly at: number;
  readonly groups: Map<number, OpenGroup>;
}

/** What an event is of, by ids of names. */
interface Ids {
  readonly service: number;
  readonly person: number;
  readonly country: number;
  readonly device: number;
}

/** Ids of names are far smaller: two of them make one number. */
const idRoom = 2 ** 26;

/**
 * What a batch of events adds to the sums: each row once, however many events have a part in it. A row is of a
 * service or of all, and of a person or of all.
 */
export class Tallies {
  readonly #spans = new Map<number, OpenSpan>();
  readonly #calendar: Calendar;
  readonly #names: Names;
  readonly #horizons: Horizons;

  constructor(calendar: Calendar, names: Names, horizons: Horizons) {
    this.#calendar = calendar;
    this.#names = names;
    this.#horizons = horizons;
  }

  /** To all sums; to those by source where it is of one. */
  add(tally: Tally): void {
    const { at } = tally;
    const ids = this.#idsOf(tally);
    if (at >= this.#horizons.minutes) addToMinute(this.#spanOf('minute', at), ids, tally.sums);
    for (const step of at >= this.#horizons.hours ? hourAndDay : dayAlone) {
      const span = this.#spanOf(step, at);
      addToSpan(span, ids, tally.sums);
      if (this.#hasSources(step, tally)) addToSources(span, ids, tally);
    }
  }

  /** To those by source alone. */
  addSource(tally: Tally): void {
    const ids = this.#idsOf(tally);
    for (const step of hourAndDay)
      if (this.#hasSources(step, tally)) addToSources(this.#spanOf(step, tally.at), ids, tally);
  }

  /** In the order of the keys, so that rows that lie together are written together. */
  *groups(): Generator<Group> {
    for (const { groups } of inOrder(this.#spans)) yield* inOrder(groups);
  }

  #hasSources(step: 'hour' | 'day', { at, address }: Tally): boolean {
    const { events, sourceHours } = this.#horizons;
    return address !== null && at >= events && (step === 'day' || at >= sourceHours);
  }

  #idsOf({ service, who: { person, country, device } }: Tally): Ids {
    return {
      service: this.#names.idOf('service', service),
      person: person === null ? none : this.#names.idOf('person', person),
      country: country === null ? none : this.#names.idOf('country', country),
      device: device === null ? none : this.#names.idOf('device', device),
    };
  }

  #spanOf(step: Step, instant: number): OpenSpan {
    const at = this.#calendar.keyOf(step, instant);
    const key = at * 4 + steps[step];
    const there = this.#spans.get(key);
    if (there !== undefined) return there;
    const span = { step: steps[step], at, groups: new Map() };
    this.#spans.set(key, span);
    return span;
  }
}

const hourAndDay = ['hour', 'day'] as const;
const dayAlone = ['day'] as const;

function addToMinute(span: OpenSpan, { service, person }: Ids, sums: Sums): void {
  for (const whose of [all, person])
    for (const which of [all, service]) addToGroup(groupOf(span, whose, which), sums);
}

function addToSpan(span: OpenSpan, { service, person, country }: Ids, sums: Sums): void {
  for (const whose of [all, person])
    for (const which of [all, service]) {
      const group = groupOf(span, whose, which);
      addToGroup(group, sums);
      if (whose !== none) addToCountry(group, country, sums);
    }
}

function addToSources(span: OpenSpan, { service, person, device }: Ids, { address, sums }: Tally): void {
  if (address === null) return;
  const name = sourceName({ address, device });
  for (const whose of person === none ? [all] : [all, person])
    for (const which of [all, service]) {
      const { sources } = groupOf(span, whose, which);
      const there = sources.get(name);
      if (there === undefined) sources.set(name, { address, device, ...sums });
      else addTo(there, sums);
    }
}

function addToGroup(group: OpenGroup, sums: Sums): void {
  if (group.sums === undefined) group.sums = { ...sums };
  else addTo(group.sums, sums);
}

function addToCountry({ countries }: OpenGroup, country: number, sums: Sums): void {
  const there = countries.get(country);
  if (there === undefined) countries.set(country, { ...sums });
  else addTo(there, sums);
}

function groupOf({ step, at, groups }: OpenSpan, person: number, service: number): OpenGroup {
  const key = person * idRoom + service;
  const there = groups.get(key);
  if (there !== undefined) return there;
  const sums = undefined;
  const group = { step, at, person, service, sums, countries: new Map(), sources: new Map() };
  groups.set(key, group);
  return group;
}

function inOrder<Value>(map: ReadonlyMap<number, Value>): readonly Value[] {
  return [...map].sort(([a], [b]) => a - b).map(([, value]) => value);
}
