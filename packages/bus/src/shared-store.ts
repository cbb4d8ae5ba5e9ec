// SPDX-License-Identifier: MIT
import type { Stored } from './mirror.ts';

/** State of this node that the replicas of a daemon share, kept on the bus. */
export interface SharedStore<T> {
  /** From the mirror: synchronous and cheap. An entry that cannot be read counts as none. */
  get(key: string): Stored<T> | undefined;
  /** All of them; always the same as they are now, so do not keep it. */
  entries(): ReadonlyMap<string, Stored<T>>;
  /**
   * The mirror is what the bus has, as far as anybody can know: all entries were read on this connection, and
   * changes are heard. False at first, in an outage, and until all is read anew after it: the mirror then stays
   * as it was, and nothing can be written.
   */
  readonly ready: boolean;
  /**
   * Compare and set: `revision` is that of the entry which the value replaces, 0 if there is none. Resolves with
   * the new revision; `get` has it by then.
   * @throws ConflictError when the entry is another one. `get` has that one by then, so reading again and trying
   *   again gets on.
   * @throws NoAnswerError within about 2 s when the bus does not answer, or cannot keep more. Whether the value was
   *   written is unknown then: read again once the store is ready, and compare. It may even be written later, but
   *   not over a change.
   */
  put(key: string, value: T, revision: number): Promise<number>;
  /** Compare and remove: errors as for `put`, and a ConflictError when there is no entry. */
  remove(key: string, revision: number): Promise<void>;
  /**
   * Tells of every entry at first, and of each change then, our own included, in order of revision. What several
   * changes did in an outage, or before it was heard of, is one change. Undefined: the entry is gone. Must not throw.
   */
  onChange(listener: (key: string, value: T | undefined) => void): void;
  /** Tells when `ready` changes, after the changes that were found meanwhile. Must not throw. */
  onReady(listener: (ready: boolean) => void): void;
}
