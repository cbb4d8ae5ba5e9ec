// SPDX-License-Identifier: MIT
// What becomes of events: real packets, a real receiver, real programs, and texts that mean harm.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import {
  type CloudEvent,
  DeadLetter,
  DeliveryOutcome,
  type EventType,
  GrantIssued,
} from '@nftoggle/contracts';
import { connect, type Host, labObstacles, udpExchange } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Format, formats, HookScene, port } from './hook-scene.ts';
import { hostileTexts } from './hostile-texts.ts';
import { statusNow } from './system-health.ts';
import { expectBody, expectHeaders, type Look, lineOf, type Text } from './told-texts.ts';
import type { Posted } from './webhook-receiver.ts';

let scene: HookScene;
let gateway: Host;
let friend: Host;
let scanner: Host;
let mark: string;

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  scene = await HookScene.set();
  ({ gateway, friend, scanner } = scene.scene);
  mark = scene.out('harmed');
}, 60_000);
afterAll(async () => scene?.[Symbol.asyncDispose]());

/** The event that `check` accepts, as the webhook in JSON had it. */
function heard<T extends EventType>(
  type: T,
  check: (event: CloudEvent<T>) => boolean,
  withinMs = 20_000,
): Promise<CloudEvent<T>> {
  return eventually(
    () => {
      const events = scene.receiver.of('json').map(({ body }) => JSON.parse(body) as CloudEvent<T>);
      const found = events.find((event) => event.type === type && check(event));
      if (found === undefined) throw new Error(`no such ${type} among ${events.map((each) => each.type)}`);
      return found;
    },
    { withinMs },
  );
}

/** What each format was sent of one event: its id is in the signature. */
async function toldOf({ id }: CloudEvent): Promise<ReadonlyMap<Format, Posted>> {
  const find = (format: Format): readonly [Format, Posted] => {
    const posted = scene.receiver.of(format).find(({ headers }) => headers['webhook-id'] === id);
    if (posted === undefined) throw new Error(`${format} was not told of ${id}`);
    return [format, posted];
  };
  return eventually(() => new Map(formats.map(find)), { withinMs: 20_000 });
}

/** Says the same in every format, and returns what that is. */
async function expectTold(event: CloudEvent, look: Look): Promise<Text> {
  const told = await toldOf(event);
  const [sentence, titled] = [told.get('text'), told.get('gotify')];
  if (sentence === undefined || titled === undefined) throw new Error('not told');
  const { title } = JSON.parse(titled.body) as { readonly title: string };
  const text = { ...look, title, message: lineOf(sentence) };
  for (const [format, posted] of told) {
    expectHeaders(format, posted);
    expectBody(format, posted, event, text);
  }
  return text;
}

interface Run {
  readonly input: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly who: string;
}

/** What the program was given of one event. */
async function diaryOf({ id }: Pick<CloudEvent, 'id'>): Promise<Run> {
  await eventually(() => existsSync(scene.out(`${id}.done`)), { withinMs: 20_000 });
  const read = (what: string): string => readFileSync(scene.out(`${id}.${what}`), 'utf8');
  const variables = read('env')
    .split('\0')
    .filter((each) => each.startsWith('NFTOGGLE_'));
  const environment = Object.fromEntries(
    variables.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  );
  return { input: read('input'), environment, who: read('who') };
}

/** Asks the api as a program does that is not held up by what a command line cannot say. */
async function openAs(service: string, source: string, by: string, why: string): Promise<GrantIssued> {
  const socketPath = scene.system.socket;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { 'content-type': 'application/json' };
  const asking = request({ socketPath, path: '/v1/grants', method: 'POST', headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => resolve(Buffer.concat(chunks).toString()));
  });
  asking.on('error', reject);
  asking.end(JSON.stringify({ service, source, seconds: 600, by, why }));
  return GrantIssued.parse(JSON.parse(await promise));
}

const open = (service: string, source: string) => openAs(service, source, 'a test', 'to see what happens');

async function expectNoHarm(): Promise<void> {
  expect(existsSync(mark)).toBe(false);
  const known = /^([0-9a-f-]{36}\.(input|env|who|done)|stuck\.pids|patient\.(begun|go|done))$/;
  expect(readdirSync(join(scene.directory, 'out')).filter((name) => !known.test(name))).toEqual([]);
}

