// SPDX-License-Identifier: MIT
// Probes by real sockets, on this machine's loopback.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort } from '@nftoggle/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { Neighbour } from './neighbours.ts';
import { ping } from './ping-probe.ts';
import type { Sign } from './readiness.ts';
import type { Goal } from './target.ts';
import { realProbes } from './wake-await.ts';
import { aHost } from './waker.fixture.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Heard {
  readonly at: number;
  readonly sign: Sign;
}

/** Probes and collects what is heard; no `ping`, and no neighbours, unless given. */
function probe(address: string, goal: Goal, neighbours: readonly (Neighbour | null)[] = []): Heard[] {
  const heard: Heard[] = [];
  const left = [...neighbours];
  const probes = realProbes({
    neighbours: { find: async () => left.shift() ?? null, withMac: async () => [] },
    ping: '/nowhere/ping',
  });
  const stop = probes.start({ host: aHost(), address, goal }, (sign) =>
    heard.push({ at: performance.now(), sign }),
  );
  undo.push(stop);
  return heard;
}
const kinds = (heard: readonly Heard[]): string[] =>
  heard.map(({ sign }) => sign.kind).filter((k) => k !== 'neighbour');

async function serve(port: number, host: string): Promise<Server> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  undo.push(() => server.close());
  return server;
}

describe.each(['127.0.0.1', '::1'])('a TCP port of %s', (address) => {
  it('is refused, and found within a few knocks once it answers', async () => {
    const port = await freePort();
    const heard = probe(address, { kind: 'tcp', port });
    await eventually(() => kinds(heard).filter((kind) => kind === 'refused').length > 3);
    const server = await serve(port, address);
    const opened = performance.now();
    await eventually(() => kinds(heard).includes('open'));
    const took = (heard.find(({ sign }) => sign.kind === 'open')?.at ?? 0) - opened;
    console.log(`${address}: found open after ${took.toFixed(1)} ms`);
    expect(took).toBeLessThan(500);
    expect(server.listening).toBe(true);
  });

  it('is left in order, without a byte and without a reset', async () => {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    undo.push(() => server.close());
    const ended = new Promise<string>((resolve) => {
      server.once('connection', (socket) => {
        socket.once('data', (data) => resolve(`data ${data}`));
        socket.once('error', (error) => resolve(error.message));
        socket.once('end', () => resolve('end'));
        socket.resume();
      });
    });
    probe(address, { kind: 'tcp', port: (server.address() as AddressInfo).port });
    expect(await ended).toBe('end');
  });
});

describe.each(['127.0.0.1', '::1'])('a UDP port of %s', (address) => {
  it('is refused while it is closed, and silent when it is open', async () => {
    const type = address.includes(':') ? 'udp6' : 'udp4';
    const listener = createSocket(type);
    listener.bind(0, address);
    await once(listener, 'listening');
    const { port } = listener.address();
    const silent = probe(address, { kind: 'udp', port });
    const [datagram] = await once(listener, 'message');
    expect(datagram.length).toBe(0);
    await eventually(() => kinds(silent).includes('alive'));
    expect(kinds(silent)).not.toContain('refused');
    const answered = probe(address, { kind: 'udp', port });
    listener.on('message', (_, { port: from }) => listener.send('hello', from, address));
    await eventually(() => kinds(answered).includes('open'));
    listener.close();
    const closed = probe(address, { kind: 'udp', port });
    await eventually(() => kinds(closed).filter((kind) => kind === 'refused').length >= 2);
  });
});

describe('life', () => {
  it('is any answer; where there is no `ping` that is told once', async () => {
    const heard = probe('127.0.0.1', { kind: 'ping' });
    await eventually(() => kinds(heard).filter((kind) => kind === 'alive').length > 1);
    await eventually(() => kinds(heard).includes('unusable'));
    const alive = () => kinds(heard).filter((kind) => kind === 'alive').length;
    const before = alive();
    await eventually(() => alive() > before + 20);
    expect(kinds(heard).filter((kind) => kind === 'unusable').length).toBe(1);
  });

  it('of a card is seen in what the kernel knows', async () => {
    const failed: Neighbour = { address: '127.0.0.1', interface: 'eth0', mac: null, state: 'failed' };
    const known: Neighbour = { ...failed, mac: '00:11:32:aa:bb:cc', state: 'stale' };
    const heard = probe('127.0.0.1', { kind: 'tcp', port: 1 }, [failed, known]);
    const cards = () => heard.flatMap(({ sign }) => (sign.kind === 'neighbour' ? [sign.card] : []));
    await eventually(() => cards().length >= 2);
    expect(cards().slice(0, 2)).toEqual([false, true]);
  });

  it('cannot be looked for where nothing can be sent', async () => {
    const heard = probe('255.255.255.255', { kind: 'tcp', port: 1 });
    await eventually(() => kinds(heard).includes('unreachable'));
  });

  it('is never looked for by a name', () => {
    expect(() => probe('nas.example', { kind: 'tcp', port: 1 })).toThrow(TypeError);
  });
});

describe('ping', () => {
  const program = (script: string): string => {
    const directory = mkdtempSync(join(tmpdir(), 'nftoggle-ping-'));
    undo.push(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, 'ping');
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  };
  const pings = async (script: string, until: (heard: readonly unknown[]) => boolean): Promise<unknown[]> => {
    const heard: unknown[] = [];
    undo.push(ping(program(script), '192.168.1.20', (answer) => heard.push(answer)));
    await eventually(() => until(heard));
    return heard;
  };

  it('asks for one echo of that address again and again', async () => {
    const only = '[ "$*" = "-n -c 1 -W 1 192.168.1.20" ]';
    expect((await pings(only, (heard) => heard.length >= 2)).slice(0, 2)).toEqual(['alive', 'alive']);
  });

  it.each([
    ['echo "ping: socktype: Operation not permitted" >&2; exit 2'],
    ['echo "ping: permission denied (are you root?)" >&2; exit 1'],
  ])('gives up where it may not: %s', async (script) => {
    const heard = await pings(script, ({ length }) => length > 0);
    expect(heard).toEqual([{ unusable: expect.stringMatching(/^ping: .*permi/) }]);
  });

  it('goes on while nobody answers', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'nftoggle-ping-')), 'asked');
    undo.push(() => rmSync(join(file, '..'), { recursive: true, force: true }));
    const heard = await pings(`[ -e ${file} ] && exit 0; : > ${file}; exit 1`, ({ length }) => length > 0);
    expect(heard).toEqual(['alive']);
  });
});
