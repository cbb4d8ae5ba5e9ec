// SPDX-License-Identifier: MIT
// What was said to be stored is stored, once, whatever dies in the middle.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually, startInside } from '@nftoggle/testkit';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ever, openRoom, type Room } from './stats.fixture.ts';
import { numbered } from './writer.fixture.ts';

const fixture = new URL('./writer.fixture.ts', import.meta.url);
let room: Room;
beforeEach(() => {
  room = openRoom();
});
afterEach(() => room.close());

/** Starts a writer, kills it after some batches and a moment, and returns how far it said it was. */
async function writeAndDie(file: string, first: number, size: number, batches: number, moment: number) {
  const script = `(await import(${JSON.stringify(fixture.href)})).storeForEver(${JSON.stringify(file)}, ${first}, ${size})`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = first;
  let seen = 0;
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line.split(' ')[1]);
    seen += 1;
    if (seen === batches) setTimeout(() => child.kill('SIGKILL'), moment);
  }
  await ended;
  return acknowledged;
}

function expectOnce(file: string, from: number, to: number): void {
  const reader = new Database(file, { readonly: true });
  try {
    expect(reader.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(reader.prepare('SELECT count(*) FROM event').pluck().get()).toBe(to - from);
    expect(reader.prepare("SELECT value FROM fact WHERE key = 'events'").pluck().get()).toBe(to - from);
  } finally {
    reader.close();
  }
}

describe('a writer that is killed', () => {
  it('has stored what it said, and each event once when all come again', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 12; round += 1) {
      const size = 50 + round * 40;
      // It begins before where it was, as the stream does.
      const first = Math.max(0, acknowledged - 100);
      const reached = await writeAndDie(room.file, first, size, 1 + (round % 3), (round * 7) % 23);
      const reader = new Database(room.file, { readonly: true });
      expect(reader.pragma('integrity_check', { simple: true })).toBe('ok');
      const kept = reader.prepare('SELECT count(*) FROM event').pluck().get() as number;
      reader.close();
      acknowledged = Math.max(acknowledged, reached);
      expect(kept).toBeGreaterThanOrEqual(acknowledged);
    }
    const total = acknowledged + 5_000;
    const store = room.open();
    store.store(numbered(0, total));
    const whole = room.open({ file: `${room.file}.whole` });
    whole.store(numbered(0, total));
    expect(store.summary(ever)).toEqual(whole.summary(ever));
    expect(store.sessions({ ...ever, limit: 500 })).toEqual(whole.sessions({ ...ever, limit: 500 }));
    expectOnce(room.file, 0, total);
  });
});

describe('a disk that is full', () => {
  it('lets nothing be said to be stored that is not, and everything be stored when there is room again', async () => {
    const place = mkdtempSync(join(tmpdir(), 'nftoggle-full-'));
    const file = join(place, 'stats', 'stats.db');
    mkdirSync(dirname(file));
    // A file system of its own, in a mount namespace of its own, which ends with the process.
    const surroundings = {
      argvInside: (argv: readonly string[]) => [
        'unshare',
        ...['--mount', '--propagation', 'private', 'sh', '-c'],
        `mount -t tmpfs -o size=6m tmpfs '${place}' && mkdir '${dirname(file)}' && exec "$@"`,
        ...['sh', ...argv],
      ],
    };
    const writer = await startInside<typeof import('./writer.fixture.ts')>(surroundings, fixture);
    try {
      await writer.call.open(file);
      expect(await writer.call.free(place)).toContain('tmpfs');
      await writer.call.hand(0, 1_000);
      await eventually(async () => (await writer.call.progress()).stored === 1_000);

      await writer.call.fill(file, true);
      await writer.call.hand(1_000, 8_000);
      await eventually(async () => (await writer.call.progress()).failures.length > 1, { withinMs: 20_000 });
      const { stored, failures } = await writer.call.progress();
      expect(stored).toBe(1_000);
      expect(new Set(failures)).toEqual(new Set(['SQLITE_FULL']));

      await writer.call.fill(file, false);
      await eventually(async () => (await writer.call.progress()).stored === 9_000, { withinMs: 40_000 });
      await writer.call.close();
      expect(await writer.call.recount(file)).toEqual({ integrity: 'ok', events: 9_000 });
    } finally {
      await writer.close();
      rmSync(place, { recursive: true, force: true });
    }
  });
});
