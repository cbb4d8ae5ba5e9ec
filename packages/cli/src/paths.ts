// SPDX-License-Identifier: MIT
import { dirname, join, resolve } from 'node:path';

export interface PathOptions {
  readonly state?: string | undefined;
  readonly config?: string | undefined;
}

/** Where one nftoggle keeps its things. Two with different state directories may run side by side. */
export interface Paths {
  readonly state: string;
  readonly config: string;
  readonly socket: string;
  readonly secrets: string;
  readonly logs: string;
  /** Pid files, by name. */
  readonly run: string;
  /** What daemons keep for their next life, but not beyond one of the machine. The socket is there, too. */
  readonly runtime: string;
  readonly natsConfig: string;
  readonly natsPort: string;
  /** What the bus keeps: grants, and what is used of allowances. */
  readonly natsStore: string;
}

const defaults = {
  state: '/var/lib/nftoggle',
  config: '/etc/nftoggle/nftoggle.yml',
  runtime: '/run/nftoggle',
} as const;

/**
 * A state directory of one's own brings its own configuration and socket along. Otherwise the environment may name the
 * socket, as it does for the daemon that listens on it.
 */
export function resolvePaths(options: PathOptions): Paths {
  const own = options.state === undefined ? undefined : resolve(options.state);
  const state = own ?? defaults.state;
  const config = own === undefined ? defaults.config : join(own, 'nftoggle.yml');
  const runtime = own === undefined ? defaults.runtime : join(own, 'run');
  return {
    state,
    config: options.config === undefined ? config : resolve(options.config),
    socket: (own === undefined ? process.env.NFTOGGLE_SOCKET : undefined) ?? join(runtime, 'daemon.sock'),
    secrets: join(state, 'secrets'),
    logs: join(state, 'log'),
    run: join(state, 'run'),
    runtime,
    natsConfig: join(state, 'nats.conf'),
    natsPort: join(state, 'nats.port'),
    natsStore: join(state, 'nats'),
  };
}

export function pidFileOf(paths: Paths, name: string): string {
  return join(paths.run, `${name}.pid`);
}

/** The directory of the checkout, whatever the current directory is. */
export const projectRoot = dirname(dirname(dirname(import.meta.dirname)));
