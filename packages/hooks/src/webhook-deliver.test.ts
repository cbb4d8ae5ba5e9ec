// SPDX-License-Identifier: MIT
// Webhooks against real servers on loopback.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Webhook as WebhookAction, webhookFormats } from '@nftoggle/config';
import { freePort } from '@nftoggle/testkit';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Attempt } from './attempt.ts';
import { systemResolve } from './guarded-lookup.ts';
import { aDenial, aMessage, anEvent, aWebhook } from './hook.fixture.ts';
import type { HttpTools } from './http-post.ts';
import {
  answer,
  type Reaction,
  type Receiver,
  type ReceiverOptions,
  startReceiver,
} from './receiver.fixture.ts';
import { deliverWebhook } from './webhook-deliver.ts';

const running: Receiver[] = [];
afterEach(async () => {
  for (const receiver of running.splice(0)) await receiver.stop();
});

async function receive(react?: Reaction, options?: ReceiverOptions): Promise<Receiver> {
  const receiver = await startReceiver(react, options);
  running.push(receiver);
  return receiver;
}

interface Delivery extends Partial<HttpTools> {
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly message?: ReturnType<typeof aMessage>;
}

function deliver(
  webhook: Partial<WebhookAction>,
  { timeout = 5, signal = new AbortController().signal, message = aMessage(), ...tools }: Delivery = {},
): Promise<Attempt> {
  return deliverWebhook({ timeout }, aWebhook(webhook), message, signal, {
    resolve: systemResolve,
    ...tools,
  });
}

const at = ({ port }: { readonly port: number }, path = '/hook'): string => `http://127.0.0.1:${port}${path}`;

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-hooks-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A TCP server that does with a connection what it is told. */
async function rawServer(onSocket: (socket: Socket) => unknown): Promise<{ readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server.address() as { port: number };
}

/** A port that is open, where SYNs get no answer: the queue of those who wait is full, and nobody takes them in. */
async function deafServer(): Promise<{ readonly port: number }> {
  const deaf = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address());
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  onTestFinished(async () => void (await deaf.terminate()));
  const [address] = (await once(deaf, 'message')) as [{ port: number }];
  const waiting = Array.from({ length: 3 }, () => connect(address.port, '127.0.0.1').on('error', () => {}));
  onTestFinished(() => waiting.forEach((socket) => void socket.destroy()));
  await once(waiting[0] as Socket, 'connect');
  return address;
}

