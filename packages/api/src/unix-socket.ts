// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { StartError } from '@nftoggle/daemon';
import type { FastifyInstance } from 'fastify';

/**
 * Listens on a unix socket that its owner and group may use. A socket that a crash left behind is replaced;
 * one that somebody listens on is not. Closing the app removes it.
 */
export async function listenOnSocket(app: FastifyInstance, path: string): Promise<void> {
  makeDirectory(dirname(path));
  await removeStale(path);
  // The socket is made with these bits, so that there is no moment in which others could connect.
  const before = process.umask(0o117);
  try {
    await app.listen({ path });
  } catch (cause) {
    throw new StartError(`${path}: cannot listen there: ${(cause as Error).message}`, { cause });
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o660);
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StartError(`${path}: cannot make this directory: ${(cause as Error).message}`, { cause });
  }
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new StartError(
      `${path} is there and is not a socket: remove it, or choose another NFTOGGLE_SOCKET.`,
    );
  }
  if (await isAlive(path)) {
    throw new StartError(`another nftoggle uses ${path}: stop it first, or choose another NFTOGGLE_SOCKET.`);
  }
  rmSync(path, { force: true });
}

/** Only a refused connection proves that nobody listens; when in doubt, somebody does. */
async function isAlive(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ECONNREFUSED' && code !== 'ENOENT';
  } finally {
    socket.destroy();
  }
}