/** Of what a program writes, once there are so many. */
function linesOf(name: string, count: number, withinMs: number): Promise<readonly string[]> {
  return eventually(
    () => {
      const lines = scene.linesOf(name);
      if (lines.length < count) throw new Error(`${name} has ${lines.length} lines`);
      return lines;
    },
    { withinMs },
  );
}

/** By the pid that it knows itself by, which counts where hooks run. */
function isRunning(pid: number): boolean {
  const file = `/proc/${scene.system.pidOf('hooks')}/root/proc/${pid}/status`;
  return existsSync(file) && !/^State:\s+Z/m.test(readFileSync(file, 'utf8'));
}

const clock = '((Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\\d\\d:\\d\\d';

describe('hooks', () => {
  it('tell of a friend who is let in, over both families and protocols', async () => {
    const tcp = await connect(friend, { address: gateway.ipv4, port, timeoutMs: 3_000, payload: 'hi' });
    expect(tcp.connected).toBe(true);
    const udp = await udpExchange(friend, { address: gateway.ipv6, port, timeoutMs: 3_000 });
    expect(udp.received).toEqual([0]);
    for (const [address, protocol] of [
      [friend.ipv4, 'tcp'],
      [friend.ipv6, 'udp'],
    ] as const) {
      const event = await heard('session_started', ({ data }) => data.source.address === address);
      expect(event).toMatchObject({
        subject: 'game',
        data: { service: 'game', protocol, reason: 'rule_allows', who: { device: 'phone', person: 'leo' } },
      });
      const text = await expectTold(event, { tag: 'green_circle', priorities: [3, 5] });
      expect(text.title).toMatch(/^game: /);
      expect(text.message).toMatch(new RegExp(`^leo's phone began to use game, allowed until ${clock}$`));
    }
  }, 60_000);

  it('tell of a stranger who is refused, over both families and protocols', async () => {
    const udp = await udpExchange(scanner, { address: gateway.ipv4, port });
    expect(udp.received).toEqual([]);
    expect((await connect(scanner, { address: gateway.ipv6, port })).connected).toBe(false);
    for (const [address, protocol] of [
      [scanner.ipv4, 'udp'],
      [scanner.ipv6, 'tcp'],
    ] as const) {
      const event = await heard('access_denied', ({ data }) => data.source.address === address);
      expect(event.data).toMatchObject({
        service: 'game',
        protocol,
        reason: 'no_rule',
        count: 1,
        enforced: true,
      });
      const text = await expectTold(event, { tag: 'no_entry', priorities: [3, 5] });
      expect(text.title).toBe('game: refused');
      expect(text.message).toMatch(new RegExp(`^${address} was refused game: .*no rule`));
    }
  }, 60_000);

  it('run a program as nobody, with the event on its input and facts in its environment', async () => {
    const event = await heard('access_denied', ({ data }) => data.source.address === scanner.ipv6);
    const { input, environment, who } = await diaryOf(event);
    expect(input).toBe(`${JSON.stringify(event)}\n`);
    expect(who).toBe('65534\n65534\n/\n');
    expect(environment).toMatchObject({
      NFTOGGLE_EVENT: 'access_denied',
      NFTOGGLE_ID: event.id,
      NFTOGGLE_TIME: event.time,
      NFTOGGLE_SUBJECT: 'game',
      NFTOGGLE_TEST: '',
      NFTOGGLE_SOURCE_ADDRESS: scanner.ipv6,
      NFTOGGLE_REASON: 'no_rule',
      NFTOGGLE_COUNT: '1',
    });
    // Nothing of the daemon's own: where its key is, and the like.
    expect(Object.keys(environment).filter((name) => /NATS|STATE|CONFIG|RUN$/.test(name))).toEqual([]);
  }, 30_000);
});