describe('a webhook', () => {
  it('is posted with the event, and says who it is', async () => {
    const receiver = await receive();
    const event = aDenial();
    const attempt = await deliver({ url: at(receiver, '/a/b?c=d') }, { message: aMessage(event) });
    expect(attempt).toEqual({
      delivered: true,
      detail: `127.0.0.1:${receiver.port} answered 204`,
      refused: false,
      retryAfter: null,
    });
    const [got] = receiver.received;
    expect(got).toMatchObject({
      method: 'POST',
      path: '/a/b?c=d',
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': expect.stringMatching(/^nftoggle\/\d+\.\d+\.\d+$/),
        connection: 'close',
      },
    });
    expect(JSON.parse(got?.body ?? '')).toEqual(event);
    expect(got?.headers).not.toHaveProperty('webhook-signature');
    expect(got?.headers).not.toHaveProperty('authorization');
  });

  it.each(webhookFormats)('in the format %s has its signature over what is sent', async (format) => {
    const receiver = await receive();
    const file = join(temporary(), 'secret');
    writeFileSync(file, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n');
    const message = aMessage(anEvent('allowance_changed', { why: 'Zoë’s 👍 \n "x"' }));
    expect((await deliver({ url: at(receiver), format, secretFile: file }, { message })).delivered).toBe(
      true,
    );
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    const checker = new Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(() => checker.verify(body, headers, { jsonParse: false })).not.toThrow();
    expect(headers).toMatchObject({ 'webhook-id': message.event.id });
  });

  it('reads its secret and its token each time, and says when they are missing', async () => {
    const receiver = await receive();
    const directory = temporary();
    const [secretFile, tokenFile] = [join(directory, 'secret'), join(directory, 'token')];
    const webhook = { url: at(receiver), secretFile, tokenFile };
    writeFileSync(tokenFile, 'tk_one\n');
    const missing = await deliver(webhook);
    expect(missing).toMatchObject({ delivered: false, refused: false });
    expect(missing.detail).toContain(`secret_file: ${secretFile} cannot be read: ENOENT`);
    for (const key of ['first key', 'second key']) {
      writeFileSync(secretFile, key);
      writeFileSync(tokenFile, key.replace(' ', '_'));
      expect((await deliver(webhook)).delivered).toBe(true);
      const { headers, body } = receiver.received.at(-1) ?? { headers: {}, body: '' };
      new Webhook(new TextEncoder().encode(key), { format: 'raw' }).verify(body, headers);
      expect(headers).toMatchObject({ authorization: `Bearer ${key.replace(' ', '_')}` });
    }
    for (const wrong of ['', ' \n', 'two words', 'zwei\nZeilen', 'tökn']) {
      writeFileSync(tokenFile, wrong);
      const { delivered, detail } = await deliver(webhook);
      expect(delivered).toBe(false);
      expect(detail).toMatch(/token_file: .*token (is empty|holds more than a token)$/);
    }
    expect(receiver.received).toHaveLength(2);
  });

  it('is not kept waiting by a secret that is a pipe, or a directory', async () => {
    const directory = temporary();
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const secretFile of [pipe, directory]) {
      const { detail } = await deliver({ secretFile });
      expect(detail).toMatch(/: secret_file: .* cannot be read: it is not a file$/);
    }
  });

  it('shows a token in the way of Gotify, and headers of the configuration beside its own', async () => {
    const receiver = await receive();
    const file = join(temporary(), 'token');
    writeFileSync(file, 'A1b2');
    const headers = new Map([
      ['X-Priority', '4'],
      ['User-Agent', 'my own'],
    ]);
    await deliver({ url: at(receiver), format: 'gotify', tokenFile: file, headers });
    const [got] = receiver.received;
    expect(got?.headers).toMatchObject({ 'x-gotify-key': 'A1b2', 'x-priority': '4', 'user-agent': 'my own' });
    expect(got?.headers).not.toHaveProperty('authorization');
    expect(got?.path).toBe('/hook/message');
  });

  it('goes out by IPv6 as by IPv4', async () => {
    const receiver = await receive(undefined, { host: '::1' });
    expect((await deliver({ url: `http://[::1]:${receiver.port}/` })).delivered).toBe(true);
    expect(receiver.received).toHaveLength(1);
  });

  it('tells a test from what has happened', async () => {
    const receiver = await receive();
    await deliver({ url: at(receiver) }, { message: aMessage(aDenial(), true) });
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ test: true, specversion: '1.0' });
  });

  it('that is broken off says so, soon', async () => {
    const receiver = await receive(() => undefined);
    const controller = new AbortController();
    const attempt = deliver({ url: at(receiver) }, { signal: controller.signal, timeout: 60 });
    await expect.poll(() => receiver.received.length).toBe(1);
    controller.abort();
    expect((await attempt).detail).toContain('it was broken off, since hooks are being stopped or changed');
    expect((await deliver({ url: at(receiver) }, { signal: controller.signal })).delivered).toBe(false);
  });
});

