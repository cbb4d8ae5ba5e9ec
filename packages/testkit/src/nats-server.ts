// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsServerConfig } from '@nftoggle/bus';
import type { Daemon } from '@nftoggle/contracts';
import { eventually } from './eventually.ts';
import { freePort } from './port.ts';

export type User = Daemon | 'tap';
export type Passwords = Readonly<Record<User, string>>;

/** A nats-server of one test, with the users and permissions of the product. */
export interface NatsServer {
  readonly url: string;
  readonly passwords: Passwords;
  /** Ends it in order and removes its files. */
  stop(): Promise<void>;
  /** Ends it as a crash does, and returns when it is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same port; returns when it takes connections. */
  restart(): Promise<void>;
}

const passwords: Passwords = {
  interceptor: 'interceptor-secret',
  policy: 'policy-secret',
  api: 'api-secret',
  tap: 'tap-secret',
};

export async function startNats(): Promise<NatsServer> {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-nats-'));
  const port = await freePort();
  const configFile = join(directory, 'nats.conf');
  writeFileSync(configFile, natsServerConfig({ port, pidFile: join(directory, 'nats.pid'), passwords }));
  let child = await launch(configFile, port);
  return {
    url: `nats://127.0.0.1:${port}`,
    passwords,
    stop: async () => {
      await end(child, 'SIGTERM');
      rmSync(directory, { recursive: true, force: true });
    },
    kill9: () => end(child, 'SIGKILL'),
    restart: async () => {
      await end(child, 'SIGTERM');
      child = await launch(configFile, port);
    },
  };
}

async function launch(configFile: string, port: number): Promise<ChildProcess> {
  const child = spawn('nats-server', ['-c', configFile], {
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr?.on('data', (text) => {
    log += text;
  });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  await eventually(() => answers(child, port, log), { withinMs: 10_000 });
  return child;
}

/** The server speaks first: a connection counts once its INFO is there. */
async function answers(child: ChildProcess, port: number, log: string): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`nats-server ended with code ${child.exitCode}:\n${log}`);
  const socket = connect(port, '127.0.0.1');
  try {
    const [data] = await once(socket, 'data');
    return String(data).startsWith('INFO');
  } finally {
    socket.destroy();
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
