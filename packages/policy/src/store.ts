// SPDX-License-Identifier: MIT

export interface Stored<T> {
  readonly value: T;
  /** Rises with each change of the store. */
  readonly revision: number;
}

/**
 * What replicas share: values by key, each changed only by who has seen its latest revision. Every replica
 * reads a mirror of its own, which may lag behind what is written by some milliseconds, and costs nothing to read.
 */
export interface Store<T> {
  /** False at first, and in an outage: the mirror may lack more than the last milliseconds, and nothing is written. */
  readonly ready: boolean;
  get(key: string): Stored<T> | undefined;
  entries(): ReadonlyMap<string, Stored<T>>;
  /**
   * Writes a value where `revision` is still the latest (0: where there is none), and returns the new revision.
   * @throws ConflictError when it is not: nothing was written, and the mirror has what was there
   * @throws NoAnswerError when the outcome is not known
   */
  put(key: string, value: T, revision: number): Promise<number>;
  /** Removes a value under the same conditions: of several who try, one succeeds. */
  remove(key: string, revision: number): Promise<void>;
  /**
   * Told of every value at first, and of each change then, this replica's own included; undefined for what was
   * removed. Whoever wants to hear of all of them listens before anything else happens.
   */
  onChange(listener: (key: string, value: T | undefined) => void): void;
  /** Told when `ready` changes. */
  onReady(listener: (ready: boolean) => void): void;
}
