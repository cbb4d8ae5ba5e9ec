// SPDX-License-Identifier: MIT
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { writePrivately } from './private-files.ts';

/**
 * Below the range that the kernel takes outgoing ports from (32768 and up by default): a server that is
 * restarted must find its port free.
 */
const range = { from: 21_000, to: 30_000 } as const;
const attempts = 100;

/** The kept port while it is free, or else a new one, which is then kept. Both on 127.0.0.1. */
export async function ensureLoopbackPort(file: string): Promise<number> {
  const kept = readPort(file);
  if (kept !== undefined && (await isFree(kept))) return kept;
  const port = await findFreePort();
  writePrivately(file, `${port}\n`);
  return port;
}

function readPort(file: string): number | undefined {
  try {
    const port = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(port) && port > 1_023 && port < 65_536 ? port : undefined;
  } catch {
    return undefined;
  }
}

async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(range.from, range.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port between ${range.from} and ${range.to} is free on 127.0.0.1`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
