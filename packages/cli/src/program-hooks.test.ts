// SPDX-License-Identifier: MIT
// Hooks and what they did not get, as the shell sees it.
import type { DeadLetters } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { type Answers, daemonWith, stateWith } from './fake-daemon.fixture.ts';
import { nftoggle } from './run-program.fixture.ts';
import { letterIds, someHooks, someLetters } from './statistics.fixture.ts';
import { aStatus } from './status.fixture.ts';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

const [newer, older] = letterIds;
const outcome = { hook: 'phone', delivered: true, detail: 'ntfy.example answered 200', milliseconds: 83.4 };
const failure = {
  ...outcome,
  delivered: false,
  detail: 'ntfy.example\u001b[2J answered 503',
  milliseconds: 2_140,
};

const answers: Answers = {
  '/v1/status': [200, aStatus()],
  '/v1/hooks': [200, someHooks()],
  '/v1/hooks/letters': [200, someLetters()],
  'POST /v1/hooks/phone/test': [200, outcome],
};

describe('hooks', () => {
  it('lists them with what waits, what went wrong last, and that events were given up', async () => {
    const state = await stateWith(answers);
    const { code, stdout, stderr } = await nftoggle('hooks', '--state', state);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`HOOK   DELIVERS TO                        DELIVERED  FAILED  WAITING
phone  ntfy.example                           1,212       9        4
  last attempt: ntfy.example answered 503
log    script /etc/nftoggle/hooks/log.sh         40       0        ?

2 events were given up: nftoggle hooks dead
`);
    const json = await nftoggle('hooks', '--json', '--state', state);
    expect(JSON.parse(json.stdout)).toEqual(someHooks());
  });

  it('says so when none is configured', async () => {
    const state = await stateWith({ '/v1/hooks': [200, { ...someHooks(), hooks: [], letters: 0 }] });
    expect(await nftoggle('hooks', '--state', state)).toMatchObject({
      code: 0,
      stdout: 'no hook is configured: nothing is told to anybody\n',
    });
  });

  it('ends with 5 and the words of the daemon when it is silent', async () => {
    const state = await stateWith({ '/v1/hooks': [503, { error: 'no_answer', message: 'It is silent.' }] });
    expect(await nftoggle('hooks', '--state', state)).toMatchObject({
      code: 5,
      stderr: 'nftoggle: It is silent.\n',
    });
  });
});

describe('hooks test', () => {
  it('says what came of an example, and how long it took', async () => {
    const { state, bodies } = await daemonWith(answers);
    const args = ['hooks', 'test', 'phone', '--type', 'access_denied'];
    expect(await nftoggle(...args, '--state', state)).toEqual({
      code: 0,
      stdout: '✓ delivered to phone: ntfy.example answered 200 (83 ms)\n',
      stderr: '',
    });
    await nftoggle('hooks', 'test', 'phone', '--state', state);
    expect(bodies).toEqual([{ type: 'access_denied' }, {}]);
  });

  it('ends with 1 when it did not get there', async () => {
    const state = await stateWith({ 'POST /v1/hooks/phone/test': [200, failure] });
    expect(await nftoggle('hooks', 'test', 'phone', '--state', state)).toMatchObject({
      code: 1,
      stdout: '✗ not delivered to phone: ntfy.example\ufffd[2J answered 503 (2.1 s)\n',
    });
    const json = await nftoggle('hooks', 'test', 'phone', '-o', 'json', '--state', state);
    expect([json.code, JSON.parse(json.stdout)]).toEqual([1, failure]);
  });

  it('waits longer than for other answers: an attempt may take a minute', async () => {
    const state = await stateWith({
      'POST /v1/hooks/phone/test': () =>
        new Promise((resolve) => setTimeout(() => resolve([200, outcome]), 9_000)),
    });
    expect(await nftoggle('hooks', 'test', 'phone', '--state', state)).toMatchObject({ code: 0 });
  }, 20_000);

  it('ends with 6 for a hook that there is not', async () => {
    const refusal = { error: 'unknown_hook', message: 'There is no hook fone.' };
    const state = await stateWith({ 'POST /v1/hooks/fone/test': [404, refusal] });
    expect(await nftoggle('hooks', 'test', 'fone', '--state', state)).toMatchObject({
      code: 6,
      stderr: 'nftoggle: There is no hook fone.\n',
    });
  });
});

