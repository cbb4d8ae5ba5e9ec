// SPDX-License-Identifier: MIT
// A machine boots: what the interceptor wrote down is loaded first, and it alone stands between the ports and the
// world until `up` runs, however long that takes.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  connect,
  createLab,
  type Host,
  type Lab,
  startTcpEcho,
  startUdpEcho,
  udpExchange,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectAlive, openAndTalk } from './scene.ts';
import { Strangers } from './strangers.ts';
import { statusNow } from './system-health.ts';
import { UpSystem } from './up-system.ts';

const friends = '[203.0.113.7, "2001:db8:a::7"]';
const config = `
version: 1
devices: { nas: { address: [192.168.1.20, "fd00:1::20"] } }
services:
  ssh: { ports: [22/tcp, 5000/udp, 7000/udp], allow: ${friends} }
  files: { ports: [445/tcp, 5445/udp], to: nas, allow: ${friends} }
  published: { ports: [8080/tcp], allow: ${friends} }
  away: { ports: [9000/tcp], direction: out, allow: [192.168.1.20, "fd00:1::20"] }
  page: { ports: [8888/tcp, 5888/udp], fallback: allow, allow: ${friends} }
`;

let lab: Lab;
let gateway: Host;
let system: UpSystem;

beforeAll(async () => {
  lab = await createLab();
  gateway = lab.host('gateway');
  await startTcpEcho(gateway, { port: [22, 80, 8888] });
  await startUdpEcho(gateway, { port: 5000 });
  await startUdpEcho(gateway, { port: 5080 });
  await startUdpEcho(gateway, { port: 5888 });
  await startTcpEcho(lab.host('server'), { port: [445, 446] });
  await startUdpEcho(lab.host('server'), { port: 5445 });
  await startTcpEcho(lab.host('container'), { port: 80 });
  await startTcpEcho(lab.host('friend'), { port: [9000, 9001] });
  await startUdpEcho(lab.host('friend'), { port: 9002 });
  await lab.publish(8080, 'tcp', 80);
  system = await UpSystem.start(gateway, config);
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
});

const bootFile = (): string => join(system.directory, 'interceptor', 'boot.nft');
const who = ['friend', 'scanner'] as const;

async function tcp(from: Host, address: string, port: number): Promise<string> {
  const { connected, errno } = await connect(from, { address, port, timeoutMs: 1_200, payload: 'hi' });
  return connected ? 'in' : (errno ?? 'refused');
}

async function udp(from: Host, address: string, port: number, sourcePort?: number): Promise<string> {
  const source = sourcePort === undefined ? {} : { sourcePort };
  const { received, errno } = await udpExchange(from, { address, port, timeoutMs: 1_200, ...source });
  return received.length > 0 ? 'in' : (errno ?? 'ETIMEDOUT');
}

/** What somebody reaches, of all that is guarded and of what is beside it. */
async function reach(from: Host) {
  const server = lab.host('server');
  const answers = (['ipv4', 'ipv6'] as const).map(async (family) => ({
    ssh: await tcp(from, gateway[family], 22),
    sshUdp: await udp(from, gateway[family], 5000),
    files: await tcp(from, server[family], 445),
    filesUdp: await udp(from, server[family], 5445),
    published: await tcp(from, gateway[family], 8080),
    page: await tcp(from, gateway[family], 8888),
    pageUdp: await udp(from, gateway[family], 5888),
    unguarded: await tcp(from, gateway[family], 80),
    unguardedUdp: await udp(from, gateway[family], 5080),
    unguardedServer: await tcp(from, server[family], 446),
  }));
  return Promise.all(answers);
}

const silent = 'ETIMEDOUT';
const beside = { unguarded: 'in', unguardedUdp: 'in', unguardedServer: 'in' };
const guarded = (answer: string) => ({
  ssh: answer,
  sshUdp: answer,
  files: answer,
  filesUdp: answer,
  published: answer,
});
const page = (answer: string) => ({ page: answer, pageUdp: answer });
const twice = <T>(value: T): readonly T[] => [value, value];

