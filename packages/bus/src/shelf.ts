// SPDX-License-Identifier: MIT

/** Things that people look at, kept by the server and not mirrored here. All reject with NoAnswerError without it. */
export interface Shelf<T> {
  /** Replaces what has the key. */
  put(key: string, value: T): Promise<void>;
  get(key: string): Promise<T | undefined>;
  /** Keys that begin with `prefix`, oldest first. */
  keys(prefix?: string): Promise<readonly string[]>;
  /** False when there was none. */
  remove(key: string): Promise<boolean>;
}
