// SPDX-License-Identifier: MIT
// For the tests of permissions: who may say and hear what, by the tables, one subject at a time.
import {
  type Daemon,
  eventPattern,
  eventStream,
  events,
  eventTypes,
  hookReaders,
  type RequestName,
  requestSubject,
  requests,
  type ShelfName,
  type StoreName,
  shelves,
  statsReader,
  stores,
} from '@nftoggle/contracts';
import { type Answerer, inboxPrefix } from './inbox.ts';
import { type BusUser, daemons, follows, hearsAll, uses, usesShelf } from './permissions.ts';

const answerers: readonly Answerer[] = [...daemons, 'nats'];
const requestNames = Object.keys(requests) as RequestName[];
const storeNames = Object.keys(stores) as StoreName[];
const shelfNames = Object.keys(shelves) as ShelfName[];

/** Who may publish, and who may subscribe, by the tables of subjects. */
export interface Row {
  readonly subject: string;
  readonly publish: readonly BusUser[];
  readonly subscribe: readonly BusUser[];
}

/** What a store needs, and what would be too much. */
function rowsOf(name: StoreName): Row[] {
  const { bucket } = stores[name];
  const users = daemons.filter((daemon) => uses(daemon, name));
  const needed = [
    `$KV.${bucket}.box.key`,
    `$KV.${bucket}.box.service.minecraft.kids`,
    `$JS.API.STREAM.INFO.KV_${bucket}`,
    `$JS.API.STREAM.CREATE.KV_${bucket}`,
    `$JS.API.CONSUMER.CREATE.KV_${bucket}.watcher.$KV.${bucket}.box.>`,
    `$JS.API.CONSUMER.DELETE.KV_${bucket}.watcher`,
    `$JS.FC.KV_${bucket}.watcher.token`,
  ];
  const tooMuch = [
    `$KV.${bucket}`,
    ...['DELETE', 'PURGE', 'UPDATE', 'SNAPSHOT', 'RESTORE'].map(
      (verb) => `$JS.API.STREAM.${verb}.KV_${bucket}`,
    ),
    ...['GET', 'DELETE'].map((verb) => `$JS.API.STREAM.MSG.${verb}.KV_${bucket}`),
    `$JS.API.DIRECT.GET.KV_${bucket}`,
    `$JS.API.CONSUMER.CREATE.KV_${bucket}`,
    `$JS.API.CONSUMER.CREATE.KV_${bucket}.watcher.$KV.other.box.>`,
    `$JS.API.CONSUMER.DURABLE.CREATE.KV_${bucket}.watcher`,
    ...['INFO', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.KV_${bucket}.watcher`),
    ...['NAMES', 'LIST'].map((verb) => `$JS.API.CONSUMER.${verb}.KV_${bucket}`),
    `$JS.ACK.KV_${bucket}.watcher.1.1.1.1.0`,
  ];
  return [
    ...needed.map((subject) => ({ subject, publish: users, subscribe: [] })),
    ...tooMuch.map((subject) => ({ subject, publish: [], subscribe: [] })),
  ];
}

/** Who may do what with a stream; nobody else may do anything. */
function streamRows(stream: string, may: Readonly<Record<string, readonly BusUser[]>>): Row[] {
  const verbs = [
    'INFO',
    'CREATE',
    'UPDATE',
    'DELETE',
    'PURGE',
    'SNAPSHOT',
    'RESTORE',
    'MSG.GET',
    'MSG.DELETE',
  ];
  return [
    ...verbs.map((verb) => ({
      subject: `$JS.API.STREAM.${verb}.${stream}`,
      publish: may[verb] ?? [],
      subscribe: [],
    })),
    { subject: `$JS.API.DIRECT.GET.${stream}`, publish: [], subscribe: [] },
  ];
}

/** Whoever may make a reader can have the server say anything to anybody. */
function consumerRows(stream: string, keepers: readonly BusUser[]): Row[] {
  const kept = [
    `LIST.${stream}`,
    `CREATE.${stream}.new`,
    `CREATE.${stream}.new.nftoggle.v1.*.*.*.0`,
    `DELETE.${stream}.new`,
  ];
  const tooMuch = [
    `NAMES.${stream}`,
    `CREATE.${stream}`,
    `DURABLE.CREATE.${stream}.new`,
    `LEADER.STEPDOWN.${stream}.new`,
  ];
  const row = (call: string, publish: readonly BusUser[]): Row => ({
    subject: `$JS.API.CONSUMER.${call}`,
    publish,
    subscribe: [],
  });
  return [...kept.map((call) => row(call, keepers)), ...tooMuch.map((call) => row(call, []))];
}

function readerRows(
  stream: string,
  name: string,
  reader: readonly BusUser[],
  keeper: readonly BusUser[],
): Row[] {
  return [
    { subject: `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, publish: reader, subscribe: [] },
    { subject: `$JS.API.CONSUMER.INFO.${stream}.${name}`, publish: [...reader, ...keeper], subscribe: [] },
    { subject: `$JS.ACK.${stream}.${name}.1.7.7.0.0`, publish: reader, subscribe: [] },
    { subject: `$JS.API.CONSUMER.DELETE.${stream}.${name}`, publish: keeper, subscribe: [] },
  ];
}

