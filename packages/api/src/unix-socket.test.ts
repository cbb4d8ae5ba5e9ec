// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '@nftoggle/daemon';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenOnSocket } from './unix-socket.ts';

let directory: string;
let path: string;
const apps: FastifyInstance[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-socket-'));
  path = join(directory, 'run', 'daemon.sock');
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  rmSync(directory, { recursive: true, force: true });
});

function newApp(): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.get('/', () => 'here');
  apps.push(app);
  return app;
}

function mode(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

async function ask(): Promise<string> {
  const [response] = await once(request({ socketPath: path, path: '/' }).end(), 'response');
  const [body] = await once(response, 'data');
  return String(body);
}

describe('the socket', () => {
  it('is for its owner and group, in a directory for its owner', async () => {
    await listenOnSocket(newApp(), path);
    expect(mode(path)).toBe('660');
    expect(mode(join(directory, 'run'))).toBe('700');
    expect(await ask()).toBe('here');
  });

  it('leaves a directory that is there, and the umask, as they are', async () => {
    mkdirSync(join(directory, 'run'));
    chmodSync(join(directory, 'run'), 0o750);
    const umask = process.umask();
    await listenOnSocket(newApp(), path);
    expect(mode(join(directory, 'run'))).toBe('750');
    expect(process.umask()).toBe(umask);
  });

  it('replaces one that a crash left behind', async () => {
    mkdirSync(join(directory, 'run'));
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
    await once(spawn(process.execPath, ['-e', script]), 'exit');
    expect(existsSync(path)).toBe(true);
    await listenOnSocket(newApp(), path);
    expect(await ask()).toBe('here');
  });

  it('does not take the place of one that is in use', async () => {
    await listenOnSocket(newApp(), path);
    const second = listenOnSocket(newApp(), path);
    await expect(second).rejects.toThrow(StartError);
    await expect(second).rejects.toThrow(`another nftoggle uses ${path}`);
    expect(await ask()).toBe('here');
  });

  it('does not remove what is not a socket', async () => {
    mkdirSync(join(directory, 'run'));
    writeFileSync(path, 'precious');
    await expect(listenOnSocket(newApp(), path)).rejects.toThrow('is not a socket');
    expect(existsSync(path)).toBe(true);
  });

  it('is a start that cannot succeed where no directory can be made', async () => {
    writeFileSync(join(directory, 'run'), '');
    await expect(listenOnSocket(newApp(), path)).rejects.toThrow(StartError);
  });

  it('is gone when the app is closed, even while a client keeps its connection', async () => {
    const app = newApp();
    await listenOnSocket(app, path);
    await ask();
    await app.close();
    expect(existsSync(path)).toBe(false);
  });
});
