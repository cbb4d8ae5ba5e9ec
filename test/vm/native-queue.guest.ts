// SPDX-License-Identifier: MIT
// Inside a virtual machine: the whole system on a stock kernel, which hands packets over by the `queue` statement of
// its own. What every other test shows by the xtables target, in short: strangers get silence, friends get in.
import { readFileSync } from 'node:fs';
import {
  capturePackets,
  connect,
  type Host,
  holdConnection,
  labObstacles,
  putToSleep,
  scan,
  startTcpEcho,
  startUdpEcho,
  switchOff,
  udpExchange,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachFamily, families, friend4, friend6, type Scene, setScene } from '../e2e/scene.ts';
import { System } from '../e2e/system.ts';
import { forgetNeighbours, listed, sleeper } from '../e2e/wake-scene.ts';
import { kernelOf } from './kernels.ts';

const friends = [friend4, friend6];
/** Each service is for one test. Nobody guards 7009. */
const config = (server: Host): string => `version: 1
devices:
${sleeper('nas', server, '{ timeout: 120s, ready: tcp/7004 }')}services:
  plain:   { ports: [7001/tcp, 7001/udp], allow: [${listed(friends)}] }
  killed:  { ports: [7002/tcp], allow: [${listed(friends)}] }
  granted: { ports: [7003/tcp] }
  asleep:  { ports: [7004/tcp, 7004/udp], to: nas, forward: true, allow: [${listed(friends)}] }
  anew:    { ports: [7005/tcp], allow: [${listed(friends)}] }
  flushed: { ports: [7006-7007/tcp], allow: [${listed(friends)}] }
`;

let scene: Scene;
let system: System;
let gateway: Host;
let friend: Host;
let scanner: Host;
let server: Host;

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  scene = await setScene({ only: ['gateway', 'scanner', 'friend', 'server'] });
  ({ gateway, friend, scanner } = scene);
  server = scene.lab.host('server');
  await startTcpEcho(gateway, { port: [7001, 7002, 7003, 7005, 7006, 7009] });
  await startUdpEcho(gateway, { port: [7001, 7009] });
  await startTcpEcho(server, { port: 7004 });
  await startUdpEcho(server, { port: 7004 });
  system = await System.start(gateway, config(server));
});
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

const visit = (port: number, family: (typeof families)[number], from = friend) =>
  connect(from, { address: gateway[family], port, payload: 'hi', timeoutMs: 3_000, readMs: 5_000 });
const letIn = { connected: true, received: 'hello\nhi' };
const atFirstSyn = { ...letIn, synRetransmits: 0 };
const shutOut = { connected: false, errno: 'ETIMEDOUT' };

/** What the kernel says of its queues, one line for each. */
async function queues(): Promise<readonly (readonly number[])[]> {
  const { stdout } = await gateway.run(['cat', '/proc/net/netfilter/nfnetlink_queue']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.trim().split(/\s+/).map(Number));
}

const sumOf = async (column: number): Promise<number> =>
  (await queues()).reduce((sum, columns) => sum + (columns[column] ?? Number.NaN), 0);
/** Packets that wait for a verdict: the third column. */
const packetsWaiting = () => sumOf(2);
/** Packets that they ever handed over: the eighth. */
const packetsQueued = () => sumOf(7);

/** What comes back to the scanner from guarded ports. */
const captureAnswers = () =>
  capturePackets(scanner, 'eth0', 'src portrange 7001-7008 or (icmp[0] = 3) or (icmp6 and ip6[40] = 1)');

describe('on a stock kernel the kernel', () => {
  it("is Debian's own, of the release that was asked for", async () => {
    const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
    expect(release).toMatch(kernelOf(process.env.NFTOGGLE_TEST_SUITE ?? ''));
    expect(readFileSync('/proc/version', 'utf8')).toContain('Debian');
  });

  it('hands packets over by its own `queue` statement, and not by the xtables target', async () => {
    expect((await system.interceptor()).queueMechanism).toBe('nft_queue');
    const { stdout } = await gateway.run(['nft', '-s', 'list', 'table', 'inet', 'nftoggle']);
    const rules = stdout
      .split('\n')
      .filter((line) => /\bqueue\b/.test(line) && !/chain|goto|jump/.test(line));
    expect(rules.map((line) => line.trim())).toEqual([
      expect.stringMatching(/^counter queue (num|to) \d+$/),
      expect.stringMatching(/^counter queue (num|to) \d+$/),
    ]);
    expect(stdout).not.toMatch(/NFQUEUE|bypass|fanout|xt target/);
    const modules = readFileSync('/proc/modules', 'utf8');
    expect(modules).toMatch(/^nft_queue /m);
    expect(modules).not.toMatch(/^(nft_compat|xt_NFQUEUE) /m);
    expect(await queues()).toHaveLength(2);
  });
});

describe('on a stock kernel a friend', () => {
  it.each(families)('is let in at the first SYN, and with each datagram, over %s', async (family) => {
    const asked = await packetsQueued();
    expect(await visit(7001, family)).toMatchObject(atFirstSyn);
    expect(await packetsQueued(), 'its SYN was held').toBeGreaterThan(asked);
    const options = { address: gateway[family], port: 7001, count: 20, timeoutMs: 10_000 };
    const exchange = await udpExchange(friend, options);
    expect(exchange.received).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });
});

