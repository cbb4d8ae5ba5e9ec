// SPDX-License-Identifier: MIT

/**
 * The mark index of each service. A live connection carries the index of its service, so a name keeps its
 * number for as long as our table stands. Immutable: a change that the kernel refuses changes nothing here.
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
   * The indexes of these services, old names keeping theirs. `released` are the numbers of names that are
   * gone: connections that still carry one must lose it before a new service gets it.
   * @throws RangeError when there are more services than numbers
   */
  assign(names: readonly string[]): {
    readonly indexes: ServiceIndexes;
    readonly released: readonly number[];
  } {
    if (names.length > this.#maxIndex) {
      throw new RangeError(
        `${names.length} services are more than the ${this.#maxIndex} that \`kernel: { mark_mask }\` has room for`,
      );
    }
    const kept = new Map([...this.#byName].filter(([name]) => names.includes(name)));
    const released = [...this.#byName].filter(([name]) => !names.includes(name)).map(([, index]) => index);
    for (const name of names) if (!kept.has(name)) kept.set(name, firstFree(kept));
    return { indexes: new ServiceIndexes(kept, this.#maxIndex), released };
  }
}

function firstFree(taken: ReadonlyMap<string, number>): number {
  const used = new Set(taken.values());
  for (let index = 1; ; index++) if (!used.has(index)) return index;
}
