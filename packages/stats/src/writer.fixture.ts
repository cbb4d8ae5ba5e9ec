// SPDX-License-Identifier: MIT
// A process that stores events, to be killed, or to run out of disk: what it says is stored has to be.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CloudEvent } from '@nftoggle/contracts';
import Database from 'better-sqlite3';
import { Batches } from './batches.ts';
import { aDenial, anEnd, aStart, config, now } from './stats.fixture.ts';
import { StatsStore } from './stats-store.ts';

let store: StatsStore | undefined;
let batches: Batches | undefined;
let stored = 0;
let failures: string[] = [];

/** The same events in every process: refusals, and sessions whose events follow each other. */
export function numbered(first: number, count: number): readonly CloudEvent[] {
  return Array.from({ length: count }, (_, offset) => {
    const index = first + offset;
    const at = now - 86_400_000 + index;
    const session = `session${Math.floor(index / 4)
      .toString()
      .padStart(8, '0')}`;
    const wish = { session, since: at, address: `192.168.1.${index % 20}` };
    const event =
      [aDenial({ at, count: 2 }), aStart(wish), anEnd({ ...wish, ended: at, active: 1 })][index % 4] ??
      aDenial({ at });
    return { ...event, id: uuidOf(index) };
  });
}

function uuidOf(index: number): string {
  const hex = createHash('sha256').update(String(index)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function open(file: string): void {
  store = new StatsStore({
    file,
    config,
    clock: () => now,
    onDamage: (_, problem) => failures.push(problem),
  });
  const opened = store;
  batches = new Batches({
    commit: (events) => void opened.store(events),
    onFailure: (error) => failures.push((error as { readonly code: string }).code),
  });
}

/** Stores without end, and says how far it is after each batch. */
export async function storeForEver(file: string, first: number, size: number): Promise<void> {
  open(file);
  for (let next = first; ; next += size) {
    store?.store(numbered(next, size));
    if (next % (size * 5) === 0) await store?.tidy();
    await new Promise((resolve) => process.stdout.write(`stored ${next + size}\n`, resolve));
  }
}

/** Hands over events, and counts them when they are promised to be stored. */
export function hand(first: number, count: number): void {
  void batches?.add(numbered(first, count)).then(() => {
    stored += count;
  });
}

export function progress(): { readonly stored: number; readonly failures: readonly string[] } {
  return { stored, failures };
}

/** Leaves no room beside what the database has, or gives it back. */
export function fill(file: string, full: boolean): void {
  const ballast = join(dirname(file), 'ballast');
  if (!full) rmSync(ballast);
  else
    try {
      writeFileSync(ballast, Buffer.alloc(64 * 1024 * 1024));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
}

export function free(directory: string): string {
  return execFileSync('df', ['--output=avail,fstype', directory], { encoding: 'utf8' });
}

export function recount(file: string): { readonly integrity: unknown; readonly events: unknown } {
  const reader = new Database(file, { readonly: true });
  try {
    const integrity = reader.pragma('integrity_check', { simple: true });
    return { integrity, events: reader.prepare('SELECT count(*) FROM event').pluck().get() };
  } finally {
    reader.close();
  }
}

export function close(): void {
  batches?.stop();
  store?.close();
  failures = [];
}
