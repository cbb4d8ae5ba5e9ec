// SPDX-License-Identifier: MIT
import { dirname } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { readConfig } from './config-read.ts';
import { signatureOf } from './file-signature.ts';
import type { Loaded } from './load.ts';
import { ConfigError, formatProblems, type Problem } from './problem.ts';

/**
 * Called one at a time and in the order of the changes, never after `close`. What a handler throws rejects
 * `reload`, or is an unhandled rejection when the file changed by itself: handlers are not meant to fail.
 */
export interface WatchHandlers {
  /** A new revision is good, and is `current` now. */
  onChange(loaded: Loaded): void;
  /** A new revision is not used; `current` stays. Once for each revision, and once when the file vanishes. */
  onRefused(problems: readonly Problem[], revision: string): void;
}

export interface WatchOptions {
  /** How long the directory must be quiet before the file is read, in milliseconds (100). */
  readonly quiet?: number;
  /**
   * How often to look without having been told, in milliseconds (5000): some mounts give no notice, a machine
   * can run out of inotify watches, and a link above the directory can be turned to another one.
   */
  readonly recheck?: number;
}

export interface ConfigWatch {
  /** The last good revision. */
  readonly current: Loaded;
  /** Why the file is not what runs; null when it is. */
  readonly problem: string | null;
  /** Reads the file now. Resolved once `current`, `problem` and the handlers know the outcome. */
  reload(): Promise<void>;
  /** Stops, and waits for a read that is under way. */
  close(): Promise<void>;
}

/** Loads a file and follows it. Throws `ConfigError` when there is no good configuration to start with. */
export async function watchConfig(
  file: string,
  handlers: WatchHandlers,
  { quiet = 100, recheck = 5_000 }: WatchOptions = {},
): Promise<ConfigWatch> {
  // Before the first read, so that no change falls between the two.
  const watcher = await watchDirectory(dirname(file));
  try {
    const signature = await signatureOf(file);
    const first = await readConfig(file);
    if (!first.ok) throw new ConfigError(first.problems);
    return new FileWatch(file, handlers, watcher, { quiet, recheck }, first, signature);
  } catch (error) {
    await watcher.close();
    throw error;
  }
}

// A stream of changes to other files in the directory may not put off the reading for ever.
const longestWait = 1_000;

class FileWatch implements ConfigWatch {
  current: Loaded;
  problem: string | null = null;
  readonly #file: string;
  readonly #handlers: WatchHandlers;
  readonly #watcher: FSWatcher;
  readonly #quiet: number;
  readonly #recheck: NodeJS.Timeout;
  #signature: string;
  #refused: string | null = null;
  #waiting: { readonly since: number; readonly timer: NodeJS.Timeout } | null = null;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    file: string,
    handlers: WatchHandlers,
    watcher: FSWatcher,
    options: Required<WatchOptions>,
    current: Loaded,
    signature: string,
  ) {
    this.#file = file;
    this.#handlers = handlers;
    this.#watcher = watcher;
    this.#quiet = options.quiet;
    this.#signature = signature;
    this.current = { config: current.config, revision: current.revision };
    watcher.on('all', () => this.#readSoon());
    this.#recheck = setInterval(() => void this.#look(), options.recheck);
  }

  reload(): Promise<void> {
    const reading = this.#reading.then(() => this.#read());
    // The next read waits for this one, and has nothing to do with its failure.
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#recheck);
    clearTimeout(this.#waiting?.timer);
    await Promise.all([this.#watcher.close(), this.#reading]);
  }

  /** Each change starts the wait anew: a file that is being written in pieces is read once it is whole. */
  #readSoon(): void {
    if (this.#closed) return;
    const since = this.#waiting?.since ?? Date.now();
    clearTimeout(this.#waiting?.timer);
    const wait = Math.max(0, Math.min(this.#quiet, since + longestWait - Date.now()));
    const timer = setTimeout(() => {
      this.#waiting = null;
      void this.reload();
    }, wait);
    this.#waiting = { since, timer };
  }

  async #look(): Promise<void> {
    if ((await signatureOf(this.#file)) !== this.#signature) this.#readSoon();
  }

  async #read(): Promise<void> {
    if (this.#closed) return;
    // Before the content: a change in between is seen as one the next time.
    this.#signature = await signatureOf(this.#file);
    const result = await readConfig(this.#file);
    if (this.#closed) return;
    if (result.ok) this.#use({ config: result.config, revision: result.revision });
    else this.#refuse(result.problems, result.revision);
  }

  #use(loaded: Loaded): void {
    this.problem = null;
    this.#refused = null;
    if (loaded.revision === this.current.revision) return;
    this.current = loaded;
    this.#handlers.onChange(loaded);
  }

  #refuse(problems: readonly Problem[], revision: string): void {
    this.problem = formatProblems(problems);
    const refused = `${revision} ${this.problem}`;
    if (refused === this.#refused) return;
    this.#refused = refused;
    this.#handlers.onRefused(problems, revision);
  }
}

/** The directory and not the file: editors and `ln -sf` put another file in its place. */
async function watchDirectory(directory: string): Promise<FSWatcher> {
  const watcher = watch(directory, { depth: 0, ignoreInitial: true });
  // Without notice from the system the regular look remains.
  watcher.on('error', () => {});
  await new Promise<void>((resolve) => {
    watcher.once('ready', resolve);
    watcher.once('error', () => resolve());
  });
  return watcher;
}
