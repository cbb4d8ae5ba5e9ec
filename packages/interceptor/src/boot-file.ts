// SPDX-License-Identifier: MIT
// The script that a unit of systemd loads at boot: a file in the state directory, kept in step with what is guarded.
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '@nftoggle/daemon';
import { Backoff } from './backoff.ts';

/** Of a state directory (NFTOGGLE_STATE). */
export function bootFileOf(state: string): string {
  return join(state, 'interceptor', 'boot.nft');
}

const mode = 0o600;

/**
 * Written off the way of packets: a disk may take its time. Of several texts that come meanwhile the newest counts.
 * What fails is tried again; until then the file shuts what was guarded before.
 */
export class BootFile {
  readonly #path: string;
  readonly #log: Pick<Logger, 'error' | 'info'>;
  readonly #again = new Backoff();
  #wanted: string | null | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(path: string, log: Pick<Logger, 'error' | 'info'>) {
    this.#path = path;
    this.#log = log;
  }

  /** `script`: what the next boot is to load; null for nothing, and the file goes. Comes back at once. */
  keep(script: string | null): void {
    this.#wanted = script;
    this.#working = this.#working.then(() => this.#settle());
  }

  /** Resolves when the newest text stands on the disk, or could not be written. */
  async close(): Promise<void> {
    this.#again.reset();
    await this.#working;
    this.#again.reset();
  }

  async #settle(): Promise<void> {
    const script = this.#wanted;
    if (script === undefined) return;
    this.#wanted = undefined;
    try {
      if (await write(this.#path, script)) this.#log.info(this.#told(script));
      this.#again.reset();
    } catch (err) {
      if (this.#again.failures === 0)
        this.#log.error({ err }, `${this.#path} cannot be written: the next boot shuts what it says now`);
      this.#again.again(() => this.keep(this.#wanted === undefined ? script : this.#wanted));
    }
  }

  #told(script: string | null): string {
    if (script === null) return `nothing is to be shut at boot: removed ${this.#path}`;
    return `${this.#path} has what shuts the guarded ports at boot`;
  }
}

/**
 * Whole or not at all, on the disk when it resolves, for root alone.
 * @returns false when it was so already
 */
async function write(path: string, script: string | null): Promise<boolean> {
  const directory = dirname(path);
  if (script === null) {
    if ((await present(path)) === undefined) return false;
    await rm(path, { force: true });
  } else {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // Whoever could write here could say what root loads at boot.
    await chmod(directory, 0o700);
    if ((await present(path)) === script) return false;
    await writeDraft(`${path}.new`, script);
    await rename(`${path}.new`, path);
  }
  await sync(directory);
  return true;
}

/** What stands there, as far as it is for root alone; undefined for no file. */
async function present(path: string): Promise<string | null | undefined> {
  try {
    const { mode: found } = await stat(path);
    return (found & 0o7777) === mode ? await readFile(path, 'utf8') : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeDraft(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    // The mode above is for a file that is made; one that was left behind keeps its own.
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A new name, or one that went, outlives a power cut only when its directory is on the disk. */
async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
