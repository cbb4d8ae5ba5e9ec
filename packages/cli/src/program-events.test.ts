// SPDX-License-Identifier: MIT
// `nftoggle events` as the shell sees it, around a daemon that stalls, ends and comes back.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { CloudEvent } from '@nftoggle/contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { anEvent } from './event.fixture.ts';
import { type Answers, daemonWith, stateWith } from './fake-daemon.fixture.ts';
import { nftoggle } from './run-program.fixture.ts';
import { aStatus } from './status.fixture.ts';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

const refused = (n: number): CloudEvent => anEvent('access_denied', n, { count: n });
const upTo = (last: number): CloudEvent[] => Array.from({ length: last }, (_, index) => refused(index + 1));
const noStats = [
  503,
  { error: 'no_answer', message: 'The stats daemon, which keeps what happened, does not answer.' },
] as const;

/** A daemon of its own: what it has stored, what it heard a moment ago, and who follows it. */
async function anApi(
  stored: readonly CloudEvent[] | null,
  recent: readonly CloudEvent[] = [],
  state?: string,
) {
  const followers: ServerResponse[] = [];
  const kept = stored === null ? null : [...stored];
  const answers: Answers = {
    '/v1/status': [200, aStatus()],
    '/v1/events': (_body, query) => {
      if (kept === null) return noStats;
      const since = Date.parse(query.get('from') ?? '') || 0;
      const wanted = kept.filter(({ time }) => Date.parse(time) >= since).toReversed();
      const first = Number(query.get('after') ?? 0);
      // Pages may be shorter than what was asked for.
      const end = first + Math.min(3, Number(query.get('limit')));
      return [200, { events: wanted.slice(first, end), next: end < wanted.length ? String(end) : null }];
    },
    '/v1/events/stream': {
      stream: (response, query) => {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' });
        const since = Date.parse(query.get('from') ?? '') || 0;
        for (const event of recent)
          if (Date.parse(event.time) >= since) response.write(`${JSON.stringify(event)}\n`);
        response.write('\n');
        followers.push(response);
      },
    },
  };
  const daemon = await daemonWith(answers, state);
  const publish = (event: CloudEvent): void => {
    kept?.push(event);
    for (const follower of followers) follower.write(`${JSON.stringify(event)}\n`);
  };
  return { ...daemon, followers, publish };
}

function start(state: string, ...args: readonly string[]) {
  const main = join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, [main, 'events', ...args, '--state', state]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const seen = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (data) => {
      seen[name] += data;
    });
  /** The numbers of the events that it has shown. */
  const numbers = (): number[] =>
    [...seen.stdout.matchAll(/, (\d+) packets:|66 \(FR\): /g)].map(([, n = '1']) => Number(n));
  return { child, seen, numbers };
}

const patience = 10_000;

describe('events', () => {
  it('shows the last ones, oldest first, with their day above them', async () => {
    const { state, asked } = await anApi([...upTo(3), anEvent('wake_ready', 86_400)]);
    const { code, stdout, stderr } = await nftoggle('events', '--state', state);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`Mon 23 Nov 2026 (Europe/Berlin)
18:40:06  refused    ssh: 203.0.113.66 (FR): no rule lets it in
18:40:07  refused    ssh: 203.0.113.66 (FR), 2 packets: no rule lets it in
18:40:08  refused    ssh: 203.0.113.66 (FR), 3 packets: no rule lets it in
Tue 24 Nov 2026 (Europe/Berlin)
18:40:05  wake       nas is ready for minecraft after 12.4 s
`);
    expect(asked).toContain('/v1/events?from=10y&limit=20');
  });

  it('passes on what is wanted, and gives scripts an event a line', async () => {
    const { state, asked } = await anApi(upTo(5));
    const types = ['--type', 'access_denied', '--type', 'wake_ready'];
    const args = ['events', ...types, '--service', 'ssh', '--since', '1h', '--limit', '2', '--json'];
    const { code, stdout } = await nftoggle(...args, '--state', state);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([refused(4), refused(5)]);
    expect(asked).toEqual(['/v1/events?type=access_denied&type=wake_ready&service=ssh&from=1h&limit=2']);
  });

  it('says so when there is nothing, and when there is more than it shows', async () => {
    const empty = await anApi([]);
    const nothing = await nftoggle('events', '--state', empty.state);
    expect(nothing).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'nftoggle: nothing happened that is kept\n',
    });
    const { state } = await anApi(upTo(1_001));
    const much = await nftoggle('events', '--since', '7d', '--state', state);
    expect(much.stderr).toContain('these are the newest 1000');
    expect(much.stdout.trimEnd().split('\n')).toHaveLength(1_001);
  });

  it.each([
    [['--type', 'session_open'], 'Allowed choices are session_started'],
    [['--limit', 'many'], '--limit: "many" is not a number from 0 to 10000'],
    [['--limit', '10001'], 'is not a number'],
  ])('ends with 2 for %j', async (args, message) => {
    const result = await nftoggle('events', ...args, '--state', temporaryDirectory());
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it('ends with 5 when stats is silent', async () => {
    const { state } = await anApi(null);
    const { code, stderr } = await nftoggle('events', '--state', state);
    expect([code, stderr]).toEqual([
      5,
      'nftoggle: The stats daemon, which keeps what happened, does not answer.\n',
    ]);
  });
});

