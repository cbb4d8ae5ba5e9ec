// SPDX-License-Identifier: MIT
// The daemon as it runs, in several replicas, with everything going wrong that can.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventData } from '@nftoggle/contracts';
import { type DaemonProcess, eventually, startDaemon } from '@nftoggle/testkit';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anEvent } from './hook.fixture.ts';
import { Household } from './household.fixture.ts';
import { type Receiver, startReceiver } from './receiver.fixture.ts';

let household: Household;
let receiver: Receiver;
let secretFile: string;
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

beforeEach(async () => {
  household = await Household.start();
  receiver = await startReceiver();
  household.later(() => receiver.stop());
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-hooks-'));
  household.later(() => rmSync(directory, { recursive: true, force: true }));
  secretFile = join(directory, 'secret');
  writeFileSync(secretFile, secret);
  household.keep('diary');
});
afterEach(() => household.stop());

const config = () => `
version: 1
node: box
services: { minecraft: { ports: [25565/tcp], allow: [any] } }
hooks:
  diary:
    on: [session_started, session_ended]
    webhook: http://127.0.0.1:${receiver.port}/
    secret_file: ${secretFile}
    allow_local: 127.0.0.1
`;

function start(): DaemonProcess {
  const main = new URL('./main.ts', import.meta.url);
  const daemon = startDaemon({ daemon: 'hooks', main, config: config(), nats: household.nats });
  household.later(() => daemon.stop('SIGKILL'));
  return daemon;
}

interface Told {
  readonly id: string;
  readonly type: string;
  readonly covers: string;
}

describe('two replicas', () => {
  it('deliver every event, in the order of each session and rightly signed, though they and others fail', async () => {
    const sessions = 30;
    let answered = 0;
    const unsigned: unknown[] = [];
    const accepted: Told[] = [];
    receiver.react = (response, { body, headers }, request) => {
      answered += 1;
      try {
        new Webhook(secret).verify(body, headers);
      } catch (error) {
        unsigned.push(error);
      }
      if (answered % 5 === 1) return response.writeHead(503).end();
      if (answered % 7 === 2) return request.socket.resetAndDestroy();
      const { id, type, data } = JSON.parse(body);
      accepted.push({ id, type, covers: data.covers });
      return response.writeHead(204).end();
    };
    const [first] = [start(), start()];
    const interceptor = await household.bus('interceptor');
    await eventually(() => first.log().includes('started'), { withinMs: 20_000 });
    const addresses = Array.from({ length: sessions }, (_, index) => `203.0.113.${index + 1}`);
    const tell = async <T extends 'session_started' | 'session_ended'>(type: T) => {
      const { data } = anEvent<'session_started' | 'session_ended'>(type);
      for (const address of addresses) {
        const about = { ...data, source: { address }, covers: address } as EventData<T>;
        await interceptor.publish(type, about, 'minecraft');
      }
    };
    await tell('session_started');
    await eventually(() => accepted.length > 5, { withinMs: 30_000 });
    await first.stop('SIGKILL');
    await tell('session_ended');
    start();
    await eventually(() => new Set(accepted.map(({ id }) => id)).size === 2 * sessions, {
      // What the dead one had comes again after the time that the server gives it.
      withinMs: 100_000,
    });
    expect(unsigned).toEqual([]);
    for (const address of addresses) {
      const types = accepted.filter(({ covers }) => covers === address).map(({ type }) => type);
      const ended = types.indexOf('session_ended');
      expect(types.slice(0, ended).every((type) => type === 'session_started')).toBe(true);
      expect(ended).toBeGreaterThan(0);
    }
  }, 180_000);
});

describe('the daemon', () => {
  it('stops in order while a receiver hangs, and leaves the event to the next one', async () => {
    const daemon = start();
    await eventually(() => daemon.log().includes('started'), { withinMs: 20_000 });
    receiver.react = () => undefined;
    const interceptor = await household.bus('interceptor');
    await interceptor.publish('session_started', anEvent('session_started').data, 'minecraft');
    await eventually(() => receiver.received.length === 1, { withinMs: 20_000 });
    expect(await daemon.stop()).toBe(0);
    expect(daemon.log()).toContain('stopped');
    receiver.react = (response) => response.writeHead(204).end();
    start();
    await eventually(() => receiver.received.length === 2, { withinMs: 20_000 });
    expect(receiver.received[1]?.headers['webhook-id']).toBe(receiver.received[0]?.headers['webhook-id']);
  });
});
