// SPDX-License-Identifier: MIT
import { type CloudEvent, DeadLetter, type EventData } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { type Attempt, failed } from './attempt.ts';
import type { Clock } from './clock.ts';
import { Courier } from './courier.ts';
import { aDenial, aHook, anEvent, eventTime } from './hook.fixture.ts';
import { letterId } from './letter.ts';
import { MemoryLetters } from './memory-letters.fixture.ts';

const ok: Attempt = { delivered: true, detail: 'answered 204', refused: false, retryAfter: null };
const no = failed('answered 500');
const refused: Attempt = { ...failed('answered 404'), refused: true };

/** Time passes by sleeping alone, at once. */
class Scene implements Clock {
  readonly letters = new MemoryLetters();
  readonly published: { readonly data: EventData<'hook_failed'>; readonly letter: DeadLetter }[] = [];
  readonly attempts: Attempt[] = [];
  readonly sleeps: number[] = [];
  readonly problems: string[] = [];
  /** Attempts that were counted. */
  counted = 0;
  dead = 0;
  wall = Date.parse(eventTime);
  #elapsed = 0;
  onSleep: () => void = () => undefined;
  deliver: (event: CloudEvent, signal: AbortSignal) => Promise<Attempt> = async () =>
    this.attempts.shift() ?? ok;
  publish: () => Promise<unknown> = async () => true;

  readonly courier = new Courier({
    deliver: (_, { event }, signal) => this.deliver(event, signal),
    letters: this.letters,
    publishFailed: (data, letter) => {
      this.published.push({ data, letter });
      return this.publish();
    },
    timezone: () => 'Europe/Berlin',
    clock: this,
    random: () => 1,
    onAttempt: () => {
      this.counted += 1;
    },
    onDead: () => {
      this.dead += 1;
    },
    onProblem: (problem) => this.problems.push(problem),
  });

  now(): number {
    return this.wall;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.onSleep();
    signal.throwIfAborted();
    this.sleeps.push(milliseconds);
    this.wall += milliseconds;
    this.#elapsed += milliseconds;
  }

  fails(times: number, attempt = no): this {
    this.attempts.push(...Array.from({ length: times }, () => attempt));
    return this;
  }
}

const open = (): AbortSignal => new AbortController().signal;

describe('an event', () => {
  it('is tried until it is delivered', async () => {
    const scene = new Scene().fails(4);
    await scene.courier.carry(aHook(), aDenial(), open());
    expect(scene.sleeps).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(scene).toMatchObject({ counted: 5, dead: 0 });
  });

  it('is kept as a letter when it is too old, and an event tells so', async () => {
    const scene = new Scene().fails(1_000);
    const event = aDenial();
    await scene.courier.carry(aHook({ retryFor: 10 }), event, open());
    expect(scene.sleeps).toEqual([1_000, 2_000, 4_000, 3_000]);
    const id = letterId('phone', event.id);
    const letter = scene.letters.kept.get(`phone.${id}`);
    expect(DeadLetter.parse(letter)).toEqual({
      id,
      hook: 'phone',
      at: '2026-11-23T17:05:10.000Z',
      problem: 'answered 500',
      attempts: 5,
      event,
    });
    const told = { hook: 'phone', letter: id, problem: 'answered 500', attempts: 5 };
    expect(scene.published).toEqual([
      { data: { ...told, event: { id: event.id, type: 'access_denied' } }, letter },
    ]);
  });

  it('that is refused again and again for a minute is given up', async () => {
    const scene = new Scene().fails(5, refused).fails(1).fails(9, refused);
    await scene.courier.carry(aHook(), aDenial(), open());
    // Five within 16 s, one that is another failure, and three with 64 and 128 s between them.
    expect(scene).toMatchObject({ counted: 9, dead: 1 });
  });

  it('that is refused by a receiver that is being started again is delivered', async () => {
    const scene = new Scene().fails(6, refused);
    await scene.courier.carry(aHook(), aDenial(), open());
    expect(scene).toMatchObject({ counted: 7, dead: 0 });
  });

  it('that is too old from the beginning gets one attempt', async () => {
    const scene = new Scene().fails(1);
    scene.wall += 3_600_001;
    await scene.courier.carry(aHook(), aDenial(), open());
    expect(scene).toMatchObject({ counted: 1, dead: 1, sleeps: [] });
    const delivered = new Scene();
    delivered.wall += 3_600_001;
    await delivered.courier.carry(aHook(), aDenial(), open());
    expect(delivered).toMatchObject({ counted: 1, dead: 0 });
  });

  it('is not tried for ever though the clock is put back again and again', async () => {
    const scene = new Scene().fails(10_000);
    scene.onSleep = () => {
      scene.wall = Date.parse('2020-01-01T00:00:00Z');
    };
    await scene.courier.carry(aHook({ retryFor: 600 }), aDenial(), open());
    expect(scene.counted).toBeLessThan(15);
    expect(scene.dead).toBe(1);
  });

  it('about the failure of another hook is kept, and nothing is told', async () => {
    const scene = new Scene().fails(3);
    await scene.courier.carry(aHook({ retryFor: 0, name: 'other' }), anEvent('hook_failed'), open());
    expect(scene.letters.kept.size).toBe(1);
    expect(scene.published).toEqual([]);
  });

  it('that no delivery can cope with is a failure like any other', async () => {
    const scene = new Scene();
    scene.deliver = () => {
      throw new TypeError('a fault');
    };
    await scene.courier.carry(aHook({ retryFor: 0 }), aDenial(), open());
    expect([...scene.letters.kept.values()][0]).toMatchObject({ problem: 'a fault', attempts: 3 });
  });
});

