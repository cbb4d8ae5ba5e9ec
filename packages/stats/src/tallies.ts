// SPDX-License-Identifier: MIT
import type { Calendar } from './calendar.ts';
import type { Tally } from './event-facts.ts';
import type { Horizons } from './horizons.ts';
import type { Names } from './names.ts';
import { all, none, type Step, steps } from './schema.ts';
import { type Addends, addTo, type MutableSums, type Sums, zero } from './sums.ts';

/** One row that is to be. */
export interface Cell extends Sums {
  /** What of its key is not its group's. */
  readonly rest: readonly (number | string)[];
}

/** The rows of one span, of a person or all, and of a service or all. */
export interface Group {
  readonly step: number;
  readonly at: number;
  readonly person: number;
  readonly service: number;
  readonly cells: readonly Cell[];
}

type OpenCell = Cell & MutableSums;
type OpenGroup = Map<number | string, OpenCell>;

/** Ids of names are far smaller: two of them make one number. */
const idRoom = 2 ** 26;

/** Sums by key. A batch adds to very many, so keys are numbers as far as they can be. */
export class Cells {
  readonly #spans = new Map<number, Map<number, OpenGroup>>();

  /** @param word tells rows of a group apart, of which `rest` is the key */
  add(
    step: number,
    at: number,
    person: number,
    service: number,
    word: number | string,
    rest: Cell['rest'],
    sums: Addends,
  ): void {
    const span = under(this.#spans, at * 4 + step, newMap<number, OpenGroup>);
    const group = under(span, person * idRoom + service, newMap<number | string, OpenCell>);
    const cell = under(group, word, () => ({ rest, ...zero }));
    addTo(cell, sums);
  }

  /** In the order of the keys, so that rows that lie together are written together. */
  *groups(): Generator<Group> {
    for (const [spanKey, span] of byNumber(this.#spans))
      for (const [groupKey, group] of byNumber(span)) {
        const service = groupKey % idRoom;
        const person = (groupKey - service) / idRoom;
        const step = ((spanKey % 4) + 4) % 4;
        yield { step, at: (spanKey - step) / 4, person, service, cells: [...group.values()] };
      }
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
    const countryRest = [country];
    if (at >= minutes) this.#addTo('minute', at, person, serviceId, sums);
    for (const step of at >= hours ? hourAndDay : dayAlone) {
      const key = this.#addTo(step, at, person, serviceId, sums);
      for (const whose of person === none ? [all] : [all, person])
        for (const which of [all, serviceId])
          this.countries.add(steps[step], key, whose, which, country, countryRest, sums);
    }
  }

  #addTo(step: Step, at: number, person: number, service: number, sums: Addends): number {
    const key = this.#calendar.keyOf(step, at);
    for (const whose of [all, person])
      for (const which of [all, service]) this.sums.add(steps[step], key, whose, which, 0, noRest, sums);
    return key;
  }

  /** To those by source alone. */
  addSource({ at, service, who, address, sums }: Tally): void {
    if (address === null || at < this.#horizons.events) return;
    const serviceId = this.#names.idOf('service', service);
    const device = who.device === null ? none : this.#names.idOf('device', who.device);
    const people = who.person === null ? [all] : [all, this.#names.idOf('person', who.person)];
    const word = device === none ? address : `${address} ${device}`;
    const rest = [address, device];
    for (const step of at >= this.#horizons.sourceHours ? hourAndDay : dayAlone) {
      const key = this.#calendar.keyOf(step, at);
      for (const whose of people)
        for (const which of [all, serviceId])
          this.sources.add(steps[step], key, whose, which, word, rest, sums);
    }
  }
}

const hourAndDay = ['hour', 'day'] as const;
const dayAlone = ['day'] as const;
const noRest: Cell['rest'] = [];

function byNumber<Value>(map: ReadonlyMap<number, Value>): readonly (readonly [number, Value])[] {
  return [...map].sort(([a], [b]) => a - b);
}

function newMap<Key, Value>(): Map<Key, Value> {
  return new Map();
}

/** What a map has under a key, made where it has nothing yet. */
function under<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const there = map.get(key);
  if (there !== undefined) return there;
  const made = make();
  map.set(key, made);
  return made;
}
