// SPDX-License-Identifier: MIT
import { eventStream, shelves, stores } from '@nftoggle/contracts';
import { maxMessage } from './decode.ts';
import { type BusUser, busUsers, permissionsOf } from './permissions.ts';

export interface ServerSettings {
  /** Where it listens, `host:port`. Whoever reaches it without a key of ours learns its version and no more. */
  readonly listen: string;
  /** Where it tells of itself over HTTP to whoever asks, `host:port`; nowhere without it. */
  readonly monitor?: string;
  readonly pidFile?: string;
  /** Where events, stores and shelves are kept; made if it is not there. */
  readonly storeDirectory: string;
  /** Public key of each user. */
  readonly keys: Readonly<Record<BusUser, string>>;
  /** Of the server, such as `2.10.27`. Without it nothing is used that came after 2.9. */
  readonly version?: string | undefined;
}

/** Bytes on disk for the event stream, stores and shelves, each of which reserves its own, and some to spare. */
const maxFileStore =
  [eventStream, ...Object.values(stores), ...Object.values(shelves)].reduce(
    (sum, { maxBytes }) => sum + maxBytes,
    0,
  ) +
  64 * 1024 * 1024;
/** Bytes of memory for what the server remembers of those who watch. */
const maxMemoryStore = 8 * 1024 * 1024;

/**
 * A nats-server configuration without a secret. From 2.10 on whatever the server confirms is on the disk; one of 2.9
 * syncs its files every two minutes and cannot be told otherwise.
 */
export function natsServerConfig(settings: ServerSettings): string {
  const { listen, monitor, pidFile, storeDirectory, keys, version } = settings;
  return [
    `listen: ${JSON.stringify(listen)}`,
    ...(monitor === undefined ? [] : [`http: ${JSON.stringify(monitor)}`]),
    ...(pidFile === undefined ? [] : [`pid_file: ${JSON.stringify(pidFile)}`]),
    `max_payload: ${maxMessage}`,
    'max_connections: 256',
    'write_deadline: "2s"',
    'jetstream {',
    `  store_dir: ${JSON.stringify(storeDirectory)}`,
    `  max_file_store: ${maxFileStore}`,
    `  max_memory_store: ${maxMemoryStore}`,
    ...(canSync(version) ? ['  sync_interval: always'] : []),
    '}',
    'authorization {',
    '  users = [',
    // None has `allow_responses`: the server would remember each reply subject, and whatever has one is a question to it.
    ...busUsers.map(
      (user) => `    ${JSON.stringify({ nkey: keys[user], permissions: permissionsOf(user) })}`,
    ),
    '  ]',
    '}',
    '',
  ].join('\n');
}

/** A server of 2.9 does not start with a word that it does not know. */
function canSync(version = ''): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}
