// SPDX-License-Identifier: MIT
import type { NatsConnection } from '@nats-io/transport-node';
import {
  type Daemon,
  type EventType,
  eventSubject,
  events,
  type RequestName,
  requestSubject,
  requests,
} from '@nftoggle/contracts';
import { eventually, type NatsServer, startNats, type User } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inboxPrefix } from './bus.ts';
import { Clients } from './nats.fixture.ts';
import { daemons } from './permissions.ts';

const users: readonly User[] = [...daemons, 'tap'];
const requestNames = Object.keys(requests) as RequestName[];
const eventTypes = Object.keys(events) as EventType[];

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

const rows: readonly Row[] = [
  ...requestNames.map((name) => ({
    subject: requestSubject('box', name),
    publish: requests[name].callers as readonly Daemon[],
    subscribe: [requests[name].server, 'tap'] as const,
  })),
  ...eventTypes.map((type) => ({
    subject: eventSubject('box', type),
    publish: events[type].publishers as readonly Daemon[],
    subscribe: ['tap'] as const,
  })),
  ...daemons.map((daemon) => ({
    subject: `${inboxPrefix(daemon)}.stolen.answer`,
    publish: [],
    subscribe: [daemon],
  })),
  { subject: 'nftoggle.v1.box.flow.invented', publish: [], subscribe: ['tap'] },
  { subject: 'elsewhere', publish: [], subscribe: [] },
  { subject: '$SYS.REQ.SERVER.PING', publish: [], subscribe: [] },
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
    for (const subject of ['>', 'nftoggle.>', 'nftoggle.v1.*.*.*', '*.>', '_INBOX_*.>']) {
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
    interceptor.publish(eventSubject('box', 'session_started'), '{}');
    await eventually(() => seen === 2);
    expect(await refused.all()).toHaveLength(1);
  });

  it('let nobody in without a password', async () => {
    await expect(
      new Clients(() => ({ ...nats, passwords: { ...nats.passwords, tap: '' } })).raw('tap'),
    ).rejects.toThrow();
  });
});
