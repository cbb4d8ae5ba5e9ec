// SPDX-License-Identifier: MIT
// Who may say what: the permissions of each daemon's NATS user, made from the table of subjects.
import {
  type Daemon,
  type EventType,
  eventSubject,
  events,
  type RequestName,
  requestSubject,
  requests,
} from '@nftoggle/contracts';
import { inboxPrefix } from './bus.ts';

export const daemons: readonly Daemon[] = ['interceptor', 'policy', 'api'];

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Whoever may answer `flow.decide` owns the firewall, so each daemon gets its own subjects and no more. */
export function permissionsOf(daemon: Daemon): Permissions {
  const names = Object.keys(requests) as RequestName[];
  const asks = names.filter((name) => (requests[name].callers as readonly Daemon[]).includes(daemon));
  const answers = names.filter((name) => requests[name].server === daemon);
  const tells = (Object.keys(events) as EventType[]).filter((type) =>
    (events[type].publishers as readonly Daemon[]).includes(daemon),
  );
  return {
    publish: [
      ...asks.map((name) => requestSubject('*', name)),
      ...tells.map((type) => eventSubject('*', type)),
    ],
    subscribe: [`${inboxPrefix(daemon)}.>`, ...answers.map((name) => requestSubject('*', name))],
  };
}

/** A tap sees every event and every question, answers excepted, and can say nothing. */
export const tapPermissions: Permissions = { publish: [], subscribe: ['nftoggle.>'] };

export interface ServerSettings {
  readonly port: number;
  readonly pidFile: string;
  /** Password of each user: the daemons and `tap`. */
  readonly passwords: Readonly<Record<Daemon | 'tap', string>>;
}

/** A nats-server configuration that listens on loopback alone. Only features of 2.9 are used. */
export function natsServerConfig(settings: ServerSettings): string {
  const users = [
    ...daemons.map((daemon) => userEntry(daemon, settings.passwords[daemon], permissionsOf(daemon))),
    userEntry('tap', settings.passwords.tap, tapPermissions),
  ];
  return [
    `listen: "127.0.0.1:${settings.port}"`,
    `pid_file: ${JSON.stringify(settings.pidFile)}`,
    'max_payload: 262144',
    'max_connections: 256',
    'write_deadline: "2s"',
    'authorization {',
    '  users = [',
    ...users.map((user) => `    ${user}`),
    '  ]',
    '}',
    '',
  ].join('\n');
}

/** Only who serves a question may answer one; the server allows one answer to each. */
function userEntry(user: string, password: string, { publish, subscribe }: Permissions): string {
  const permissions = {
    publish: publish.length > 0 ? { allow: publish } : { deny: ['>'] },
    subscribe: { allow: subscribe },
    allow_responses: Object.values(requests).some(({ server }) => server === user),
  };
  return JSON.stringify({ user, password, permissions });
}