/** Of an open port, SYN and connect get an answer, and so do ACK and Maimon; FIN of a closed one. UDP is asked in a chain of its own. */
const scanTypes = ['S', 'A', 'F', 'M', 'U'] as const;

describe('on a stock kernel a stranger', () => {
  it('gets not one packet from a guarded port, whatever it sends', async () => {
    const asked = await packetsQueued();
    const capture = await captureAnswers();
    await eachFamily(async (family) => {
      for (const type of scanTypes) {
        const ports = type === 'U' ? [7001] : [7001, 7002, 7003];
        const states = await scan(scanner, gateway[family], ports, type);
        for (const state of states.values()) expect(state, `-s${type}`).toMatch(/filtered$/);
      }
      expect(await visit(7001, family, scanner)).toMatchObject(shutOut);
    });
    expect((await capture.stop()).lines).toEqual([]);
    expect(await packetsQueued(), 'it was asked about').toBeGreaterThan(asked);
    await eachFamily(async (family) => {
      expect(await visit(7009, family, scanner), 'it can be heard').toMatchObject(letIn);
      const options = { address: gateway[family], port: 7009, count: 2, timeoutMs: 10_000 };
      expect((await udpExchange(scanner, options)).received).toEqual([0, 1]);
    });
  });
});

describe('on a stock kernel kill -9 of the interceptor', () => {
  it('keeps who is in and shuts out who is not, and a new one takes over', async () => {
    const [inside, inside6] = await Promise.all(
      families.map((family) =>
        holdConnection(friend, { address: gateway[family], port: 7002, timeoutMs: 5_000 }),
      ),
    );
    const before = system.pidOf('interceptor');
    const capture = await captureAnswers();
    system.kill('interceptor');
    for (const held of [inside, inside6]) held?.send('alive');
    await eachFamily(async (family) => expect(await visit(7002, family, scanner)).toMatchObject(shutOut));
    await eventually(() => system.pidOf('interceptor') !== before);
    await eventually(async () => (await queues()).length === 2);
    for (const held of [inside, inside6]) await eventually(() => held?.received === 'hello\nalive');
    await eachFamily(async (family) => {
      expect(await visit(7002, family), 'its session').toMatchObject(atFirstSyn);
      // Its queues are there before it has a connection to the bus.
      await eventually(async () => expect(await visit(7005, family), 'a question').toMatchObject(letIn));
      expect(await visit(7002, family, scanner)).toMatchObject(shutOut);
    });
    expect((await capture.stop()).lines).toEqual([]);
    for (const held of [inside, inside6]) await held?.stop();
  });
});

describe('on a stock kernel the guard', () => {
  it('is back with its queues at once when somebody flushes the ruleset', async () => {
    await gateway.run(['nft', 'flush', 'ruleset']);
    await eventually(async () => {
      const listing = ['nft', 'list', 'table', 'inet', 'nftoggle'];
      return /queue (num|to)/.test((await gateway.run(listing, { allowFailure: true })).stdout);
    });
    await eachFamily(async (family) => {
      expect(await visit(7006, family), 'a question').toMatchObject(letIn);
      expect(await visit(7006, family, scanner)).toMatchObject(shutOut);
    });
  });
});

describe('on a stock kernel a grant', () => {
  it('opens at once, and closing it cuts what is open', async () => {
    expect(await visit(7003, 'ipv4')).toMatchObject(shutOut);
    await system.run(['open', 'granted', '--for', '1h', '--from', friend4]);
    const held = await holdConnection(friend, { address: gateway.ipv4, port: 7003, timeoutMs: 5_000 });
    expect(await visit(7003, 'ipv4', scanner)).toMatchObject(shutOut);
    await system.run(['close', 'granted']);
    await eventually(async () =>
      (await system.interceptor()).sessions.every(({ service }) => service !== 'granted'),
    );
    const count = held.bytes;
    held.send('too late');
    expect(await visit(7003, 'ipv4')).toMatchObject({ connected: false });
    expect(held.bytes).toBe(count);
    await held.stop();
  });
});

describe('on a stock kernel a machine that sleeps', () => {
  it.each(families)('is woken by the first packet, which goes on when it is up, over %s', async (family) => {
    const asleep = await putToSleep(server, { bootMs: 500 });
    await forgetNeighbours(gateway);
    const options = { address: gateway[family], port: 7004, payload: 'hi', timeoutMs: 60_000, readMs: 5_000 };
    expect(await connect(friend, options)).toMatchObject(letIn);
    expect(asleep.wokenBy).toBeDefined();
  });

  it('gets a packet that was held while the ruleset changed in place', async () => {
    const switchOn = await switchOff(server);
    await forgetNeighbours(gateway);
    const options = { address: gateway.ipv6, port: 7004, count: 1, timeoutMs: 110_000 };
    const exchange = udpExchange(friend, options);
    await eventually(async () => (await packetsWaiting()) === 1);
    system.writeConfig(`${config(server)}  added:   { ports: [7008/tcp] }\n`);
    await eventually(async () => {
      const { stdout } = await gateway.run(['nft', 'list', 'chains', 'inet']);
      return stdout.includes('_added');
    });
    expect(await packetsWaiting()).toBe(1);
    await switchOn();
    // There was no second one.
    expect((await exchange).received).toEqual([0]);
  });
});