describe('texts that mean harm are data', () => {
  it('to every format and to programs, as the reason of a grant and the name of who gave it', async () => {
    for (const [index, text] of hostileTexts(mark).entries()) {
      const source = `198.18.1.${index}`;
      const { grant } = await openAs('game', source, text.slice(0, 100), text);
      const event = await heard('grant_issued', ({ data }) => data.grant.id === grant.id);
      expect(event.data.grant).toMatchObject({ by: text.slice(0, 100), why: text });
      const { message: sentence } = await expectTold(event, { tag: 'key', priorities: [3, 5] });
      expect(sentence).toMatch(new RegExp(`opened game for ${source} until ${clock}: `));
      if (/^[ -~]{1,90}$/.test(text)) {
        expect(sentence.startsWith(`${text} opened game`)).toBe(true);
        expect(sentence.endsWith(`: ${text}`)).toBe(true);
      }
      const { input, environment } = await diaryOf(event);
      expect(JSON.parse(input)).toEqual(event);
      expect(environment.NFTOGGLE_GRANT_WHY).toBe(text.replaceAll('\0', '\ufffd').toWellFormed());
    }
    await expectNoHarm();
  }, 120_000);

  it('on the command line', async () => {
    const texts = hostileTexts(mark).filter((text) => !text.includes('\0') && text.isWellFormed());
    for (const [index, text] of texts.slice(0, 9).entries()) {
      const options = ['--from', `198.18.2.${index}`, '--for', '10m', `--why=${text}`];
      const { stdout } = await scene.system.run(['open', 'game', ...options], { env: { SUDO_USER: text } });
      expect(stdout).not.toContain('\u001b]');
      const event = await heard('grant_issued', ({ data }) => data.grant.source === `198.18.2.${index}`);
      expect(event.data.grant).toMatchObject({ by: text.slice(0, 100), why: text });
      await diaryOf(event);
    }
    await expectNoHarm();
  }, 120_000);

  it('in a configuration that is refused', async () => {
    const { system } = scene;
    const key = `$(touch ${mark}) \`touch ${mark}\` \n\u202e"; touch ${mark}; "`;
    system.writeConfig(`${scene.config}\n${JSON.stringify(key)}: 1\n`);
    try {
      const event = await heard('config_refused', ({ data }) => data.daemon === 'policy');
      expect(event.data.problem).toContain(`$(touch ${mark})`);
      const { message } = await expectTold(event, { tag: 'warning', priorities: [4, 8] });
      expect(message).toMatch(/^policy keeps its last good configuration/);
      const { environment } = await diaryOf(event);
      expect(environment.NFTOGGLE_PROBLEM).toBe(event.data.problem);
    } finally {
      // A daemon that starts finds what the others have kept out.
      system.writeConfig(scene.config);
    }
    await eventually(async () => (await system.status()).policy?.problem === null, { withinMs: 20_000 });
    await expectNoHarm();
  }, 60_000);
});

describe('`nftoggle hooks test`', () => {
  it('delivers an example, marked as one, and says what came of it', async () => {
    for (const name of [...formats, 'diary']) {
      const { stdout } = await scene.system.run(['hooks', 'test', name, '-o', 'json']);
      expect(DeliveryOutcome.parse(JSON.parse(stdout))).toMatchObject({ hook: name, delivered: true });
    }
    const last = (format: Format): string => scene.receiver.of(format).at(-1)?.body ?? '';
    expect(JSON.parse(last('json'))).toMatchObject({ type: 'session_started', test: true });
    expect(last('text')).toMatch(/^test: .* began to use game/);
    for (const format of ['ntfy', 'gotify', 'home_assistant'] as const)
      expect(JSON.parse(last(format))).toMatchObject({ title: expect.stringMatching(/^test: game: /) });
    expect(last('discord')).toContain('**test: game: ');
    expect(last('slack')).toContain('"test: game: ');
    const tests = readdirSync(join(scene.directory, 'out')).filter((name) => name.endsWith('.env'));
    const marked = tests.filter((name) =>
      readFileSync(scene.out(name), 'utf8').includes('NFTOGGLE_TEST=1\0'),
    );
    expect(marked).toHaveLength(1);
  }, 60_000);

  it('ends with 1 and the reason when it does not get there, and with 6 for a hook that is not there', async () => {
    await scene.receiver.tell('broken', 'reset');
    const failed = await scene.system.run(['hooks', 'test', 'broken'], { allowFailure: true });
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/not delivered to broken: [\d.]+:\d+: it broke the connection off/);
    const unknown = await scene.system.run(['hooks', 'test', 'brokn'], { allowFailure: true });
    expect(unknown.code).toBe(6);
    expect(unknown.stderr).toContain('Did you mean "broken"?');
  }, 30_000);
});

const letters = async (): Promise<readonly Omit<DeadLetter, 'event'>[]> => {
  const { stdout } = await scene.system.run(['hooks', 'dead', '-o', 'json']);
  return DeadLetter.omit({ event: true }).array().parse(JSON.parse(stdout));
};

