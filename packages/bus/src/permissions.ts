// SPDX-License-Identifier: MIT
// Who may say what: the permissions of each daemon's NATS user, made from the tables of subjects and stores.
import {
  type Daemon,
  type EventType,
  eventSubject,
  events,
  type RequestName,
  requestSubject,
  requests,
  type StoreName,
  stores,
} from '@nftoggle/contracts';
import { prefixOf, streamOf } from './bucket.ts';
import { inboxPrefix } from './inbox.ts';

export const daemons: readonly Daemon[] = ['interceptor', 'policy', 'wol', 'api'];

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
  const hears = (Object.keys(events) as EventType[]).filter((type) => follows(daemon, type));
  const keeps = (Object.keys(stores) as StoreName[]).filter((name) => uses(daemon, name));
  return {
    publish: [
      ...asks.map((name) => requestSubject('*', name)),
      ...tells.map((type) => eventSubject('*', type)),
      ...keeps.flatMap((name) => callsOf(stores[name].bucket)),
    ],
    subscribe: [
      `${inboxPrefix(daemon)}.>`,
      ...answers.map((name) => requestSubject('*', name)),
      ...hears.map((type) => eventSubject('*', type)),
    ],
  };
}

export function follows(daemon: Daemon, type: EventType): boolean {
  const event = events[type];
  return 'followers' in event && (event.followers as readonly Daemon[]).includes(daemon);
}

export function uses(daemon: Daemon, store: StoreName): boolean {
  return (stores[store].users as readonly Daemon[]).includes(daemon);
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

/** A tap sees every event and every question, answers excepted, and can say nothing. */
export const tapPermissions: Permissions = { publish: [], subscribe: ['nftoggle.>'] };
