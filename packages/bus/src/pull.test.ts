// SPDX-License-Identifier: MIT
import { type EventReader, eventStream, hookReaders } from '@nftoggle/contracts';
import { keepEvents, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withAdmin } from './event-stream.fixture.ts';
import { inboxPrefix } from './inbox.ts';
import { Clients } from './nats.fixture.ts';
import { type PullOptions, pullNext } from './pull.ts';

const [there] = hookReaders('bell') as [EventReader];
let nats: NatsServer;
let keeper: { close(): Promise<void> };
const clients = new Clients(() => nats);

beforeAll(async () => {
  nats = await startNats({ alter: withAdmin });
  keeper = await keepEvents(nats, () => hookReaders('bell'));
});
afterAll(async () => {
  await clients.close();
  await keeper.close();
  await nats.stop();
});

function options(reader: string): PullOptions {
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${eventStream.name}.${reader}`;
  return { subject, inboxPrefix: inboxPrefix('hooks', 'nats'), signal: new AbortController().signal };
}

describe('waiting for the next message while none comes', () => {
  it('ends with none where the server says so, and with an error where it says nothing', async () => {
    const online = { connection: await clients.raw('hooks'), broken: new AbortController().signal };
    const [ofReader, ofNobody] = await Promise.allSettled([
      pullNext(online, options(there.name)),
      pullNext(online, options('hook_nobody_0')),
    ]);
    expect(ofReader).toEqual({ status: 'fulfilled', value: undefined });
    expect(ofNobody).toMatchObject({ reason: { message: 'the server says nothing about it' } });
  }, 40_000);
});
