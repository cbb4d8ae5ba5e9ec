// SPDX-License-Identifier: MIT
import { cloudEvent, DeadLetters, eventTypes, HookTestReply } from '@nftoggle/contracts';
import { aConfig } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { failed } from './attempt.ts';
import { exampleEvent } from './example-event.ts';
import type { Message } from './formats.ts';
import { aDenial, anEvent, home } from './hook.fixture.ts';
import { aLetter, letterKey } from './letter.ts';
import { LetterDesk } from './letter-desk.ts';
import { MemoryLetters } from './memory-letters.fixture.ts';

const config = aConfig(`
version: 1
node: box
hooks:
  phone: { on: [wake_failed, session_started], webhook: https://ntfy.example/home }
  log: { on: [all], run: [/etc/nftoggle/log.sh] }
`);
const emptyConfig = aConfig('version: 1\nnode: box\n');
const id = (last: number): string => `01938f2e-7b1c-7000-8000-00000000000${last}`;

function scene({ delivered = true, in: inForce = config } = {}) {
  const letters = new MemoryLetters();
  const sent: { readonly hook: string; readonly message: Omit<Message, 'text'> }[] = [];
  const attempt = { ...failed('ntfy.example answered'), delivered, milliseconds: 12.4 };
  const desk = new LetterDesk({
    config: () => inForce,
    letters,
    courier: {
      once: async (hook, message) => {
        sent.push({ hook: hook.name, message });
        return attempt;
      },
    },
    now: () => Date.parse('2026-11-23T17:05:00Z'),
    newId: () => id(9),
  });
  return { letters, sent, desk };
}

async function keepSome(letters: MemoryLetters): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, hook] of ['phone', 'log', 'phone'].entries()) {
    const event = { ...aDenial(), id: id(index) };
    const letter = aLetter(hook, event, {
      at: Date.parse('2026-11-23T18:00:00Z'),
      problem: 'no',
      attempts: 3,
    });
    await letters.put(letterKey(hook, letter.id), letter);
    ids.push(letter.id);
  }
  return ids;
}

describe('examples', () => {
  it.each(eventTypes)('of %s are events by the table, with names of the configuration or without', (type) => {
    for (const each of [home, config, emptyConfig]) {
      const event = exampleEvent(type, each, { id: id(1), now: 0, hook: 'phone' });
      expect(cloudEvent(type).parse(event)).toEqual(event);
      expect(event.source).toBe('/nftoggle/box/hooks');
    }
  });

  it('are about what the configuration has', () => {
    const event = exampleEvent('session_started', home, { id: id(1), now: 0, hook: 'phone' });
    expect(event).toMatchObject({
      subject: 'minecraft',
      data: { service: 'minecraft', destinationPort: 25_565, who: { device: 'console', person: 'leo' } },
    });
  });
});

describe('a test', () => {
  it('sends an example of what the hook is on first, or of what is asked for', async () => {
    const { desk, sent } = scene();
    const reply = await desk.test('phone', undefined);
    expect(HookTestReply.parse(reply)).toEqual({
      hook: 'phone',
      delivered: true,
      detail: 'ntfy.example answered',
      milliseconds: 12,
    });
    await desk.test('phone', 'access_denied');
    expect(sent).toMatchObject([
      { hook: 'phone', message: { test: true, event: { type: 'wake_failed', id: id(9) } } },
      { hook: 'phone', message: { test: true, event: { type: 'access_denied' } } },
    ]);
  });

  it('of what is not there says what there is', async () => {
    const { desk, sent } = scene();
    const unknown = (text: string) => ({ error: 'unknown_hook', message: `There is no hook ${text}` });
    expect(await desk.test('phnoe', undefined)).toEqual(unknown('"phnoe". Did you mean "phone"?'));
    expect(await desk.test('doorbell', undefined)).toEqual(unknown('"doorbell". There are: phone, log.'));
    expect(await scene({ in: emptyConfig }).desk.test('a', undefined)).toEqual(
      unknown('"a". There are none: add one under "hooks".'),
    );
    expect(await desk.test('phone', 'acces_denied')).toEqual({
      error: 'unknown_name',
      message: 'There is no event "acces_denied". Did you mean "access_denied"?',
    });
    expect(await desk.test('phone', '__proto__')).toMatchObject({ error: 'unknown_name' });
    expect(sent).toEqual([]);
  });
});

describe('dead letters', () => {
  it('are listed newest first, of all hooks or of one', async () => {
    const { desk, letters } = scene();
    const ids = await keepSome(letters);
    const all = DeadLetters.parse(await desk.list(undefined, 100));
    expect(all.letters.map((letter) => letter.id)).toEqual(ids.toReversed());
    expect(all.letters[0]).toMatchObject({ hook: 'phone', event: { id: id(2), type: 'access_denied' } });
    expect(await desk.list('phone', 1)).toMatchObject({ letters: [{ id: ids[2] }], total: 2 });
  });

  it('of a hook that is no more are listed as well', async () => {
    const { desk, letters } = scene({ in: emptyConfig });
    await keepSome(letters);
    expect(await desk.list('log', 10)).toMatchObject({ total: 1 });
    expect(await desk.list('other', 10)).toMatchObject({ error: 'unknown_hook' });
    letters.away = Infinity;
    for (const name of ['.', '*', '>', 'log.', 'a b', '\0', '__proto__']) {
      expect(await desk.list(name, 10)).toMatchObject({ error: 'unknown_hook' });
    }
    expect(await scene().desk.list('log', 10)).toEqual({ letters: [], total: 0 });
  });

  it('go when they are delivered, and stay when they are not', async () => {
    const bad = scene({ delivered: false });
    const [first = ''] = await keepSome(bad.letters);
    expect(await bad.desk.retry(first)).toMatchObject({ hook: 'phone', delivered: false });
    expect(bad.letters.kept.size).toBe(3);
    const good = scene();
    await keepSome(good.letters);
    expect(await good.desk.retry(first)).toMatchObject({ hook: 'phone', delivered: true });
    expect(good.sent).toMatchObject([
      { message: { test: false, event: { id: id(0), type: 'access_denied' } } },
    ]);
    expect(good.letters.kept.size).toBe(2);
    expect(await good.desk.retry(first)).toMatchObject({ error: 'unknown_letter' });
  });

  it('are discarded without a try, of hooks that are no more as well', async () => {
    const { desk, letters, sent } = scene({ in: emptyConfig });
    const [first = ''] = await keepSome(letters);
    expect(await desk.retry(first)).toMatchObject({ error: 'unknown_hook' });
    expect(await desk.discard(first)).toEqual({
      hook: 'phone',
      delivered: false,
      detail: 'discarded',
      milliseconds: 0,
    });
    expect(await desk.discard(first)).toMatchObject({ error: 'unknown_letter' });
    expect(sent).toEqual([]);
  });

  it('of another version are told apart', async () => {
    const { desk, letters } = scene();
    const letter = aLetter('phone', anEvent('clock_changed'), { at: 0, problem: 'no', attempts: 1 });
    await letters.put(`phone.${letter.id}`, { ...letter, event: { ...letter.event, type: 'tea_ready' } });
    expect(await desk.retry(letter.id)).toMatchObject({
      delivered: false,
      detail: expect.stringMatching(/discard it$/),
    });
    expect(await desk.list('phone', 10)).toMatchObject({ total: 1 });
  });
});