it('the interceptor writes down what it guards, for root alone, and leaves it while it stays the same', async () => {
  await eventually(() => existsSync(bootFile()));
  const { ino, mode } = statSync(bootFile());
  expect(mode & 0o7777).toBe(0o600);
  await system.reconfigure(config.replace('services:', 'services: # the same'));
  expect(statSync(bootFile()).ino).toBe(ino);
  await system.reconfigure(config.replace('8080/tcp', '8081/tcp'));
  await eventually(() => readFileSync(bootFile(), 'utf8').includes('8081'));
  await system.reconfigure(config);
  await eventually(() => readFileSync(bootFile(), 'utf8').includes('8080'));
}, 180_000);

it('removes it when nothing is guarded', async () => {
  await system.reconfigure(`mode: watch\n${config}`);
  await eventually(() => !existsSync(bootFile()));
  await system.reconfigure(config);
  await eventually(() => existsSync(bootFile()));
}, 180_000);

it('opens everything by `down`: nothing below is silent for another reason', async () => {
  await system.run(['down']);
  for (const name of who)
    expect(await reach(lab.host(name)), name).toEqual(twice({ ...guarded('in'), ...page('in'), ...beside }));
});

it('shuts out everybody by the file alone, but from what is open without an answer', async () => {
  await gateway.run(['nft', '-f', bootFile()]);
  for (const name of who)
    expect(await reach(lab.host(name)), name).toEqual(
      twice({ ...guarded(silent), ...page('in'), ...beside }),
    );
});

it('holds what goes out by a guarded port as well, and nothing else that goes out', async () => {
  const [server, friend] = [lab.host('server'), lab.host('friend')];
  for (const address of [friend.ipv4, friend.ipv6]) {
    expect(await tcp(server, address, 9000)).toBe(silent);
    expect(await tcp(server, address, 9001)).toBe('in');
    // Its own questions from a guarded port, as a time server's are, get their answers.
    expect(await udp(gateway, address, 9002, 7000)).toBe('in');
  }
});

it('becomes the guard without a moment in which it is open, and takes no session from it', async () => {
  const there = await openAndTalk(lab.host('friend'), gateway, 8888);
  const strangers = await Strangers.start(lab.host('scanner'), gateway, {
    tcpPort: 22,
    udpPort: 5000,
    controlPort: 80,
    perSecond: 300,
  });
  system.writeConfig(config);
  await system.up();
  // But policy was asked about the connections that were let in meanwhile.
  const { interceptor } = await statusNow(system);
  expect(interceptor?.sessions.filter(({ service }) => service !== 'page')).toEqual([]);
  await expectAlive(there);
  expect(await reach(lab.host('friend'))).toEqual(twice({ ...guarded('in'), ...page('in'), ...beside }));
  expect(await reach(lab.host('scanner'))).toEqual(twice({ ...guarded(silent), ...page(silent), ...beside }));
  const { packetsBack, answered, attempts, controls, dropped } = await strangers.stop();
  expect({ packetsBack, answered, dropped }).toEqual({ packetsBack: [], answered: [], dropped: 0 });
  expect(attempts).toBeGreaterThan(300);
  expect(controls).toBeGreaterThan(attempts / 100);
});

it('is opened by `panic` when nothing comes up, and the next boot shuts it again', async () => {
  await system.run(['down']);
  await gateway.run(['nft', '-f', bootFile()]);
  expect(await tcp(lab.host('scanner'), gateway.ipv4, 22)).toBe(silent);
  await system.run(['panic']);
  expect(await tcp(lab.host('scanner'), gateway.ipv4, 22)).toBe('in');
  // A boot begins with no table at all.
  await gateway.run(['nft', 'delete', 'table', 'inet', 'nftoggle-panic']);
  await gateway.run(['nft', '-f', bootFile()]);
  expect(await tcp(lab.host('scanner'), gateway.ipv4, 22)).toBe(silent);
});

it('opens by `down`, with no `up` that ran', async () => {
  await system.run(['down']);
  expect(await tcp(lab.host('scanner'), gateway.ipv4, 22)).toBe('in');
});
