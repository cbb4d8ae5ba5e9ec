// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Daemon } from '@nftoggle/contracts';
import type { NatsServer } from './nats-server.ts';

/** A daemon run as in production: its own process, its own configuration file. */
export interface DaemonProcess {
  readonly pid: number;
  readonly socket: string;
  /** What it has logged so far. */
  log(): string;
  /** Replaces the configuration file in one step, as careful editors do. */
  configure(yamlText: string): void;
  /** Sends a signal and returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** The exit code, when it ends by itself. */
  readonly ended: Promise<number | null>;
}

export interface DaemonOptions {
  readonly daemon: Daemon;
  /** URL of its main.ts. */
  readonly main: URL;
  readonly config: string;
  readonly nats: Pick<NatsServer, 'url' | 'seeds'>;
  readonly env?: Readonly<Record<string, string>>;
}

export function startDaemon(options: DaemonOptions): DaemonProcess {
  const directory = mkdtempSync(join(tmpdir(), `nftoggle-${options.daemon}-`));
  const configFile = join(directory, 'nftoggle.yml');
  writeFileSync(configFile, options.config);
  const child = spawn(process.execPath, [fileURLToPath(options.main)], {
    env: { PATH: process.env.PATH, ...environment(options, directory, configFile), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = exitCode(child, directory);
  let log = '';
  const collect = (text: Buffer): void => {
    log += text;
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return {
    pid: child.pid ?? 0,
    socket: join(directory, 'run', 'daemon.sock'),
    log: () => log,
    configure: (yamlText) => {
      writeFileSync(`${configFile}.new`, yamlText);
      renameSync(`${configFile}.new`, configFile);
    },
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
    ended,
  };
}

function environment({ daemon, nats }: DaemonOptions, directory: string, configFile: string) {
  const seedFile = join(directory, 'seed');
  writeFileSync(seedFile, `${nats.seeds[daemon]}\n`, { mode: 0o600 });
  return {
    NFTOGGLE_CONFIG: configFile,
    NFTOGGLE_STATE: directory,
    NFTOGGLE_SOCKET: join(directory, 'run', 'daemon.sock'),
    NFTOGGLE_NATS_URL: nats.url,
    NFTOGGLE_NATS_SEED_FILE: seedFile,
  };
}

async function exitCode(child: ChildProcess, directory: string): Promise<number | null> {
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const [code] = await once(child, 'exit');
  process.off('exit', endWithUs);
  rmSync(directory, { recursive: true, force: true });
  return code;
}
