// SPDX-License-Identifier: MIT
import { type Daemon, eventStream, requests, shelves, stores } from '@nftoggle/contracts';
import { maxMessage } from './decode.ts';
import { daemons, type Permissions, permissionsOf, tapPermissions } from './permissions.ts';

export interface ServerSettings {
  readonly port: number;
  readonly pidFile: string;
  /** Where events, stores and shelves are kept; made if it is not there. */
  readonly storeDirectory: string;
  /** Password of each user: the daemons and `tap`. */
  readonly passwords: Readonly<Record<Daemon | 'tap', string>>;
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
 * A nats-server configuration that listens on loopback alone. Only features of 2.9 are used: it syncs its files
 * to the disk every two minutes and cannot be told otherwise.
 */
export function natsServerConfig(settings: ServerSettings): string {
  const users = [
    ...daemons.map((daemon) => userEntry(daemon, settings.passwords[daemon], permissionsOf(daemon))),
    userEntry('tap', settings.passwords.tap, tapPermissions),
  ];
  return [
    `listen: "127.0.0.1:${settings.port}"`,
    `pid_file: ${JSON.stringify(settings.pidFile)}`,
    `max_payload: ${maxMessage}`,
    'max_connections: 256',
    'write_deadline: "2s"',
    'jetstream {',
    `  store_dir: ${JSON.stringify(settings.storeDirectory)}`,
    `  max_file_store: ${maxFileStore}`,
    `  max_memory_store: ${maxMemoryStore}`,
    '}',
    'authorization {',
    '  users = [',
    ...users.map((user) => `    ${user}`),
    '  ]',
    '}',
    '',
  ].join('\n');
}

/**
 * Only who serves a question may answer one; the server allows one answer to each, for as long as somebody waits. It takes
 * whatever has a reply subject for a question, events too, and looks through all that it remembers when those are
 * thousands: so it must not remember them for longer.
 */
function userEntry(user: string, password: string, { publish, except, subscribe }: Permissions): string {
  const served = Object.values(requests).filter(({ server }) => server === user);
  const longest = Math.max(0, ...served.map(({ deadline }) => deadline));
  const permissions = {
    publish: publish.length > 0 ? { allow: publish, deny: except } : { deny: ['>'] },
    subscribe: { allow: subscribe },
    allow_responses: longest > 0 && { max: 1, expires: `${longest / 1_000 + 1}s` },
  };
  return JSON.stringify({ user, password, permissions });
}
