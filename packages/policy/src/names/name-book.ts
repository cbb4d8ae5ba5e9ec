// SPDX-License-Identifier: MIT
import type { AddressSet } from '@nftoggle/decision';
import { FollowedName } from './followed-name.ts';
import { type LookupOptions, NameLookup } from './name-lookup.ts';

/** Calls `act` once when `ms` have passed, unless the function that it returns is called before. */
export type After = (ms: number, act: () => void) => () => void;

export interface NameBookOptions {
  /** `address:port` of each; empty for those of the machine. Asked for before each lookup. */
  readonly servers: LookupOptions['servers'];
  /** Milliseconds of a clock that nobody sets, such as `performance.now()`. */
  readonly now: () => number;
  /** A name has other addresses than before: `addressesOf` says them already. */
  readonly onChange: (name: string) => void;
  /** Once for each problem, and null when it is over. */
  readonly onProblem: (name: string, problem: string | null) => void;
  /** Timers; those of Node.js, which keep no process alive, where it is left out. */
  readonly after?: After;
  /** Patience with a server; see `LookupOptions`. */
  readonly timeout?: number;
  readonly tries?: number;
}

export interface NameStatus {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly problem: string | null;
}

/** Names that are asked about at the same time. */
const mostAtOnce = 8;

interface Entry {
  readonly followed: FollowedName;
  told: string | null;
  cancel: () => void;
}

/**
 * The DNS names of the configuration with the addresses that they stand for now. Each is asked about as soon as it is
 * followed, and again when its time to live is over. Reading it costs nothing and never waits.
 */
export class NameBook {
  readonly #options: NameBookOptions;
  readonly #after: After;
  readonly #lookup: NameLookup;
  readonly #entries = new Map<string, Entry>();
  readonly #backlog: Entry[] = [];
  #running = 0;
  #closed = false;

  constructor(options: NameBookOptions) {
    const { servers, timeout = 2_000, tries = 2, after = afterByTimer } = options;
    this.#options = options;
    this.#after = after;
    this.#lookup = new NameLookup({ servers, timeout, tries });
  }

  /** From now on these, and no others. What is known of a name that stays is kept. */
  follow(names: ReadonlySet<string>): void {
    if (this.#closed) return;
    for (const [name, entry] of this.#entries) {
      if (names.has(name)) continue;
      entry.cancel();
      this.#entries.delete(name);
    }
    for (const name of names) {
      if (this.#entries.has(name)) continue;
      const entry: Entry = { followed: new FollowedName(name), told: null, cancel: () => {} };
      this.#entries.set(name, entry);
      this.#ask(entry);
    }
  }

  /** Undefined while it is not known what the name stands for; empty when it stands for nothing. */
  addressesOf(name: string): AddressSet | undefined {
    return this.#entries.get(name)?.followed.set;
  }

  /** In alphabetical order. */
  status(): readonly NameStatus[] {
    return [...this.#entries.values()]
      .map(({ followed: { name, addresses, problem } }) => ({ name, addresses, problem }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Asks no more. What is known stays readable. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#entries.values()) cancel();
    this.#backlog.length = 0;
    this.#lookup.cancel();
  }

  #ask(entry: Entry): void {
    this.#backlog.push(entry);
    this.#askNext();
  }

  #askNext(): void {
    if (this.#closed || this.#running >= mostAtOnce) return;
    const entry = this.#backlog.shift();
    if (entry === undefined) return;
    this.#running += 1;
    void this.#askNow(entry).finally(() => {
      this.#running -= 1;
      this.#askNext();
    });
  }

  async #askNow(entry: Entry): Promise<void> {
    if (!this.#follows(entry)) return;
    const answers = await this.#lookup.ask(entry.followed.name);
    if (!this.#follows(entry)) return;
    const { changed, again } = entry.followed.answered(answers, this.#options.now());
    entry.cancel = this.#after(again, () => this.#ask(entry));
    this.#tellProblem(entry);
    if (changed) this.#options.onChange(entry.followed.name);
  }

  /** Still, and as the same entry: a name may have been dropped and taken up again. */
  #follows(entry: Entry): boolean {
    return !this.#closed && this.#entries.get(entry.followed.name) === entry;
  }

  #tellProblem(entry: Entry): void {
    const { name, problem } = entry.followed;
    if (problem === entry.told) return;
    entry.told = problem;
    this.#options.onProblem(name, problem);
  }
}

function afterByTimer(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
