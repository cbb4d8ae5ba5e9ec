// SPDX-License-Identifier: MIT
import type { DeadLetter } from '@nftoggle/contracts';
import type { Letters } from './letter.ts';

export class MemoryLetters implements Letters {
  readonly kept = new Map<string, DeadLetter>();
  /** How many calls fail from now on. */
  away = 0;
  /** The same of letters that are put alone. */
  full = 0;

  async put(key: string, letter: DeadLetter): Promise<void> {
    this.#call();
    this.full -= 1;
    if (this.full >= 0) throw new Error('there is no room');
    this.kept.delete(key);
    this.kept.set(key, letter);
  }

  async get(key: string): Promise<DeadLetter | undefined> {
    this.#call();
    return this.kept.get(key);
  }

  async keys(prefix = ''): Promise<readonly string[]> {
    this.#call();
    return [...this.kept.keys()].filter((key) => key.startsWith(prefix));
  }

  async remove(key: string): Promise<boolean> {
    this.#call();
    return this.kept.delete(key);
  }

  #call(): void {
    this.away -= 1;
    if (this.away >= 0) throw new Error('the bus is not connected');
  }
}
