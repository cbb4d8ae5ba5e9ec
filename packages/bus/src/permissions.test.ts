// SPDX-License-Identifier: MIT
import type { NatsConnection } from '@nats-io/transport-node';
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
import { eventually, keepEvents, type NatsServer, startNats, type User } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inboxPrefix } from './inbox.ts';
import { account, readyLedger, used, usedOf } from './ledger.fixture.ts';
import { Clients } from './nats.fixture.ts';
import { daemons, follows, hearsAll, uses, usesShelf } from './permissions.ts';

const users: readonly User[] = [...daemons, 'tap'];
const requestNames = Object.keys(requests) as RequestName[];
const storeNames = Object.keys(stores) as StoreName[];
const shelfNames = Object.keys(shelves) as ShelfName[];

let nats: NatsServer;
const clients = new Clients(() => nats);

beforeAll(async () => {
  nats = await startNats();
});
afterEach(() => clients.close());
afterAll(() => nats.stop());

/** Who may publish, and who may subscribe, by the tables of subjects. */
interface Row {
  readonly subject: string;
  readonly publish: readonly User[];
  readonly subscribe: readonly User[];
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
function streamRows(stream: string, may: Readonly<Record<string, readonly User[]>>): Row[] {
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
function consumerRows(stream: string, keepers: readonly User[]): Row[] {
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
  const row = (call: string, publish: readonly User[]): Row => ({
    subject: `$JS.API.CONSUMER.${call}`,
    publish,
    subscribe: [],
  });
  return [...kept.map((call) => row(call, keepers)), ...tooMuch.map((call) => row(call, []))];
}

function readerRows(stream: string, name: string, reader: readonly User[], keeper: readonly User[]): Row[] {
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

const rows: readonly Row[] = [
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
  ...daemons.map((daemon) => ({
    subject: `${inboxPrefix(daemon)}.stolen.answer`,
    publish: [],
    subscribe: [daemon],
  })),
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
const cases = rows.flatMap((row) => users.map((user) => ({ ...row, user })));

/** The server's refusals on a connection. It handles commands in order, so a flush tells that all are in. */
function refusals(connection: NatsConnection): { all(): Promise<readonly string[]> } {
  const heard: string[] = [];
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error') heard.push(status.error.message);
    }
  })();
  return {
    all: async () => {
      await connection.flush();
      await new Promise(setImmediate);
      return heard;
    },
  };
}

describe('the permissions of NATS users', () => {
  it.each(cases)(
    'let $user publish to $subject only if the tables say so',
    async ({ user, subject, publish }) => {
      const connection = await clients.raw(user);
      const refused = refusals(connection);
      connection.publish(subject, '{}');
      expect(await refused.all()).toHaveLength(publish.includes(user) ? 0 : 1);
    },
  );

  it.each(cases)(
    'let $user listen to $subject only if the tables say so',
    async ({ user, subject, subscribe }) => {
      const connection = await clients.raw(user);
      const refused = refusals(connection);
      connection.subscribe(subject, { callback: () => {} });
      expect(await refused.all()).toHaveLength(subscribe.includes(user) ? 0 : 1);
    },
  );

  it.each(daemons)('let %s listen to no more by a wildcard', async (daemon) => {
    const everything = ['>', 'nftoggle.>', '*.>', '_INBOX_*.>', '$KV.>', '$JS.>', '$JS.ACK.>'];
    for (const subject of [...everything, 'nftoggle.v1.*.*.*', 'nftoggle.v1.*.*.*.*', 'nftoggle_letters.>']) {
      const connection = await clients.raw(daemon);
      const refused = refusals(connection);
      connection.subscribe(subject, { callback: () => {} });
      expect(await refused.all(), subject).toHaveLength(1);
    }
  });

  it('let who answers reply once to who asked, and to nobody unasked', async () => {
    const policy = await clients.raw('policy');
    const interceptor = await clients.raw('interceptor');
    const refused = refusals(policy);
    const heard: string[] = [];
    interceptor.subscribe(`${inboxPrefix('interceptor')}.mine`, {
      callback: (_, message) => void heard.push(message.string()),
    });
    policy.subscribe(requestSubject('box', 'decide'), {
      callback: (_, message) => {
        message.respond('first');
        message.respond('second');
      },
    });
    policy.publish(`${inboxPrefix('interceptor')}.mine`, 'unasked');
    await policy.flush();
    await interceptor.flush();
    interceptor.publish(requestSubject('box', 'decide'), '{}', {
      reply: `${inboxPrefix('interceptor')}.mine`,
    });
    await eventually(async () => (await refused.all()).length === 2);
    await interceptor.flush();
    expect(heard).toEqual(['first']);
  });

  it('let the api, which serves nothing, answer nothing', async () => {
    const api = await clients.raw('api');
    const refused = refusals(api);
    const policy = await clients.raw('policy');
    policy.subscribe(requestSubject('box', 'policyStatus'), {
      callback: (_, message) => void policy.publish(message.reply ?? '', '{}', { reply: '_INBOX_policy.x' }),
    });
    await policy.flush();
    const heard: string[] = [];
    api.subscribe(`${inboxPrefix('api')}.mine`, {
      callback: (_, message) => {
        heard.push(message.string());
        message.respond('{}');
      },
    });
    api.publish(requestSubject('box', 'policyStatus'), '{}', { reply: `${inboxPrefix('api')}.mine` });
    await eventually(() => heard.length === 1);
    expect(await refused.all()).toHaveLength(1);
  });

  it('let the tap see questions and events, and answer none', async () => {
    const tap = await clients.raw('tap');
    const refused = refusals(tap);
    let seen = 0;
    tap.subscribe('nftoggle.>', {
      callback: (_, message) => {
        seen += 1;
        message.respond('{}');
      },
    });
    await tap.flush();
    const interceptor = await clients.raw('interceptor');
    interceptor.publish(requestSubject('box', 'decide'), '{}', {
      reply: `${inboxPrefix('interceptor')}.mine`,
    });
    interceptor.publish(eventPattern('box', 'session_started', 0), '{}');
    await eventually(() => seen === 2);
    expect(await refused.all()).toHaveLength(1);
  });

  it('let an answer go to an inbox alone, wherever the asker wants it', async () => {
    const policy = clients.bus('policy');
    policy.serve('policyStatus', () => {
      throw new Error('it was answered');
    });
    await policy.ready;
    const ledger = await readyLedger(policy);
    await ledger.put('person.victim', used(1), 0);
    const api = await clients.raw('api');
    const subject = requestSubject('box', 'policyStatus');
    api.publish(subject, '{}', { reply: `$JS.API.STREAM.PURGE.KV_${stores.ledger.bucket}` });
    await expect(api.request(subject, '{}', { timeout: 300 })).rejects.toThrow();
    const late = await readyLedger(await clients.connected('policy'));
    expect(usedOf(late, 'person.victim')).toBe(1);
  });

  it('let hooks neither take nor acknowledge what is for statistics', async () => {
    const keeper = await keepEvents(nats);
    const policy = await clients.connected('policy');
    await policy.publish('clock_changed', { trusted: true, problem: null });
    const stats = await clients.connected('stats');
    let had = 0;
    const reading = stats.readEvents(statsReader, 10, (events) => {
      had += events.length;
      return new Promise(() => {});
    });
    await eventually(() => had === 1);
    const hooks = await clients.raw('hooks');
    const refused = refusals(hooks);
    hooks.publish(`$JS.ACK.${eventStream.name}.stats.1.1.1.0.0`, '+ACK');
    const next = `$JS.API.CONSUMER.MSG.NEXT.${eventStream.name}.stats`;
    await expect(hooks.request(next, '1', { timeout: 300 })).rejects.toThrow();
    expect(await refused.all()).toHaveLength(2);
    expect(await reading.waiting()).toBe(1);
    await keeper.close();
  });

  it('let who uses a store keep it, and neither empty it nor take it away', async () => {
    const ledger = await readyLedger(await clients.connected('policy'));
    await ledger.put(account, used(1), 0);
    const raw = await clients.raw('policy');
    for (const verb of ['DELETE', 'PURGE']) {
      const call = raw.request(`$JS.API.STREAM.${verb}.KV_${stores.ledger.bucket}`, '{}', { timeout: 200 });
      await expect(call).rejects.toThrow();
    }
    const late = await readyLedger(await clients.connected('policy'));
    expect(usedOf(late)).toBe(1);
  });

  it.each(['interceptor', 'api', 'tap'] as const)(
    'let %s neither read nor write the ledger',
    async (user) => {
      const ledger = await readyLedger(await clients.connected('policy'));
      const raw = await clients.raw(user);
      const refused = refusals(raw);
      const subject = `$KV.${stores.ledger.bucket}.box.person.${user}`;
      raw.publish(subject, JSON.stringify(used(1)));
      raw.subscribe(subject, { callback: () => {} });
      raw.subscribe('$KV.>', { callback: () => {} });
      expect(await refused.all()).toHaveLength(3);
      await ledger.put(`person.${user}.after`, used(1), 0);
      expect(ledger.get(`person.${user}`)).toBeUndefined();
    },
  );

  it('let nobody in without a password', async () => {
    await expect(
      new Clients(() => ({ ...nats, passwords: { ...nats.passwords, tap: '' } })).raw('tap'),
    ).rejects.toThrow();
  });
});