describe('a letter', () => {
  it('is tried to be kept until it is: nothing is acknowledged before', async () => {
    const scene = new Scene().fails(3);
    scene.letters.away = 5;
    await scene.courier.carry(aHook({ retryFor: 0 }), aDenial(), open());
    expect(scene.sleeps.slice(2)).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
    expect(scene.problems[0]).toBe('a dead letter of phone is not kept yet: the bus is not connected');
    expect(scene.letters.kept.size).toBe(1);
    scene.fails(3).letters.full = 2;
    scene.sleeps.length = 0;
    await scene.courier.carry(aHook({ retryFor: 0, name: 'other' }), aDenial(), open());
    expect(scene.sleeps).toEqual([500, 1_000]);
    expect(scene.letters.kept.size).toBe(2);
  });

  it('of an event that comes again, since we died in between, is the same letter and the same event', async () => {
    const scene = new Scene().fails(3);
    await scene.courier.carry(aHook({ retryFor: 0 }), aDenial(), open());
    scene.fails(1);
    scene.wall += 60_000;
    await scene.courier.carry(aHook({ retryFor: 0 }), aDenial(), open());
    expect(scene.letters.kept.size).toBe(1);
    const [first, second] = scene.published;
    expect(second?.letter).toMatchObject({ id: first?.letter.id, at: first?.letter.at });
  });

  it('fits into a message, however long the event was', async () => {
    const scene = new Scene().fails(3);
    const event = anEvent('config_refused', { problem: '\u{1f44d}'.repeat(60_000) });
    await scene.courier.carry(aHook({ retryFor: 0 }), event, open());
    const [letter] = scene.letters.kept.values();
    expect(Buffer.byteLength(JSON.stringify(letter))).toBeLessThan(20_000);
    expect(letter?.event).toMatchObject({ id: event.id, data: { problem: expect.stringMatching(/…$/) } });
  });

  it('has an id of its own for each hook and event, which is a UUID', () => {
    const ids = ['a', 'b'].flatMap((hook) => ['1', '2'].map((event) => letterId(hook, event)));
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(DeadLetter.shape.id.safeParse(id).success).toBe(true);
    expect(letterId('a', '1')).toBe(ids[0]);
  });
});

describe('when it is time to stop', () => {
  it('an event that waits is left, to come again', async () => {
    const scene = new Scene().fails(9);
    const controller = new AbortController();
    scene.onSleep = () => controller.abort();
    await expect(scene.courier.carry(aHook(), aDenial(), controller.signal)).rejects.toThrow();
    expect(scene).toMatchObject({ counted: 1, dead: 0 });
  });

  it('an attempt that is under way may finish', async () => {
    const scene = new Scene();
    const controller = new AbortController();
    scene.deliver = async (_, signal) => {
      controller.abort();
      await Promise.resolve();
      return signal.aborted ? no : ok;
    };
    await scene.courier.carry(aHook(), aDenial(), controller.signal);
    expect(scene.counted).toBe(1);
  });

  it('an attempt that takes longer is broken off, and does not count', async () => {
    const scene = new Scene();
    const controller = new AbortController();
    scene.deliver = (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(no));
        controller.abort();
      });
    await expect(scene.courier.carry(aHook(), aDenial(), controller.signal)).rejects.toThrow();
    expect(scene).toMatchObject({ counted: 0, dead: 0 });
    expect(scene.letters.kept.size).toBe(0);
  });

  it('a letter that cannot be kept is left with its event', async () => {
    const scene = new Scene().fails(3);
    scene.letters.away = Infinity;
    const controller = new AbortController();
    scene.onSleep = () => {
      if (scene.counted === 3) controller.abort();
    };
    await expect(scene.courier.carry(aHook({ retryFor: 0 }), aDenial(), controller.signal)).rejects.toThrow();
    expect(scene.dead).toBe(0);
  });

  it('nobody waits for a bus that is away', async () => {
    const scene = new Scene().fails(3);
    const controller = new AbortController();
    scene.publish = () => {
      controller.abort();
      return new Promise(() => undefined);
    };
    await expect(scene.courier.carry(aHook({ retryFor: 0 }), aDenial(), controller.signal)).rejects.toThrow();
    expect(scene.letters.kept.size).toBe(1);
  });
});
