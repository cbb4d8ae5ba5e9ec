// SPDX-License-Identifier: MIT
import type { Calendar } from './calendar.ts';
import type { Tally } from './event-facts.ts';
import type { Horizons } from './horizons.ts';
import type { Names } from './names.ts';
import { all, none, type Step, steps } from './schema.ts';
import { type Addends, type SumColumn, type Sums, zero } from './sums.ts';

/** The key of a row, in the order of its table's columns. */
export type Key = readonly (number | string)[];

export interface Cell {
  /** The part of the key that every table has, as text. */
  readonly group: string;
  readonly key: Key;
  readonly sums: Sums;
}

interface OpenCell extends Cell {
  readonly sums: Record<SumColumn, number>;
}

/** Sums by key. */
export class Cells {
  readonly #cells = new Map<string, OpenCell>();

  /** @param rest of the key, behind what every table has */
  add(step: number, at: number, person: number, service: number, rest: Key, sums: Addends): void {
    const group = `${step} ${at} ${person} ${service}`;
    const text = `${group} ${rest[0]} ${rest[1]}`;
    let cell = this.#cells.get(text);
    if (cell === undefined) {
      cell = { group, key: [step, at, person, service, ...rest], sums: { ...zero } };
      this.#cells.set(text, cell);
    }
    for (const name in sums) cell.sums[name as SumColumn] += sums[name as SumColumn] ?? 0;
  }

  /** In the order of the keys, so that rows that lie together are written together. */
  sorted(): readonly Cell[] {
    return [...this.#cells.values()].sort((a, b) => compare(a.key, b.key));
  }
}

/**
 * What a batch of events adds to the sums: each row once, however many events have a part in it. A row is of a
 * service or of all, and of a person or of all.
 */
export class Tallies {
  readonly sums = new Cells();
  readonly countries = new Cells();
  readonly sources = new Cells();
  readonly #calendar: Calendar;
  readonly #names: Names;
  readonly #horizons: Horizons;

  constructor(calendar: Calendar, names: Names, horizons: Horizons) {
    this.#calendar = calendar;
    this.#names = names;
    this.#horizons = horizons;
  }

  /** To all sums but those by source. */
  add({ at, service, who, sums }: Tally): void {
    const { minutes, hours } = this.#horizons;
    const serviceId = this.#names.idOf('service', service);
    const person = who.person === null ? none : this.#names.idOf('person', who.person);
    const country = who.country === null ? none : this.#names.idOf('country', who.country);
    const people = person === none ? [all] : [all, person];
    for (const step of ['minute', 'hour', 'day'] as const) {
      if (at < { minute: minutes, hour: hours, day: -Infinity }[step]) continue;
      const key = this.#calendar.keyOf(step, at);
      for (const whose of [all, person])
        for (const which of [all, serviceId]) this.sums.add(steps[step], key, whose, which, [], sums);
      if (step === 'minute') continue;
      for (const whose of people)
        for (const which of [all, serviceId])
          this.countries.add(steps[step], key, whose, which, [country], sums);
    }
  }

  /** To those by source alone. */
  addSource({ at, service, who, address, sums }: Tally): void {
    if (address === null) return;
    const serviceId = this.#names.idOf('service', service);
    const device = who.device === null ? none : this.#names.idOf('device', who.device);
    const people = who.person === null ? [all] : [all, this.#names.idOf('person', who.person)];
    for (const step of this.#sourceSteps(at)) {
      const key = this.#calendar.keyOf(step, at);
      for (const whose of people)
        for (const which of [all, serviceId])
          this.sources.add(steps[step], key, whose, which, [address, device], sums);
    }
  }

  #sourceSteps(at: number): readonly Step[] {
    const { sourceHours, events } = this.#horizons;
    if (at < events) return [];
    return at < sourceHours ? ['day'] : ['hour', 'day'];
  }
}

function compare(a: Key, b: Key): number {
  for (let index = 0; index < a.length; index += 1) {
    const [value = 0, other = 0] = [a[index], b[index]];
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}
