// SPDX-License-Identifier: MIT

/**
 * The mark index of each service. A live connection carries the index of its service, so a name keeps its
 * number for as long as our table stands, and a number that connections still carry is given to nobody else.
 * Immutable: a change that the kernel refuses changes nothing here.
 */
export class ServiceIndexes {
  readonly #maxIndex: number;
  readonly #byName: ReadonlyMap<string, number>;
  readonly #byIndex: ReadonlyMap<number, string>;

  constructor(existing: ReadonlyMap<string, number>, maxIndex: number) {
    this.#maxIndex = maxIndex;
    this.#byName = new Map([...existing].filter(([, index]) => index >= 1 && index <= maxIndex));
    this.#byIndex = new Map([...this.#byName].map(([name, index]) => [index, name]));
  }

  get all(): ReadonlyMap<string, number> {
    return this.#byName;
  }

  nameOf(index: number): string | undefined {
    return this.#byIndex.get(index);
  }

  /**
   * The indexes of these services, old names keeping theirs. `carried` says which numbers connections carry;
   * it is asked only when a number is needed.
   * @throws RangeError when there are more services than numbers
   */
  assign(names: readonly string[], carried: () => ReadonlySet<number>): ServiceIndexes {
    if (names.length > this.#maxIndex) throw new RangeError(this.#tooMany(`${names.length} services are`));
    const next = new Map([...this.#byName].filter(([name]) => names.includes(name)));
    const fresh = names.filter((name) => !next.has(name));
    const free = fresh.length === 0 ? [] : this.#free(next, carried());
    for (const [i, name] of fresh.entries()) {
      const index = free[i];
      if (index === undefined)
        throw new RangeError(
          this.#tooMany(`${names.length} services, and connections of others that are gone, are`),
        );
      next.set(name, index);
    }
    return new ServiceIndexes(next, this.#maxIndex);
  }

  /** Numbers in force until now come last: until the new ruleset stands, the old one may still give them out. */
  #free(taken: ReadonlyMap<string, number>, carried: ReadonlySet<number>): number[] {
    const used = new Set([...taken.values(), ...carried]);
    const unused = Array.from({ length: this.#maxIndex }, (_, i) => i + 1).filter(
      (index) => !used.has(index),
    );
    return [
      ...unused.filter((index) => !this.#byIndex.has(index)),
      ...unused.filter((index) => this.#byIndex.has(index)),
    ];
  }

  #tooMany(what: string): string {
    return `${what} more than the ${this.#maxIndex} that \`kernel: { mark_mask }\` has room for`;
  }
}