describe('a hook that is not to be delivered to', () => {
  it('leaves dead letters and tells of them, until the receiver is repaired and they are tried again', async () => {
    const [evil = ''] = hostileTexts(mark);
    await scene.receiver.tell('broken', { status: 404, body: `${evil}\r\n\0\u202e` });
    const { grant } = await open('broken', '198.18.3.1');
    const failure = await heard('hook_failed', ({ data }) => data.hook === 'broken');
    const { attempts, letter } = failure.data;
    expect(failure.data.event.type).toBe('grant_issued');
    expect(failure.data.problem).toContain(`answered 404: ${evil}`);
    const { message } = await expectTold(failure, { tag: 'warning', priorities: [4, 8] });
    expect(message).toMatch(/broken.* attempts?: /);
    expect(message).toContain(evil);
    expect((await diaryOf(failure)).environment.NFTOGGLE_PROBLEM).toBe(failure.data.problem);
    expect(scene.receiver.of('broken').filter(({ body }) => body.includes(grant.id))).toHaveLength(attempts);
    expect(await letters()).toMatchObject([{ id: letter, hook: 'broken', attempts }]);

    const early = await scene.system.run(['hooks', 'retry', letter], { allowFailure: true });
    expect(early.code).toBe(1);
    expect(await letters()).toHaveLength(1);
    await scene.receiver.tell('broken', 'accept');
    const late = await scene.system.run(['hooks', 'retry', letter.slice(0, 13)]);
    expect(late.stdout).toMatch(/delivered grant_issued to broken: .*204/);
    expect(await letters()).toEqual([]);
    const posted = scene.receiver.of('broken').at(-1);
    expect(JSON.parse(posted?.body ?? '')).toMatchObject({ id: failure.data.event.id, data: { grant } });
    await expectNoHarm();
  }, 90_000);

  it('does not hold up what is for others', async () => {
    await scene.receiver.tell('broken', 'hang');
    await open('broken', '198.18.3.2');
    await eventually(() => scene.receiver.of('broken').some(({ body }) => body.includes('198.18.3.2')));
    const { grant } = await open('game', '198.18.3.3');
    await diaryOf(await heard('grant_issued', ({ data }) => data.grant.id === grant.id));
    await scene.receiver.tell('broken', 'accept');
    const isDone = ({ body, accepted }: Posted): boolean => accepted && body.includes('198.18.3.2');
    await eventually(() => scene.receiver.of('broken').some(isDone), { withinMs: 20_000 });
    expect(await letters()).toEqual([]);
  }, 60_000);
});

describe('a program', () => {
  it('that hangs is ended with its children, and its event becomes a dead letter', async () => {
    await open('stuck', '198.18.4.1');
    const failure = await heard('hook_failed', ({ data }) => data.hook === 'stuck', 40_000);
    expect(failure.data.problem).toBe(`${scene.directory}/stuck.sh was ended: it took longer than 1 s`);
    const pids = scene.linesOf('stuck.pids').map(Number);
    expect(pids).toHaveLength(3 * failure.data.attempts);
    await eventually(() => !pids.some(isRunning), { withinMs: 10_000 });
    await scene.system.run(['hooks', 'discard', '--all']);
    expect(await letters()).toEqual([]);
  }, 60_000);

  it('whose hooks are killed in the middle runs again, with the same event', async () => {
    const { grant } = await open('patient', '198.18.5.1');
    const [id] = await linesOf('patient.begun', 1, 20_000);
    expect((await heard('grant_issued', ({ data }) => data.grant.id === grant.id)).id).toBe(id);
    const before = scene.system.pidOf('hooks');
    scene.system.kill('hooks');
    await eventually(() => scene.system.pidOf('hooks') !== before, { withinMs: 20_000 });
    // The server waits half a minute for whoever has an event before it gives it to somebody else.
    expect(await linesOf('patient.begun', 2, 60_000)).toEqual([id, id]);
    scene.letGo();
    await linesOf('patient.done', 1, 10_000);
    await eventually(
      async () => {
        const { hooks } = await statusNow(scene.system);
        return hooks?.hooks.find(({ hook }) => hook === 'patient')?.waiting === 0;
      },
      { withinMs: 20_000 },
    );
    expect(new Set(scene.linesOf('patient.done'))).toEqual(new Set([id]));
  }, 120_000);
});
