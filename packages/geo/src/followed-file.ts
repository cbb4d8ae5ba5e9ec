// SPDX-License-Identifier: MIT
import { signatureOf } from '@nftoggle/config';
import type { Database } from './database.ts';
import { readDatabase, type Wanted } from './database-read.ts';

/** What came of a look. */
export interface Look {
  /** Another database is in force. */
  readonly changed: boolean;
  /** A problem that was not told before. */
  readonly problem: string | null;
}

const nothingNew: Look = { changed: false, problem: null };

/**
 * A database file of the user's own. It is looked at every few seconds rather than watched: such files change once a
 * week, a look finds every change on every kind of mount and behind every link, and two looks that find the same file
 * say that nobody is in the middle of writing it. What is read replaces what was there only when it is whole.
 */
export class FollowedFile<T> {
  readonly file: string;
  /** The last good one; null while there was none. */
  database: Database<T> | null = null;
  /** Why the file is not what serves, or what it cannot answer; null when all is well. */
  problem: string | null = null;
  readonly #wanted: Wanted<T>;
  /** What serves while there is no good file, as a sentence. */
  readonly #meanwhile: string;
  #read = 'nothing yet';
  #seen = 'nothing yet';

  constructor(file: string, wanted: Wanted<T>, meanwhile: string) {
    this.file = file;
    this.#wanted = wanted;
    this.#meanwhile = meanwhile;
  }

  /** Reads the file as it is now. */
  async open(): Promise<Look> {
    const signature = await signatureOf(this.file);
    const result = await readDatabase(this.file, this.#wanted);
    this.#seen = await signatureOf(this.file);
    this.#read = signature;
    if (!result.ok) {
      // It changed under our hands: the next look that finds it quiet reads it anew, and what it says counts.
      if (this.#seen !== signature && this.database !== null) return nothingNew;
      const serving = this.database === null ? this.#meanwhile : 'The last good one is used meanwhile.';
      return { changed: false, problem: this.#tell(`${result.problem} ${serving}`) };
    }
    this.database = result.database;
    return { changed: true, problem: this.#tell(result.gap) };
  }

  /** Reads the file if it is another one than was read, and the same as at the look before. */
  async look(): Promise<Look> {
    const signature = await signatureOf(this.file);
    if (signature === this.#read) {
      this.#seen = signature;
      return nothingNew;
    }
    if (signature === this.#seen) return this.open();
    this.#seen = signature;
    return nothingNew;
  }

  #tell(problem: string | null): string | null {
    const told = this.problem;
    this.problem = problem === null ? null : `${this.file}: ${problem}`;
    return this.problem === told ? null : this.problem;
  }
}
