// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus, type BusUser, busUsers, natsServerConfig, newSeed, publicKeyOf } from '@nftoggle/bus';
import { type Daemon, type EventReader, statsReader } from '@nftoggle/contracts';
import { eventually } from './eventually.ts';
import { freePort } from './port.ts';

export type Seeds = Readonly<Record<BusUser, string>>;

/** A nats-server of one test, with the users and permissions of the product. */
export interface NatsServer {
  readonly url: string;
  /** By which its users get in. */
  readonly seeds: Seeds;
  /** Ends it in order and removes its files. */
  stop(): Promise<void>;
  /** Ends it as a crash does, and returns when it is gone. */
  kill9(): Promise<void>;
  /** Lets it hang, with its connections open, until `thaw` or its end; returns when it does nothing any more. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Starts it again on the same port; returns when it takes connections. It keeps its stores unless told to lose them. */
  restart(options?: { readonly loseStorage?: boolean }): Promise<void>;
}

export interface NatsOptions {
  /** Another configuration than that of the product; asked at each start. */
  readonly alter?: (config: string) => string;
}

const seeds = ofEachUser(newSeed);
const keys = ofEachUser((user) => publicKeyOf(seeds[user]));

function ofEachUser(make: (user: BusUser) => string): Seeds {
  return Object.fromEntries(busUsers.map((user) => [user, make(user)])) as Seeds;
}

export async function startNats({ alter = (config) => config }: NatsOptions = {}): Promise<NatsServer> {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-nats-'));
  const port = await freePort();
  const configFile = join(directory, 'nats.conf');
  const storeDirectory = join(directory, 'store');
  const config = natsServerConfig({ listen: `127.0.0.1:${port}`, storeDirectory, keys });
  const start = (): Promise<ChildProcess> => {
    writeFileSync(configFile, alter(config));
    return launch(configFile, port);
  };
  let child = await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    seeds,
    stop: async () => {
      await end(child, 'SIGTERM');
      rmSync(directory, { recursive: true, force: true });
    },
    kill9: () => end(child, 'SIGKILL'),
    freeze: async () => {
      child.kill('SIGSTOP');
      await eventually(() => isStopped(child));
    },
    thaw: () => void child.kill('SIGCONT'),
    restart: async ({ loseStorage = false } = {}) => {
      await end(child, 'SIGTERM');
      if (loseStorage) rmSync(storeDirectory, { recursive: true, force: true });
      child = await start();
    },
  };
}

/**
 * Keeps the event stream and these readers, as policy does; resolves when they are there. Without it events wait,
 * and followers and taps may hear them late, and more than once. To be closed by the caller.
 */
export async function keepEvents(
  { url, seeds }: Pick<NatsServer, 'url' | 'seeds'>,
  readers: () => readonly EventReader[] = () => [statsReader],
): Promise<{ update(): void; close(): Promise<void> }> {
  const open = (daemon: Daemon): Bus => new Bus({ url, seed: seeds[daemon], node: 'box', daemon });
  const bus = open('policy');
  const keeper = bus.keepEvents(readers);
  for (const reader of readers()) {
    const looking = open(reader.daemon);
    const place = looking.readEvents(reader, 1, () => Promise.reject(new Error('it is only looked for')));
    await place.stop();
    await eventually(async () => (await place.waiting()) !== null);
    await looking.close();
  }
  return { update: () => keeper.update(), close: () => bus.close() };
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

/** SIGSTOP reaches the threads of a process one after the other. */
function isStopped(child: ChildProcess): boolean {
  const tasks = `/proc/${child.pid}/task`;
  return readdirSync(tasks).every((task) => / T /.test(readFileSync(join(tasks, task, 'stat'), 'utf8')));
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  child.kill('SIGCONT');
  await ended;
}