/** What a shelf needs, and what would be too much. */
function shelfRows(name: ShelfName): Row[] {
  const { stream } = shelves[name];
  const users = daemons.filter((daemon) => usesShelf(daemon, name));
  const keeper = eventStream.keeper;
  return [
    { subject: `${stream}.box.bell.1`, publish: users, subscribe: [] },
    { subject: stream, publish: [], subscribe: [] },
    ...streamRows(stream, {
      INFO: [...users, keeper],
      CREATE: [keeper],
      UPDATE: [keeper],
      'MSG.GET': users,
      PURGE: users,
    }),
    ...consumerRows(stream, []),
    ...readerRows(stream, 'bell', [], []),
  ];
}

/** An answer of one to the other: only who is asked may give it, and only who asks may hear it. */
function inboxRow(daemon: Daemon, answerer: Answerer): Row {
  const answers = requestNames.some(
    (name) =>
      requests[name].server === answerer && (requests[name].callers as readonly Daemon[]).includes(daemon),
  );
  return {
    subject: `${inboxPrefix(daemon, answerer)}.reply.stolen.1`,
    publish: answers ? daemons.filter((each) => each === answerer) : [],
    subscribe: [daemon],
  };
}

/** Every subject there is, and some that there are not: a new one of a table is among them by itself. */
export const rows: readonly Row[] = [
  ...requestNames.map((name) => ({
    subject: requestSubject('box', name),
    publish: requests[name].callers as readonly Daemon[],
    subscribe: [requests[name].server, 'tap'] as const,
  })),
  ...eventTypes.map((type) => ({
    subject: eventPattern('box', type, 3),
    publish: events[type].publishers as readonly Daemon[],
    subscribe: [...daemons.filter((daemon) => hearsAll(daemon) || follows(daemon, type)), 'tap'] as const,
  })),
  ...streamRows(eventStream.name, { INFO: ['policy', 'stats'], CREATE: ['policy'], UPDATE: ['policy'] }),
  ...consumerRows(eventStream.name, ['policy']),
  ...readerRows(eventStream.name, statsReader.name, ['stats'], ['policy']),
  ...hookReaders('bell')
    .slice(0, 1)
    .flatMap(({ name }) => readerRows(eventStream.name, name, ['hooks'], ['policy'])),
  ...shelfNames.flatMap(shelfRows),
  ...storeNames.flatMap(rowsOf),
  ...daemons.flatMap((daemon) => answerers.map((answerer) => inboxRow(daemon, answerer))),
  ...['_INBOX', '_INBOX.policy.x', '_INBOX_policy.x', '_INBOX_tap.policy.x', '_INBOX_nobody.policy.x'].map(
    (subject) => ({
      subject,
      publish: [],
      subscribe: [],
    }),
  ),
  { subject: 'nftoggle.v1.box.flow.invented', publish: [], subscribe: ['tap'] },
  { subject: 'nftoggle.v1.box.flow.invented.3', publish: [], subscribe: ['tap'] },
  { subject: 'nftoggle.v1.box.session.started', publish: [], subscribe: ['tap'] },
  { subject: 'elsewhere', publish: [], subscribe: [] },
  { subject: '$SYS.REQ.SERVER.PING', publish: [], subscribe: [] },
  ...[
    'INFO',
    'STREAM.CREATE.other',
    'STREAM.INFO.other',
    'STREAM.NAMES',
    'STREAM.LIST',
    'ACCOUNT.PURGE.$G',
  ].map((call) => ({ subject: `$JS.API.${call}`, publish: [], subscribe: [] })),
  { subject: '$KV.other.box.key', publish: [], subscribe: [] },
  { subject: '$JS.EVENT.ADVISORY.API', publish: [], subscribe: [] },
];
