// SPDX-License-Identifier: MIT
// What the next life of this process needs to know of sessions and has from nowhere else: a file beside the kernel's
// memory, which outlives the process and not the machine.
import { readFileSync, statSync, utimesSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readRecord, type SessionRecord } from './session-records.ts';
import { readUntold, type Untold } from './session-telling.ts';

export interface Memory {
  readonly sessions: readonly SessionRecord[];
  readonly untold: readonly Untold[];
}

/** The same as it is written: each of them is JSON already. */
export interface MemoryText {
  readonly sessions: readonly string[];
  readonly untold: readonly string[];
}

/** As it was found. */
export interface OldMemory extends Memory {
  /** This machine was not started anew since. */
  readonly isOfThisBoot: boolean;
  /** When it was true last, by the clock on the wall, in milliseconds. */
  readonly seen: number;
  /** Entries that cannot be read: they are left out. */
  readonly damaged: number;
}

export interface SessionMemory {
  /**
   * Undefined when there is none.
   * @throws Error when there is one that cannot be read
   */
  read(): OldMemory | undefined;
  /**
   * All of it, or none. One at a time.
   * @throws Error when it cannot be written; what there was before is left then
   */
  write(memory: MemoryText): Promise<void>;
  /** What was written last is true still. */
  confirm(): void;
}

const version = 1;
/** Texts that are written together. */
const part = 128;
const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** Written beside its place and put there whole, readable by its owner alone: it tells who is connected to what. */
export class SessionFile implements SessionMemory {
  readonly #path: string;
  readonly #bootId: string;

  constructor(path: string, bootId = readFileSync(bootIdFile, 'utf8').trim()) {
    this.#path = path;
    this.#bootId = bootId;
  }

  read(): OldMemory | undefined {
    const text = this.#text();
    if (text === undefined) return undefined;
    const content = JSON.parse(text) as Partial<
      Record<'version' | 'boot' | 'sessions' | 'untold', unknown>
    > | null;
    if (content?.version !== version || !Array.isArray(content.sessions) || !Array.isArray(content.untold))
      throw new Error(`${this.#path} is no list of sessions of this version`);
    const sessions = content.sessions.flatMap((entry) => readRecord(entry) ?? []);
    const untold = content.untold.flatMap((entry) => readUntold(entry) ?? []);
    return {
      sessions,
      untold,
      isOfThisBoot: content.boot === this.#bootId,
      seen: statSync(this.#path).mtimeMs,
      damaged: content.sessions.length + content.untold.length - sessions.length - untold.length,
    };
  }

  async write(memory: MemoryText): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const fresh = `${this.#path}.new`;
    const file = await open(fresh, 'w', 0o600);
    try {
      // The mode above is for a file that is made; one that was left behind keeps its own.
      await file.chmod(0o600);
      for (const part of partsOf(memory, this.#bootId)) await file.write(part);
    } finally {
      await file.close();
    }
    await rename(fresh, this.#path);
  }

  confirm(): void {
    const now = new Date(Date.now());
    utimesSync(this.#path, now, now);
  }

  #text(): string | undefined {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** To put all of it together would take long while many are in. */
function* partsOf({ sessions, untold }: MemoryText, boot: string): Generator<string> {
  yield `{"version":${version},"boot":${JSON.stringify(boot)},"sessions":[`;
  yield* listOf(sessions);
  yield '],"untold":[';
  yield* listOf(untold);
  yield ']}';
}

function* listOf(texts: readonly string[]): Generator<string> {
  for (let at = 0; at < texts.length; at += part)
    yield `${at === 0 ? '' : ','}${texts.slice(at, at + part).join(',')}`;
}
