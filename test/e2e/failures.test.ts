// SPDX-License-Identifier: MIT
// A start that cannot succeed: one message that says what to do, an exit code, and a machine that is as it was.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createLab, type Host, type Lab, type RunResult, startTcpEcho } from '@nftoggle/lab';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { launcher, System } from './system.ts';

const good = 'version: 1\nservices:\n  ssh: { ports: [22/tcp], allow: [203.0.113.7] }\n';
/** What the shell gets when `up` cannot start. */
const cannotStart = 3;

let lab: Lab;
let gateway: Host;
/** The ruleset of the machine before the failed start. */
let untouched: string;
let state: string;

beforeAll(async () => {
  lab = await createLab({ only: ['gateway', 'scanner'] });
  gateway = lab.host('gateway');
  await startTcpEcho(gateway, { port: 22 });
});

afterAll(() => lab?.close());

beforeEach(async () => {
  untouched = await ruleset();
  state = mkdtempSync(join(tmpdir(), 'nftoggle-e2e-'));
  writeFileSync(join(state, 'nftoggle.yml'), good);
});

afterEach(() => rmSync(state, { recursive: true, force: true }));

const ruleset = async (): Promise<string> => (await gateway.run(['nft', 'list', 'ruleset'])).stdout;

interface UpOptions {
  /** Words before the command, such as `setpriv …`. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** `up` to its end. A start that goes well, or does not end, fails the test. */
const up = ({ wrapper = [], env = {} }: UpOptions = {}): Promise<RunResult> =>
  gateway.run([...wrapper, launcher, 'up', '--state', state], { allowFailure: true, timeoutMs: 45_000, env });

/** What a child said on its way to its end: `12:03:04 policy WARN …`. */
const logLine = /^\d\d:\d\d:\d\d /;

/** One message: the same thing is not said twice, and, log lines aside, nothing else is said on stderr. */
async function expectRefusal(result: RunResult, message: RegExp): Promise<void> {
  const lines = result.stderr.split('\n').filter((line) => line !== '' && !logLine.test(line));
  expect(lines.join('\n')).toMatch(message);
  expect(lines.filter((line) => !line.startsWith('  '))).toHaveLength(1);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  expect(result.code).toBe(cannotStart);
  expect(await ruleset()).toBe(untouched);
}

/** The positive control of all of these: the same directory, and nothing in the way. */
it('starts when nothing is in the way', async () => {
  const child = gateway.start([launcher, 'up', '--state', state]);
  await child.waitFor(/^guarding /, 30_000);
  expect(await connect(lab.host('scanner'), { address: gateway.ipv4, port: 22 })).toMatchObject({
    errno: 'ETIMEDOUT',
  });
  await gateway.run([launcher, 'down', '--state', state]);
  expect(await ruleset()).toBe(untouched);
  expect(await connect(lab.host('scanner'), { address: gateway.ipv4, port: 22 })).toMatchObject({
    connected: true,
  });
});

it('refuses a configuration that is wrong, and says where and what would be right', async () => {
  writeFileSync(join(state, 'nftoggle.yml'), good.replace('allow', 'alow'));
  await expectRefusal(await up(), /nftoggle\.yml:3:\d+.*allow/s);
});

it('refuses to run without the privilege, and names it', async () => {
  // Nobody may read what is below /root, and the checkout may be there: reading is all that is left to him.
  const reader = '-all,+dac_read_search';
  const identity = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const wrapper = ['setpriv', ...identity, `--inh-caps=${reader}`, `--ambient-caps=${reader}`, '--'];
  await expectRefusal(await up({ wrapper }), /`up` changes the firewall .*CAP_NET_ADMIN.*sudo/);
});

it('refuses to run as a root that lacks the privilege, as in a container', async () => {
  const without = ['setpriv', '--inh-caps=-net_admin', '--bounding-set=-net_admin', '--'];
  await expectRefusal(await up({ wrapper: without }), /CAP_NET_ADMIN/);
});

it.each([4242, 4243])(
  'refuses when another program has queue %i, and says how to choose other numbers',
  async (number) => {
    const holder = gateway.start([
      process.execPath,
      `${import.meta.dirname}/programs/queue-holder.ts`,
      String(number),
    ]);
    await holder.waitFor(/^holding$/, 15_000);
    await expectRefusal(await up(), new RegExp(`queue ${number} is taken by .*kernel: \\{ queue: N \\}`));
    await holder.stop('SIGKILL');
  },
);

it('refuses when nats-server does not start, and shows what it said', async () => {
  const bin = join(state, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'nats-server'), '#!/bin/sh\necho "nats-server: the disk is on fire" >&2\nexit 1\n');
  chmodSync(join(bin, 'nats-server'), 0o755);
  const result = await up({ env: { PATH: `${bin}:${process.env.PATH}` } });
  await expectRefusal(result, /^nats-server cannot start: .*the disk is on fire.*nats-server\.log/);
});

it('takes another port for the bus when somebody has the one it had', async () => {
  const system = await System.start(gateway, good);
  await system.run(['down']);
  const port = readFileSync(join(system.directory, 'nats.port'), 'utf8').trim();
  const holder = gateway.start([
    process.execPath,
    '-e',
    `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('holding'))`,
  ]);
  await holder.waitFor(/^holding$/, 15_000);
  await system.up();
  expect(readFileSync(join(system.directory, 'nats.port'), 'utf8').trim()).not.toBe(port);
  await system.run(['down']);
  await holder.stop('SIGKILL');
  await system[Symbol.asyncDispose]();
});

it('refuses beside another nftoggle in the same network, which goes on as it was', async () => {
  await using first = await System.start(gateway, good);
  untouched = await ruleset();
  const { interceptor } = await first.status();
  await expectRefusal(await up(), /another nftoggle guards this network namespace already.*nftoggle down/);
  expect((await first.interceptor()).pid).toBe(interceptor?.pid);
  await first.run(['down']);
});

it('refuses a second `up` with the same state, which goes on as it was', async () => {
  await using first = await System.start(gateway, good);
  untouched = await ruleset();
  const second = await gateway.run([launcher, 'up', '--state', first.directory], { allowFailure: true });
  await expectRefusal(second, /already running.*nftoggle down/);
  await first.run(['down']);
});

it('refuses when the api cannot listen, and takes the guard away that the interceptor had put up', async () => {
  mkdirSync(join(state, 'run'), { mode: 0o700 });
  const holder = createServer((socket) => socket.destroy()).listen(join(state, 'run', 'daemon.sock'));
  const afterGuard = `--import=${import.meta.dirname}/programs/api-after-guard.ts`;
  const result = await up({ env: { NODE_OPTIONS: afterGuard } });
  holder.close();
  await expectRefusal(result, /another nftoggle uses .*daemon\.sock/);
  const log = readFileSync(join(state, 'log', 'interceptor.log'), 'utf8');
  expect(log).toContain('"msg":"guarding"');
});

it('refuses a state directory that cannot be written to', async () => {
  const readOnly = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  const wrapper = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', readOnly, state];
  await expectRefusal(await up({ wrapper }), new RegExp(`state directory ${state} .*--state`));
});
