// SPDX-License-Identifier: MIT
// Refusals that are not told one by one, in a few hundred kilobytes however many there are.
import type { EventData } from '@nftoggle/contracts';
import { Busiest } from './busiest.ts';
import { Distinct } from './distinct.ts';

/** Moments by the clock's `now`. */
export interface Counted extends Omit<EventData<'denials_counted'>, 'first' | 'last'> {
  readonly first: number;
  readonly last: number;
}

/** When the first and the last of some packets came, by the clock's `now`. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

interface Sums {
  refused: number;
  unasked: number;
}

const maxSources = 65_536;
const named = 20;
/** Of as many packets as were counted, one in so many may be missing from the count of a source. */
const counters = 1_024;

export class DenialCrowd {
  readonly #services = new Map<string, Sums>();
  readonly #sources = new Distinct(maxSources);
  readonly #busiest = new Busiest<{ readonly service: string; readonly address: string }>(counters);
  #span: Span | undefined;

  /** When the first and the last that it has were; undefined when it has none. */
  get span(): Span | undefined {
    return this.#span;
  }

  addSource(service: string, address: string, packets: number, span: Span): void {
    this.addRefused(service, packets, span);
    this.#sources.add(address);
    this.#busiest.add(`${service} ${address}`, { service, address }, packets);
  }

  /** Of a source that cannot be told. */
  addRefused(service: string, packets: number, span: Span): void {
    this.#sumsOf(service, span).refused += packets;
  }

  addUnasked(service: string, packets: number, span: Span): void {
    this.#sumsOf(service, span).unasked += packets;
  }

  /** What there is, to be told: it is here no more. */
  take(): Counted | undefined {
    if (this.#span === undefined) return undefined;
    const counted = {
      ...this.#span,
      services: [...this.#services].map(([service, sums]) => ({ service, ...sums })),
      sources: this.#sources.size,
      most: this.#busiest
        .most(named)
        .map(({ value: { address, service }, count }) => ({ address, service, count })),
    };
    this.#clear();
    return counted;
  }

  #sumsOf(service: string, { first, last }: Span): Sums {
    const span = this.#span ?? { first, last };
    this.#span = { first: Math.min(span.first, first), last: Math.max(span.last, last) };
    const sums = this.#services.get(service) ?? { refused: 0, unasked: 0 };
    this.#services.set(service, sums);
    return sums;
  }

  #clear(): void {
    this.#services.clear();
    this.#sources.clear();
    this.#busiest.clear();
    this.#span = undefined;
  }
}
