// SPDX-License-Identifier: MIT
// What a session was used for, against what a kernel counted itself; and over the death of the one who counts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventData, SessionUse } from '@nftoggle/contracts';
import {
  type Child,
  connect,
  createLab,
  type HeldConnection,
  type Host,
  holdConnection,
  type Lab,
  labObstacles,
  startTcpPush,
  startUdpEcho,
  udpExchange,
} from '@nftoggle/lab';
import { eventually, type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

type Kernel = typeof import('./session-life.kernel.fixture.ts');

const leo = 'person.leo';
const noRule = { decision: 'deny', reason: 'no_rule', rule: null } as const;

/** Sums of connections that the kernel has forgotten, as conntrack(8) tells of them. */
function truthOf(watcher: Child): Omit<SessionUse, 'active'> {
  const ends = watcher.output.map(({ text }) => text).filter((text) => text.includes('[DESTROY]'));
  const sum = (name: 'packets' | 'bytes', way: 0 | 1): number =>
    ends
      .map(
        (text) => [...text.matchAll(new RegExp(`${name}=(\\d+)`, 'g'))].map(([, n]) => Number(n))[way] ?? 0,
      )
      .reduce((total, each) => total + each, 0);
  const both = (way: 0 | 1) => ({ packets: sum('packets', way), bytes: sum('bytes', way) });
  return { connections: ends.length, from_source: both(0), to_source: both(1) };
}

describe.skipIf(labObstacles().length > 0).each(['ipv4', 'ipv6'] as const)(
  'the use of a session, over %s',
  (family) => {
    let lab: Lab;
    let inside: Inside<Kernel>;
    let kernel: Inside<Kernel>['call'];
    let watcher: Child;
    let gateway: Host;
    let scanner: Host;
    let directory: string;
    const held: HeldConnection[] = [];

    beforeAll(async () => {
      lab = await createLab({ only: ['gateway', 'scanner'], nat: false });
      [gateway, scanner] = [lab.host('gateway'), lab.host('scanner')];
      await startTcpPush(gateway, { port: [22], intervalMs: 5 });
      await startUdpEcho(gateway, { port: [22] });
    });
    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'nftoggle-uses-'));
      await arise();
      expect(await kernel.accounting()).toBeNull();
      watcher = gateway.start(['conntrack', '-E', '-e', 'DESTROY']);
    });
    afterEach(async () => {
      await Promise.all(held.splice(0).map((connection) => connection.stop()));
      await inside.close();
      await watcher.stop();
      await gateway.run(['nft', 'flush', 'ruleset']);
      await gateway.run(['conntrack', '-F']);
      rmSync(directory, { recursive: true });
    });
    afterAll(async () => lab?.close());

    async function arise(): Promise<void> {
      const module = new URL('./session-life.kernel.fixture.ts', import.meta.url);
      inside = await startInside<Kernel>(gateway, module);
      kernel = inside.call;
    }
    const file = (): string => join(directory, 'sessions.json');
    const to = () => ({ address: gateway[family], port: 22 });
    const hold = async (): Promise<HeldConnection> => {
      const connection = await holdConnection(scanner, to());
      held.push(connection);
      return connection;
    };
    const listed = async (): Promise<string> =>
      (await gateway.run(['conntrack', '-L', '-f', family, '-s', scanner[family]])).stdout;
    /** Policy refuses its source: it is ended, and everything about it told. */
    const endIt = async (): Promise<EventData<'session_ended'>> => {
      await kernel.say(noRule);
      await kernel.review();
      const ended = async () =>
        (await kernel.log()).events.filter(({ type }) => type === 'session_ended').map(({ data }) => data);
      await eventually(async () => (await ended()).length > 0);
      expect(await ended()).toHaveLength(1);
      return (await ended())[0] as EventData<'session_ended'>;
    };
    /** The kernel has told the watcher of so many ends. */
    const truth = async (connections: number) => {
      await eventually(() => truthOf(watcher).connections >= connections);
      return truthOf(watcher);
    };

    it('is every connection, packet and byte of it, each way, TCP and UDP alike', async () => {
      await kernel.begin();
      await kernel.letIn(scanner[family], 600_000);
      const connection = await hold();
      expect(await connection.waitForBytes(200, 5_000)).toBe(true);
      expect(await udpExchange(scanner, { ...to(), count: 20, size: 500 })).toMatchObject({ errno: null });
      expect((await connect(scanner, { ...to(), readMs: 100 })).connected).toBe(true);
      await (await hold()).stop();
      await eventually(async () => (await kernel.uses())[0]?.connections === 4);
      const { use, cut } = await endIt();
      const { connections, from_source, to_source } = await truth(4);
      expect(use).toMatchObject({ connections, from_source, to_source });
      expect([connections, cut]).toEqual([4, 2]);
      expect(use.to_source?.bytes).toBeGreaterThan(20 * 500);
      expect(use.active).toBeGreaterThan(0.5);
    });

    it.each([
      ['the kernel forgets', true],
      ['somebody removes', false],
    ])(
      'has connections that are reset and that %s between two looks, and charges them',
      async (_, isLeft) => {
        await gateway.setSysctl({ 'net.netfilter.nf_conntrack_tcp_timeout_close': isLeft ? 1 : 10 });
        await kernel.begin({ tick: 15 });
        await kernel.sweep();
        await kernel.letIn(scanner[family], 600_000, { bound: 'allowance', accounts: [leo] });
        for (let i = 0; i < 2; i++) {
          await connect(scanner, { ...to(), payload: 'x'.repeat(150), readMs: 2_000, reset: true });
          if (!isLeft) await gateway.run(['conntrack', '-D', '-f', family, '-s', scanner[family]]);
          // A list makes the kernel forget those whose time is over.
          await eventually(async () => !(await listed()).includes('src='));
        }
        expect(await kernel.uses(), 'nobody has looked yet').toMatchObject([{ connections: 2, active: 0 }]);
        const { connections, from_source, to_source } = await truth(2);
        await kernel.count();
        expect(await kernel.uses()).toMatchObject([{ connections, from_source, to_source }]);
        await kernel.stop();
        const { charges } = await kernel.log();
        const seconds = charges.flatMap((request) => request.charges.map((charge) => charge.seconds));
        expect(seconds.length).toBeGreaterThan(0);
        expect(seconds.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(1);
      },
    );

    it('is whole again after the kernel had no room to tell all of it', async () => {
      const flows = 12_000;
      await kernel.begin({ tick: 600 });
      await kernel.sweep();
      await kernel.letIn(scanner[family], 600_000);
      const busy = kernel.block(4_000);
      const program = `
import socket, sys
for port in range(20000, 20000 + ${flows}):
    s = socket.socket(socket.${family === 'ipv4' ? 'AF_INET' : 'AF_INET6'}, socket.SOCK_DGRAM)
    s.bind(("${scanner[family]}", port)); s.sendto(b"x" * 100, ("${gateway[family]}", 22)); s.close()`;
      await scanner.run(['python3', '-c', program], { timeoutMs: 60_000 });
      await busy;
      await eventually(async () => (await kernel.uses())[0]?.connections === flows, { withinMs: 20_000 });
      expect((await kernel.log()).warnings).toContain(
        'the kernel lost events of connections: short ones may not be counted',
      );
      expect((await kernel.uses())[0]?.from_source?.packets).toBe(flows);
    });

    it('goes on where it was when the one who counts is killed, and is told of once', async () => {
      await kernel.begin({ memory: file() });
      await kernel.letIn(scanner[family], 600_000, { interface: 'wan' });
      const connection = await hold();
      expect(await connection.waitForBytes(100, 5_000)).toBe(true);
      await (await hold()).stop();
      await eventually(async () => (await kernel.uses())[0]?.connections === 2);
      const [before] = await kernel.sessions();
      expect((await kernel.log()).events).toMatchObject([{ type: 'session_started' }]);
      // What is known is written within a second of the tick.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      process.kill(inside.pid, 'SIGKILL');
      await inside.ended;
      expect(await connection.waitForBytes(100, 5_000)).toBe(true);
      await arise();
      await kernel.begin({ memory: file() });
      expect(await kernel.sessions()).toMatchObject([
        { id: before?.id, since: before?.since, interface: 'wan' },
      ]);
      expect((await kernel.uses())[0]?.connections).toBe(2);
      const ended = await endIt();
      const { from_source, to_source } = await truth(2);
      expect(ended).toMatchObject({ session: before?.id, use: { connections: 2, from_source, to_source } });
      expect((await kernel.log()).events.map(({ type }) => type)).toEqual(['session_ended']);
    });

    it('is lost with the file, and nothing else is', async () => {
      await kernel.begin({ memory: file() });
      await kernel.letIn(scanner[family], 600_000);
      const [before] = await kernel.sessions();
      const connection = await hold();
      await kernel.stop();
      writeFileSync(file(), '{"version":1,"sess');
      await kernel.begin({ memory: file() });
      expect((await kernel.log()).warnings).toEqual([
        'what was known of sessions cannot be read: use before now is not counted',
      ]);
      expect(await kernel.sessions()).toMatchObject([{ id: before?.id }]);
      expect(await kernel.uses()).toMatchObject([{ connections: 1 }]);
      const [again] = (await kernel.log()).events;
      expect(again).toMatchObject({
        type: 'session_started',
        data: { session: before?.id, destination: gateway[family], destinationPort: 22 },
      });
      expect(await connection.waitForBytes(10, 5_000)).toBe(true);
    });

    it('that is over makes the session idle, and its source has to be asked about again', async () => {
      await kernel.begin({ idleAfter: 1 });
      await kernel.letIn(scanner[family], 600_000);
      const connection = await hold();
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(await kernel.sessions()).toHaveLength(1);
      expect(await connection.waitForBytes(10, 5_000)).toBe(true);
      await connection.stop();
      const ended = async () => (await kernel.log()).events.filter(({ type }) => type === 'session_ended');
      await eventually(async () => (await ended()).length === 1);
      expect(await ended()).toMatchObject([{ data: { reason: 'idle', cut: 0, use: { connections: 1 } } }]);
      expect(await kernel.sessions()).toEqual([]);
      expect((await connect(scanner, { ...to(), timeoutMs: 300 })).connected).toBe(false);
    });
  },
);
