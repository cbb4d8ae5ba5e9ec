// SPDX-License-Identifier: MIT
import { type ConnectionOptions, connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { eventPattern, eventStream, requestSubject, statsReader, stores } from '@nftoggle/contracts';
import { eventually, keepEvents, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withAdmin } from './event-stream.fixture.ts';
import { inboxPrefix } from './inbox.ts';
import { authenticatorOf, newSeed, publicKeyOf } from './key.ts';
import { account, readyLedger, used, usedOf } from './ledger.fixture.ts';
import { Clients } from './nats.fixture.ts';
import { rows } from './permission-rows.fixture.ts';
import { type BusUser, busUsers, daemons } from './permissions.ts';

let nats: NatsServer;
const clients = new Clients(() => nats);

beforeAll(async () => {
  nats = await startNats({ alter: withAdmin });
});
afterEach(() => clients.close());
afterAll(() => nats.stop());

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

/** Who may do anything. Hears what the server lets pass, as `USER SUBJECT`. */
async function listenToAll(): Promise<{ all(): Promise<readonly string[]>; close(): Promise<void> }> {
  const admin = await connect({ servers: nats.url, user: 'admin', pass: 'secret' });
  const heard: string[] = [];
  admin.subscribe('>', {
    callback: (_, { subject, headers }) => void heard.push(`${headers?.get('From')} ${subject}`),
  });
  await admin.flush();
  return {
    all: async () => {
      await admin.flush();
      return heard;
    },
    close: () => admin.close(),
  };
}

/** Wildcards that catch more than one's own. */
const foreign = [
  ...['>', '*.>', '*', '$SYS.>', '$JS.>', '$JS.API.>', '$JS.ACK.>', '$KV.>', 'nftoggle_letters.>'],
  ...['_INBOX.>', '_INBOX_*.>', '*.*.reply.*.*', '_R_.>'],
];

async function refusedOf(user: BusUser, subjects: readonly string[]): Promise<readonly string[]> {
  const connection = await clients.raw(user);
  const refused = refusals(connection);
  for (const subject of subjects) connection.subscribe(subject, { callback: () => {} });
  const messages = await refused.all();
  return subjects.filter((subject) => messages.some((message) => message.endsWith(`"${subject}"`)));
}

describe('the permissions of NATS users', () => {
  it.each(busUsers)('let %s publish what the tables say, and nothing else', async (user) => {
    const all = await listenToAll();
    const connection = await clients.raw(user);
    const refused = refusals(connection);
    const from = headers();
    from.set('From', user);
    for (const { subject } of rows) connection.publish(subject, '{}', { headers: from });
    const may = rows.filter(({ publish }) => publish.includes(user)).map(({ subject }) => subject);
    const mayNot = rows.filter(({ publish }) => !publish.includes(user)).map(({ subject }) => subject);
    expect(await refused.all()).toEqual(
      mayNot.map((subject) => `Permissions Violation for Publish to "${subject}"`),
    );
    const passed = (await all.all()).filter((text) => text.startsWith(`${user} `));
    expect(passed).toEqual(may.map((subject) => `${user} ${subject}`));
    await all.close();
  });

  it.each(busUsers)('let %s hear what the tables say, and nothing else', async (user) => {
    const connection = await clients.raw(user);
    const refused = refusals(connection);
    const heard: string[] = [];
    for (const { subject } of rows) {
      connection.subscribe(subject, {
        callback: (error) => {
          if (error === null) heard.push(subject);
        },
      });
    }
    const may = rows.filter(({ subscribe }) => subscribe.includes(user)).map(({ subject }) => subject);
    const mayNot = rows.filter(({ subscribe }) => !subscribe.includes(user)).map(({ subject }) => subject);
    expect(await refused.all()).toEqual(
      mayNot.map((subject) => `Permissions Violation for Subscription to "${subject}"`),
    );
    const admin = await connect({ servers: nats.url, user: 'admin', pass: 'secret' });
    for (const { subject } of rows) admin.publish(subject, '{}');
    await admin.drain();
    await connection.flush();
    expect(heard).toEqual(may);
  });

  it.each(daemons)('let %s listen to no more by a wildcard', async (daemon) => {
    const everything = ['nftoggle.>', 'nftoggle.v1.*.*.*', 'nftoggle.v1.*.*.*.*'];
    expect(await refusedOf(daemon, [...everything, ...foreign])).toEqual([...everything, ...foreign]);
  });

  it('let the tap listen to no more than all questions and events by a wildcard', async () => {
    expect(await refusedOf('tap', ['nftoggle.>', ...foreign])).toEqual(foreign);
  });

  it('let the tap take no question away from who is to answer it', async () => {
    const subject = requestSubject('box', 'decide');
    const tap = await clients.raw('tap');
    const refused = refusals(tap);
    const seen: string[] = [];
    for (const queue of ['policy', 'mine', 'a.b']) {
      for (const each of [subject, 'nftoggle.>']) tap.subscribe(each, { queue, callback: () => {} });
    }
    expect(await refused.all()).toHaveLength(6);
    tap.subscribe(subject, { callback: () => void seen.push('question') });
    await tap.flush();
    const policy = await clients.raw('policy');
    const asked: string[] = [];
    policy.subscribe(subject, { queue: 'policy', callback: () => void asked.push('question') });
    await policy.flush();
    const interceptor = await clients.raw('interceptor');
    for (let count = 0; count < 20; count += 1) interceptor.publish(subject, '{}');
    await eventually(() => asked.length === 20 && seen.length === 20);
  });

  it('let nobody answer but who is asked', async () => {
    const subject = requestSubject('box', 'decide');
    const [interceptor, policy, wol] = await Promise.all([
      clients.raw('interceptor'),
      clients.raw('policy'),
      clients.raw('wol'),
    ]);
    const reply = `${inboxPrefix('interceptor', 'policy')}.reply.mine.1`;
    const refused = refusals(wol);
    const heard: string[] = [];
    interceptor.subscribe(reply, { callback: (_, message) => void heard.push(message.string()) });
    policy.subscribe(subject, { callback: (_, message) => void message.respond('of policy') });
    await policy.flush();
    // It serves others questions of the same daemon, and knows where an answer is to go.
    wol.publish(reply, 'of wol');
    expect(await refused.all()).toEqual([`Permissions Violation for Publish to "${reply}"`]);
    interceptor.publish(subject, '{}', { reply });
    await eventually(() => heard.length === 1);
    expect(heard).toEqual(['of policy']);
  });

  it('let the api, which serves nothing, answer nothing', async () => {
    const api = await clients.raw('api');
    const refused = refusals(api);
    const policy = await clients.raw('policy');
    policy.subscribe(requestSubject('box', 'policyStatus'), {
      callback: (_, message) => void message.respond('{}', { reply: `${inboxPrefix('policy', 'api')}.x` }),
    });
    await policy.flush();
    const heard: string[] = [];
    const reply = `${inboxPrefix('api', 'policy')}.mine`;
    api.subscribe(reply, {
      callback: (_, message) => {
        heard.push(message.string());
        message.respond('{}');
      },
    });
    api.publish(requestSubject('box', 'policyStatus'), '{}', { reply });
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
      reply: `${inboxPrefix('interceptor', 'policy')}.mine`,
    });
    interceptor.publish(eventPattern('box', 'session_started', 0), '{}');
    await eventually(() => seen === 2);
    expect(await refused.all()).toHaveLength(1);
  });

  it('let an answer go to an inbox of who may ask, wherever the asker wants it', async () => {
    const policy = clients.bus('policy');
    let handled = 0;
    policy.serve('policyStatus', () => {
      handled += 1;
      throw new Error('it was asked');
    });
    await policy.ready;
    const api = await clients.raw('api');
    const ask = (reply: string): void => api.publish(requestSubject('box', 'policyStatus'), '{}', { reply });
    // All but the last of which policy may publish to.
    ask(`$KV.${stores.ledger.bucket}.box.person.victim`);
    ask(eventPattern('box', 'grant_issued', 0));
    ask(`$JS.API.CONSUMER.DELETE.${eventStream.name}.stats`);
    ask(`${inboxPrefix('interceptor', 'policy')}.reply.stolen.1`);
    ask(`${inboxPrefix('api', 'nats')}.reply.mine.1`);
    ask(`${inboxPrefix('api', 'policy')}.reply.mine.1`);
    await eventually(() => handled > 0);
    expect(handled).toBe(1);
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

  it('let in who has a key of ours, and nobody else', async () => {
    const key = authenticatorOf(nats.seeds.policy);
    const foreign = authenticatorOf(newSeed());
    const nkey = publicKeyOf(nats.seeds.policy);
    const strangers: readonly ConnectionOptions[] = [
      {},
      { user: 'policy', pass: '' },
      { user: 'policy', pass: nats.seeds.policy },
      { token: nats.seeds.policy },
      { authenticator: foreign },
      { authenticator: (nonce) => ({ ...foreign(nonce), nkey }) },
      { authenticator: () => ({ ...key('another challenge'), nkey }) },
      { authenticator: () => ({ nkey, sig: '' }) },
    ];
    for (const [index, stranger] of strangers.entries()) {
      const connecting = connect({ servers: nats.url, maxReconnectAttempts: 0, ...stranger });
      await expect(connecting, `stranger ${index}`).rejects.toThrow(/authorization violation/i);
    }
    const known = await connect({ servers: nats.url, authenticator: key });
    await known.close();
  });

  it('let nobody in by a key that was replaced', async () => {
    let config: (text: string) => string = (text) => text;
    const server = await startNats({ alter: (text) => config(text) });
    const [oldSeed, newOne] = [server.seeds.tap, newSeed()];
    const [old, fresh] = [authenticatorOf(oldSeed), authenticatorOf(newOne)];
    await (await connect({ servers: server.url, authenticator: old })).close();
    config = (text) => text.replace(publicKeyOf(oldSeed), publicKeyOf(newOne));
    await server.restart();
    const connecting = connect({ servers: server.url, authenticator: old, maxReconnectAttempts: 0 });
    await expect(connecting).rejects.toThrow(/authorization violation/i);
    await (await connect({ servers: server.url, authenticator: fresh })).close();
    await server.stop();
  });
});