describe('hooks dead', () => {
  it('lists dead letters, and what can be done about them', async () => {
    const { state, asked } = await daemonWith(answers);
    const { code, stdout } = await nftoggle('hooks', 'dead', 'phone', '--state', state);
    expect(code).toBe(0);
    expect(stdout).toBe(`2 dead letters (times in Europe/Berlin)
${newer}  phone: access_denied of Mon 23 Nov 18:40
  given up Mon 23 Nov 18:52 after 9 attempts: ntfy.example answered 503: the
  service is down for maintenance until tomorrow morning
${older}  phone: access_denied of Mon 23 Nov 18:40
  given up Mon 23 Nov 18:52 after 8 attempts: ntfy.example answered 503: the
  service is down for maintenance until tomorrow morning
again: nftoggle hooks retry ID (or --all); away: nftoggle hooks discard ID
`);
    expect(asked).toContain('/v1/hooks/letters?limit=30&hook=phone');
    const json = await nftoggle('hooks', 'dead', '--json', '--limit', '2', '--state', state);
    expect(JSON.parse(json.stdout)).toEqual(someLetters().letters);
  });

  it('says so when there is none', async () => {
    const state = await stateWith({ ...answers, '/v1/hooks/letters': [200, { letters: [], total: 0 }] });
    expect(await nftoggle('hooks', 'dead', '--state', state)).toMatchObject({
      code: 0,
      stdout: 'no dead letter: every hook got what it is for\n',
    });
  });
});

/**
 * Letters that are gone once they were delivered or discarded; `fails` says which are not, and `refused` about which
 * the daemon says that there is nothing to be done.
 */
async function desk(
  letters: DeadLetters['letters'],
  fails: (id: string) => boolean = () => false,
  refused: (id: string) => boolean = () => false,
) {
  const kept = new Map(letters.map((letter) => [letter.id, letter]));
  const all = letters.map(({ id }) => id);
  const each = (id: string): Answers => ({
    [`POST /v1/hooks/letters/${id}/retry`]: () => {
      if (refused(id)) return [404, { error: 'unknown_hook', message: 'There is no hook "log".' }];
      if (fails(id)) return [200, failure];
      kept.delete(id);
      return [200, outcome];
    },
    [`DELETE /v1/hooks/letters/${id}`]: () => {
      if (refused(id)) return [404, { error: 'unknown_letter', message: 'It is gone.' }];
      kept.delete(id);
      return [200, outcome];
    },
  });
  const daemon = await daemonWith({
    '/v1/hooks/letters': (_body, query) => {
      const wanted = [...kept.values()].filter(({ hook }) => (query.get('hook') ?? hook) === hook);
      return [200, { letters: wanted.slice(0, 4), total: wanted.length }];
    },
    ...Object.assign({}, ...all.map(each)),
  });
  const tried = () => daemon.asked.filter((one) => one.startsWith('POST')).map((one) => one.split('/')[4]);
  return { ...daemon, left: () => [...kept.keys()], tried };
}

/** Newest first, as the daemon lists them. */
function lettersOf(count: number, hook = 'phone'): DeadLetters['letters'] {
  const [letter] = someLetters().letters;
  if (letter === undefined) throw new TypeError('there is one');
  return Array.from({ length: count }, (_, index) => ({
    ...letter,
    hook,
    id: `${hook === 'phone' ? 'a' : 'b'}${String(count - index).padStart(7, '0')}-3c4d-7e5f-8a6b-9c0d1e2f3a4b`,
  }));
}