describe('a receiver that', () => {
  it.each([
    [200, true, false],
    [202, true, false],
    [299, true, false],
    [304, false, false],
    [400, false, true],
    [401, false, true],
    [404, false, true],
    [408, false, false],
    [410, false, true],
    [425, false, false],
    [429, false, false],
    [500, false, false],
    [503, false, false],
  ])('answers %i has taken it: %s, and does not want it: %s', async (status, delivered, refused) => {
    const receiver = await receive(answer(status, {}, status === 304 ? '' : 'what\nit says'));
    expect(await deliver({ url: at(receiver) })).toMatchObject({ delivered, refused, retryAfter: null });
  });

  it('says what is wrong is repeated, shortly and in one line', async () => {
    const receiver = await receive(answer(500, {}, `no\nroom \x1b[2J${'x'.repeat(100_000)}`));
    const { detail } = await deliver({ url: at(receiver) });
    expect(detail).toMatch(/ answered 500: no room \\u\{1b\}\[2Jx+…$/);
    expect(detail.length).toBeLessThan(260);
  });

  it('asks for patience gets it', async () => {
    const receiver = await receive(answer(429, { 'retry-after': '120' }));
    expect(await deliver({ url: at(receiver) })).toMatchObject({ delivered: false, retryAfter: 120_000 });
  });

  it.each([301, 302, 303, 307, 308])('redirects with %i is not followed', async (status) => {
    const other = await receive();
    const receiver = await receive(answer(status, { location: at(other, '/secret-path') }));
    const attempt = await deliver({ url: at(receiver) });
    expect(attempt).toMatchObject({ delivered: false, refused: false });
    expect(attempt.detail).toContain(`answered ${status}: it redirects to 127.0.0.1:${other.port}, and`);
    expect(attempt.detail).not.toContain('secret-path');
    expect(other.received).toEqual([]);
  });

  it('never answers costs the timeout and no more', async () => {
    const receiver = await receive(() => undefined);
    const { detail } = await deliver({ url: at(receiver) }, { timeout: 0.3 });
    expect(detail).toBe(`127.0.0.1:${receiver.port}: no answer within 0.3 s`);
  });

  it('drips its head, byte by byte, costs the timeout and no more', async () => {
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect((await deliver({ url: at(server) }, { timeout: 0.4 })).detail).toMatch(/no answer within 0.4 s/);
  });

  it('drips its body has taken the event all the same', async () => {
    const receiver = await receive((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect((await deliver({ url: at(receiver) }, { timeout: 0.3 })).delivered).toBe(true);
    expect((await deliver({ url: at(receiver) }, { timeout: 30 })).delivered).toBe(true);
  });

  it('talks without end is not listened to for long', async () => {
    let sent = 0;
    const receiver = await receive((response) => {
      const chunk = Buffer.alloc(64 * 1024, 120);
      const more = (): void => {
        sent += chunk.length;
        if (!response.destroyed && response.write(chunk)) setImmediate(more);
      };
      response
        .writeHead(500)
        .on('drain', more)
        .on('error', () => undefined);
      more();
    });
    expect((await deliver({ url: at(receiver) }, { timeout: 30 })).detail).toMatch(/answered 500: x{199}…$/);
    expect(sent).toBeLessThan(50 * 1024 * 1024);
  });

  it('hangs up at once has not taken it', async () => {
    const server = await rawServer((socket) => socket.resetAndDestroy());
    expect((await deliver({ url: at(server) })).detail).toBe(
      `127.0.0.1:${server.port}: it broke the connection off`,
    );
    const closing = await rawServer((socket) => socket.end());
    expect((await deliver({ url: at(closing) })).delivered).toBe(false);
  });

  it('hangs up in the middle of its answer has said enough', async () => {
    const server = await rawServer((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc', () => socket.resetAndDestroy());
      }),
    );
    expect((await deliver({ url: at(server) })).delivered).toBe(true);
  });

  it('answers before it has read all of it has answered', async () => {
    const server = await rawServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n')),
    );
    const message = aMessage(anEvent('config_refused', { problem: 'x'.repeat(200_000) }));
    expect(await deliver({ url: at(server) }, { message })).toMatchObject({
      delivered: false,
      refused: true,
    });
  });

  it('changes to another protocol, or says that it goes on and does not, has not taken it', async () => {
    for (const head of ['101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade', '100 Continue']) {
      const server = await rawServer((socket) =>
        socket.once('data', () => socket.end(`HTTP/1.1 ${head}\r\n\r\n`)),
      );
      expect((await deliver({ url: at(server) }, { timeout: 2 })).detail).toMatch(/: it .*bro.* off/);
    }
  });

  it('speaks something else than HTTP is told of', async () => {
    const server = await rawServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const { delivered, detail } = await deliver({ url: at(server) });
    expect({ delivered, detail }).toMatchObject({
      delivered: false,
      detail: expect.stringMatching(/Parse Error/),
    });
  });

  it('is not there is told of', async () => {
    const port = await freePort();
    expect((await deliver({ url: `http://127.0.0.1:${port}/secret` })).detail).toBe(
      `127.0.0.1:${port}: it refuses connections`,
    );
  });
});

describe('a name', () => {
  it('that is not known, or not to be looked up, is told of', async () => {
    const failing = (code: string) => async () => {
      throw Object.assign(new Error(`getaddrinfo ${code}`), { code });
    };
    const to = { url: 'http://ntfy.example/secret' };
    expect((await deliver(to, { resolve: failing('ENOTFOUND') })).detail).toBe(
      'ntfy.example: there is no such name',
    );
    const never = () => new Promise<never>(() => undefined);
    expect((await deliver(to, { resolve: never, timeout: 0.3 })).detail).toBe(
      'ntfy.example: the name was not looked up within 0.3 s',
    );
  });

  it('may take longer to be looked up than a connection may take', async () => {
    const receiver = await receive();
    const resolve = async () => {
      await pause(3_300);
      return ['127.0.0.1'];
    };
    const to = { url: `http://slow.example:${receiver.port}/` };
    expect(await deliver(to, { resolve })).toMatchObject({ delivered: true });
  });

  it('whose address does not answer costs 3 s, and an address as much', async () => {
    const server = await deafServer();
    const resolve = async () => ['127.0.0.1'];
    for (const host of ['deaf.example', '127.0.0.1']) {
      const { detail } = await deliver({ url: `http://${host}:${server.port}/` }, { resolve });
      expect(detail).toBe(`${host}:${server.port}: no connection within 3 s`);
    }
  });

  it('is looked up once for each attempt, and what was looked up is where it goes', async () => {
    const receiver = await receive();
    let asked = 0;
    // First it is somebody harmless, then this machine.
    const rebinding = async () => {
      asked += 1;
      return asked === 1 ? ['192.0.2.1'] : ['127.0.0.1'];
    };
    const to = { url: `http://rebound.example:${receiver.port}/`, allowLocal: [] };
    await deliver(to, { resolve: rebinding, timeout: 0.2 });
    expect(asked).toBe(1);
    const second = await deliver(to, { resolve: rebinding });
    expect(second.detail).toBe(
      `rebound.example:${receiver.port}: rebound.example is 127.0.0.1, which leads to this machine (loopback); "allow_local: [rebound.example]" would permit that`,
    );
    expect(asked).toBe(2);
    expect(receiver.received).toEqual([]);
    const allowed = await deliver({ ...to, allowLocal: ['rebound.example'] }, { resolve: rebinding });
    expect(allowed.delivered).toBe(true);
    expect(receiver.received[0]?.headers.host).toBe(`rebound.example:${receiver.port}`);
  });

  it.each(['localhost', '127.0.0.1', '[::1]', '0.0.0.0', '2130706433', '[::ffff:127.0.0.1]'])(
    'such as %s is not reached unless it is allowed',
    async (host) => {
      const receiver = await receive();
      const { delivered, detail } = await deliver({
        url: `http://${host}:${receiver.port}/`,
        allowLocal: [],
      });
      expect(delivered).toBe(false);
      expect(detail).toMatch(/leads to this machine/);
      expect(receiver.received).toEqual([]);
    },
  );

  it('with several addresses is reached at one that answers', async () => {
    const receiver = await receive();
    const resolve = async () => ['::1', '127.0.0.1'];
    const to = { url: `http://both.example:${receiver.port}/`, allowLocal: ['both.example'] };
    expect((await deliver(to, { resolve })).delivered).toBe(true);
  });
});

describe('TLS', () => {
  const certificate = () => {
    const directory = temporary();
    const [key, cert] = [join(directory, 'key'), join(directory, 'cert')];
    const subject = ['-subj', '/CN=hooks.example', '-addext', 'subjectAltName=DNS:hooks.example'];
    const how = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ];
    execFileSync('openssl', [...how, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  };
  const resolve = async () => ['127.0.0.1'];

  it('is spoken with one whose certificate is right, and nobody else', async () => {
    const tls = certificate();
    const receiver = await receive(undefined, { tls });
    const allowLocal = ['127.0.0.1'];
    const to = (host: string) => ({ url: `https://${host}:${receiver.port}/`, allowLocal });
    expect((await deliver(to('hooks.example'), { resolve, ca: tls.cert })).delivered).toBe(true);
    expect((await deliver(to('hooks.example'), { resolve })).detail).toMatch(/self-signed certificate/);
    expect((await deliver(to('other.example'), { resolve, ca: tls.cert })).detail).toMatch(
      /other\.example.*cert/,
    );
    expect(receiver.received).toHaveLength(1);
    const plain = await deliver({ url: at(receiver), allowLocal });
    expect(plain.delivered).toBe(false);
  });

  it('with one that says nothing costs the timeout', async () => {
    const server = await rawServer(() => undefined);
    const { detail } = await deliver({ url: `https://127.0.0.1:${server.port}/` }, { timeout: 0.3 });
    expect(detail).toMatch(/no answer within 0.3 s/);
  });
});
