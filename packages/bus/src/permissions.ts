// SPDX-License-Identifier: MIT
// Who may say what: the permissions of each daemon's NATS user, made from the tables of subjects and stores.
import {
  type Daemon,
  daemonNames,
  type EventReader,
  type EventType,
  eventPattern,
  eventStream,
  events,
  eventTypes,
  type RequestName,
  requestSubject,
  requests,
  type ShelfName,
  type StoreName,
  shelves,
  statsReader,
  stores,
} from '@nftoggle/contracts';
import { prefixOf, streamOf } from './bucket.ts';
import { shelfPrefix } from './event-stream.ts';
import { inboxPrefix } from './inbox.ts';

export const daemons: readonly Daemon[] = daemonNames;

/** Whom the server knows: the daemons, and who may listen to them. */
export type BusUser = Daemon | 'tap';
export const busUsers: readonly BusUser[] = [...daemons, 'tap'];

/** Subjects, as the server's configuration has them. */
export interface Permissions {
  readonly publish: Subjects;
  readonly subscribe: Subjects;
}

interface Subjects {
  readonly allow: readonly string[];
  /** What of it they may not all the same. Two words are a subject and a queue group. */
  readonly deny: readonly string[];
}

export function permissionsOf(user: BusUser): Permissions {
  return user === 'tap' ? tapPermissions : daemonPermissions(user);
}

/** Whoever may answer `flow.decide` owns the firewall, so each daemon gets its own subjects and no more. */
function daemonPermissions(daemon: Daemon): Permissions {
  const names = Object.keys(requests) as RequestName[];
  const asks = names.filter((name) => (requests[name].callers as readonly Daemon[]).includes(daemon));
  const answers = names.filter((name) => requests[name].server === daemon);
  const tells = eventTypes.filter((type) => publishes(daemon, type));
  const hears = eventTypes.filter((type) => hearsAll(daemon) || follows(daemon, type));
  const keeps = (Object.keys(stores) as StoreName[]).filter((name) => uses(daemon, name));
  const shelved = (Object.keys(shelves) as ShelfName[]).filter((name) => usesShelf(daemon, name));
  return {
    publish: {
      allow: [
        ...asks.map((name) => requestSubject('*', name)),
        ...askersOf(daemon).map((asker) => `${inboxPrefix(asker, daemon)}.>`),
        ...tells.map((type) => eventPattern('*', type)),
        ...keeps.flatMap((name) => callsOf(stores[name].bucket)),
        ...shelved.flatMap(shelfCalls),
        ...(keepsEvents(daemon) ? keeperCalls() : []),
        ...readerNames(daemon).flatMap(readerCalls),
        ...streamCalls(daemon),
      ],
      deny: foreignReaders(daemon).flatMap(readerCalls),
    },
    subscribe: {
      allow: [
        `${inboxPrefix(daemon, '*')}.>`,
        ...answers.map((name) => requestSubject('*', name)),
        ...hears.map((type) => eventPattern('*', type)),
      ],
      deny: [],
    },
  };
}

/** Those whose questions it answers. */
function askersOf(daemon: Daemon): readonly Daemon[] {
  const served = Object.values(requests).filter(({ server }) => server === daemon);
  return [...new Set(served.flatMap(({ callers }): readonly Daemon[] => callers))];
}

export function publishes(daemon: Daemon, type: EventType): boolean {
  return (events[type].publishers as readonly Daemon[]).includes(daemon);
}

export function follows(daemon: Daemon, type: EventType): boolean {
  const event = events[type];
  return 'followers' in event && (event.followers as readonly Daemon[]).includes(daemon);
}

/** It passes on events to clients. */
export function hearsAll(daemon: Daemon): boolean {
  return daemon === 'api';
}

export function keepsEvents(daemon: Daemon): boolean {
  return daemon === eventStream.keeper;
}

export function uses(daemon: Daemon, store: StoreName): boolean {
  return (stores[store].users as readonly Daemon[]).includes(daemon);
}

export function usesShelf(daemon: Daemon, shelf: ShelfName): boolean {
  return (shelves[shelf].users as readonly Daemon[]).includes(daemon);
}

/**
 * What a user of a bucket may call: make it, list its keys, watch it, write entries. It cannot remove, empty or
 * alter it. Whoever may watch can have the server deliver to any subject, which no permission of NATS prevents:
 * so name as users of a store only daemons that are trusted with all of the bus.
 */
function callsOf(bucket: string): string[] {
  const stream = streamOf({ name: bucket });
  const keys = `${prefixOf({ name: bucket, node: '*' })}>`;
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.*.${keys}`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.FC.${stream}.>`,
    keys,
  ];
}

/** Make the event stream and the shelves, alter them, and have readers as the configuration says. */
function keeperCalls(): string[] {
  const streams = [eventStream.name, ...Object.values(shelves).map(({ stream }) => stream)];
  return [
    ...streams.flatMap((stream) =>
      ['INFO', 'CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
    ),
    `$JS.API.CONSUMER.LIST.${eventStream.name}`,
    `$JS.API.CONSUMER.CREATE.${eventStream.name}.>`,
    ...['INFO', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${eventStream.name}.*`),
  ];
}

/** List, read, put and remove entries. */
function shelfCalls(name: ShelfName): string[] {
  const { stream } = shelves[name];
  return [
    ...['INFO', 'MSG.GET', 'PURGE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
    `${shelfPrefix(name, '*')}>`,
  ];
}

/** Readers whose names are known beforehand. */
const fixedReaders: readonly EventReader[] = [statsReader];

/** Where the stream begins, which tells what of it can be read no more. */
function streamCalls(daemon: Daemon): string[] {
  return fixedReaders.some((reader) => reader.daemon === daemon)
    ? [`$JS.API.STREAM.INFO.${eventStream.name}`]
    : [];
}

/** Those of hooks have names of the configuration, and a name is one word of a subject: only `*` stands for them. */
function readerNames(daemon: Daemon): readonly string[] {
  if (daemon === 'hooks') return ['*'];
  return fixedReaders.filter((reader) => reader.daemon === daemon).map(({ name }) => name);
}

function foreignReaders(daemon: Daemon): readonly string[] {
  if (daemon !== 'hooks') return [];
  return fixedReaders.filter((reader) => reader.daemon !== daemon).map(({ name }) => name);
}

/** Take events, acknowledge them, and see how many wait. */
function readerCalls(reader: string): string[] {
  const { name } = eventStream;
  return [
    `$JS.API.CONSUMER.MSG.NEXT.${name}.${reader}`,
    `$JS.API.CONSUMER.INFO.${name}.${reader}`,
    `$JS.ACK.${name}.${reader}.>`,
  ];
}

/**
 * A tap sees every event and every question, answers excepted, and can say nothing. It may not join a queue group: what
 * it gets there, the daemon does not get that is to answer.
 */
const tapPermissions: Permissions = {
  publish: { allow: [], deny: ['>'] },
  subscribe: { allow: ['nftoggle.>'], deny: ['> >'] },
};