describe('hooks retry', () => {
  it('tries one by its id, or by the beginning of it', async () => {
    const { state, left } = await desk(lettersOf(3));
    expect(await nftoggle('hooks', 'retry', 'A0000002', '--state', state)).toEqual({
      code: 0,
      stdout: '✓ delivered access_denied to phone: ntfy.example answered 200 (83 ms)\n',
      stderr: '',
    });
    expect(left()).toHaveLength(2);
    const gone = await nftoggle('hooks', 'retry', 'a0000002', '--state', state);
    expect(gone).toMatchObject({ code: 6, stdout: '' });
    expect(gone.stderr).toContain('there is no dead letter "a0000002": `nftoggle hooks dead` shows them');
    const unclear = await nftoggle('hooks', 'retry', 'a', '--state', state);
    expect(unclear).toMatchObject({ code: 2, stderr: expect.stringContaining('beginning of several') });
  });

  it('tries all of a hook, oldest first, and says what came of them', async () => {
    const { state, left, tried } = await desk([...lettersOf(3), ...lettersOf(1, 'log')], (id) =>
      id.startsWith('a0000002'),
    );
    const { code, stdout } = await nftoggle('hooks', 'retry', '--all', 'phone', '--state', state);
    expect(code).toBe(1);
    expect(tried().map((id) => id?.slice(0, 8))).toEqual(['a0000001', 'a0000002', 'a0000003']);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('2 delivered, 1 failed');
    expect(left().map((id) => id.slice(0, 8))).toEqual(['a0000002', 'b0000001']);
  });

  it('leaves a hook alone that fails again and again, and goes on with the others', async () => {
    const { state, left } = await desk([...lettersOf(1, 'log'), ...lettersOf(3)], (id) => id.startsWith('a'));
    const { code, stdout } = await nftoggle('hooks', 'retry', '--all', '--state', state);
    expect([code, stdout.trimEnd().split('\n').at(-1)]).toEqual([1, '1 delivered, 3 failed']);
    expect(left()).toHaveLength(3);
    const more = await desk(lettersOf(9), () => true);
    const again = await nftoggle('hooks', 'retry', '--all', '--state', more.state);
    expect(more.tried()).toHaveLength(3);
    expect(again.stdout.trimEnd().split('\n').at(-1)).toBe(
      '0 delivered, 3 failed, 6 were not tried: run this again',
    );
  });

  it('goes on with the others when the hook of one is there no more', async () => {
    const letters = [...lettersOf(2), ...lettersOf(1, 'log')];
    const { state, left } = await desk(
      letters,
      () => false,
      (id) => id.startsWith('b'),
    );
    const { code, stdout, stderr } = await nftoggle('hooks', 'retry', '--all', '--state', state);
    expect([code, stdout.trimEnd().split('\n').at(-1)]).toEqual([1, '2 delivered, 1 failed']);
    expect(stderr).toMatch(/^b0000001-.*: There is no hook "log"\.\n$/);
    expect(left()).toHaveLength(1);
    const one = await nftoggle('hooks', 'retry', 'b0000001', '--state', state);
    expect(one).toMatchObject({ code: 6, stderr: 'nftoggle: There is no hook "log".\n' });
  });

  it.each([['retry'], ['discard']])('does nothing without a word about which: %s', async (verb) => {
    const { state, stderr, code } = { state: temporaryDirectory(), ...(await nftoggle('hooks', verb)) };
    expect(state).toBeDefined();
    expect([code, stderr]).toEqual([2, expect.stringContaining('or --all')]);
  });
});

describe('hooks discard', () => {
  it('throws one away', async () => {
    const { state, left } = await desk(lettersOf(2));
    expect(await nftoggle('hooks', 'discard', 'a0000001', '--state', state)).toMatchObject({
      code: 0,
      stdout: 'discarded 1 dead letter\n',
    });
    expect(left()).toHaveLength(1);
  });

  it('throws the others away when somebody else takes one, and comes to an end', async () => {
    const { state, left } = await desk(
      lettersOf(9),
      () => false,
      (id) => id.startsWith('a0000008'),
    );
    expect(await nftoggle('hooks', 'discard', '--all', '--state', state)).toMatchObject({
      code: 0,
      stdout: 'discarded 8 dead letters\n',
    });
    expect(left()).toHaveLength(1);
    expect(await nftoggle('hooks', 'discard', 'a0000008', '--state', state)).toMatchObject({ code: 6 });
  });

  it('throws all of a hook away, however many there are', async () => {
    const { state, left } = await desk([...lettersOf(10), ...lettersOf(2, 'log')]);
    expect(await nftoggle('hooks', 'discard', '--all', 'phone', '--state', state)).toMatchObject({
      code: 0,
      stdout: 'discarded 10 dead letters\n',
    });
    expect(left()).toHaveLength(2);
    expect(await nftoggle('hooks', 'discard', '--all', '--state', state)).toMatchObject({
      stdout: 'discarded 2 dead letters\n',
    });
  });
});