describe('events -f', () => {
  it('goes on from the past to the present without a gap and without doubles', async () => {
    // The fifth is not stored yet, and the sixth comes while the past is asked for.
    const api = await anApi(upTo(4), [refused(3), refused(4), refused(5)]);
    const { child, seen, numbers } = start(api.state, '-f', '--limit', '4');
    await vi.waitFor(() => expect(api.followers).toHaveLength(1), patience);
    api.publish(refused(6));
    await vi.waitFor(() => expect(numbers().at(-1)).toBe(6), patience);
    api.publish(refused(7));
    api.publish(refused(7));
    api.publish(refused(8));
    await vi.waitFor(() => expect(numbers().at(-1)).toBe(8), patience);
    expect(numbers().slice(-6)).toEqual([3, 4, 5, 6, 7, 8]);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(seen.stderr).toBe('');
  });

  it('shows nothing of the past with --limit 0', async () => {
    const api = await anApi(upTo(4), upTo(4));
    const { child, seen } = start(api.state, '-f', '--limit', '0', '--json');
    await vi.waitFor(() => expect(api.followers).toHaveLength(1), patience);
    api.publish(refused(5));
    await vi.waitFor(() => expect(seen.stdout).toBe(`${JSON.stringify(refused(5))}\n`), patience);
    child.kill('SIGINT');
    await once(child, 'close');
    expect(api.asked).toEqual(['/v1/events/stream']);
  });

  it('waits for a daemon that ends, and makes up for what it missed', async () => {
    const api = await anApi(upTo(2));
    const { child, seen, numbers } = start(api.state, '-f');
    await vi.waitFor(() => expect(numbers()).toEqual([1, 2]), patience);
    await api.stop();
    await vi.waitFor(() => expect(seen.stderr).toContain('waiting until it is back\n'), patience);
    const again = await anApi(upTo(12), [refused(12), refused(13)], api.state);
    await vi.waitFor(() => expect(numbers().at(-1)).toBe(13), patience);
    again.publish(refused(14));
    await vi.waitFor(() => expect(numbers().at(-1)).toBe(14), patience);
    expect(numbers()).toEqual(Array.from({ length: 14 }, (_, index) => index + 1));
    expect(seen.stderr).toBe(
      'nftoggle: the connection to the daemon broke off; waiting until it is back\nnftoggle: it is back\n',
    );
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('can be left while it waits', async () => {
    const api = await anApi(upTo(2));
    const { child, seen, numbers } = start(api.state, '-f');
    await vi.waitFor(() => expect(numbers()).toEqual([1, 2]), patience);
    for (const follower of api.followers) follower.end();
    await api.stop();
    await vi.waitFor(() => expect(seen.stderr).toContain('the daemon has ended; waiting'), patience);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('says when stats is silent, and follows all the same', async () => {
    const api = await anApi(null, [refused(1)]);
    const { child, seen, numbers } = start(api.state, '-f');
    await vi.waitFor(() => expect(numbers()).toEqual([1]), patience);
    api.publish(refused(2));
    await vi.waitFor(() => expect(numbers()).toEqual([1, 2]), patience);
    expect(seen.stderr).toMatch(/^nftoggle: stats does not answer: of the past, only .*\n$/);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('ends without a word when nobody reads any more', async () => {
    const api = await anApi(upTo(1));
    const { child, seen, numbers } = start(api.state, '-f');
    await vi.waitFor(() => expect(numbers()).toEqual([1]), patience);
    child.stdout.destroy();
    const ended = once(child, 'close');
    let n = 2;
    const chatter = setInterval(() => api.publish(refused(n++)), 20);
    expect(await ended).toEqual([0, null]);
    clearInterval(chatter);
    expect(seen.stderr).toBe('');
  });

  it('ends with 5 when nobody is there to begin with', async () => {
    expect(await nftoggle('events', '-f', '--json', '--state', temporaryDirectory())).toMatchObject({
      code: 5,
      stderr: 'nftoggle is not running here: start it with `nftoggle up`\n',
    });
  });

  it('ends with the words of the daemon when that refuses to be followed', async () => {
    const state = await stateWith({
      '/v1/status': [200, aStatus()],
      '/v1/events/stream': [422, { error: 'wrong_time', message: 'from: "x" is not a moment.' }],
    });
    expect(await nftoggle('events', '-f', '--since', 'x', '--state', state)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'nftoggle: from: "x" is not a moment.\n',
    });
  });
});
