// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Id } from '@nftoggle/contracts';
import { WakeEntries, type WakeEntry, type WakeStore } from './learned.ts';

/**
 * What was learned, in a file of this daemon's own. Not on the bus: who has a store there can have the server say
 * things in its name, and wol needs none of that. A file that is missing or damaged is an empty one: what was in it is
 * learned again.
 */
export class LearnedFile implements WakeStore {
  readonly #file: string;
  readonly #entries: Map<Id, WakeEntry>;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
    this.#entries = new Map(Object.entries(readEntries(file)));
  }

  get(device: Id): WakeEntry | undefined {
    return this.#entries.get(device);
  }

  /** Resolves when it is in the file; writes follow each other. */
  put(device: Id, entry: WakeEntry): Promise<void> {
    this.#entries.set(device, entry);
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Whole or not at all. */
  async #write(): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true });
    const draft = `${this.#file}.new`;
    await writeFile(draft, `${JSON.stringify(Object.fromEntries(this.#entries))}\n`);
    await rename(draft, this.#file);
  }
}

function readEntries(file: string): Record<Id, WakeEntry> {
  try {
    return WakeEntries.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
