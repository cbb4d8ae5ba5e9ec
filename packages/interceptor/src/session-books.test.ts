// SPDX-License-Identifier: MIT
// Uses, events and the memory of sessions, in one life and over several.
import { aFlow } from '@nftoggle/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { aDeny, anAllow } from './decision.fixture.ts';
import { aConnection } from './flow.fixture.ts';
import { aSession, network } from './session.fixture.ts';
import { newSessionId } from './session-id.ts';
import { aLife, instant, settled, start } from './session-life.fixture.ts';
import { FakeMemory } from './session-memory.fixture.ts';
import type { OpenSession } from './sessions.ts';

const scenes: ReturnType<typeof aLife>[] = [];
afterEach(async () => void (await Promise.all(scenes.splice(0).map(({ life }) => life.stop()))));

function aScene(...options: Parameters<typeof aLife>) {
  const scene = aLife(...options);
  scenes.push(scene);
  return scene;
}
const mine = (changes: Partial<OpenSession> = {}): OpenSession =>
  aSession({ id: newSessionId(start), since: start, until: start + 600_000, ...changes });
/** Timers of the real clock that are due have fired. */
const written = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('the use of a session', () => {
  it('is told at its end, what was cut with it included', async () => {
    const { sessions, life, world, pass, events } = aScene({ decide: () => aDeny() });
    sessions.open(mine(), start);
    world.flows = [aConnection({ bytes: 50_000 })];
    await pass(1_000);
    world.flows = [aConnection({ bytes: 60_000 })];
    life.review();
    await settled();
    expect(events).toMatchObject([
      {
        type: 'session_ended',
        data: {
          reason: 'revoked',
          cut: 1,
          ended: instant(1_000),
          use: { connections: 1, active: 1, from_source: { bytes: 0 }, to_source: { bytes: 60_000 } },
        },
      },
    ]);
  });

  it('has what the kernel tells of a connection while it is cut', async () => {
    const { sessions, life, world, events } = aScene({ decide: () => aDeny() });
    sessions.open(mine(), start);
    world.flows = [aConnection({ bytes: 1_000 })];
    world.onRemove = () => aConnection({ bytes: 1_500 });
    life.review();
    await settled();
    expect(events).toMatchObject([{ data: { use: { to_source: { bytes: 1_500 } } } }]);
  });

  it('does not go on with connections that were kept', async () => {
    const denial = aDeny({ reason: 'outside_window', rule: 'services.ssh.allow[0]', at_end: 'keep' });
    const { sessions, life, world, pass, events } = aScene({ decide: () => denial });
    sessions.open(mine(), start);
    world.flows = [aConnection({ bytes: 1_000 })];
    life.review();
    await settled();
    world.flows = [aConnection({ bytes: 900_000 })];
    await pass(20_000);
    sessions.open(mine({ id: '000000bbbbbb' }), world.now);
    world.flows = [aConnection({ bytes: 900_100 })];
    world.decide = () => aDeny();
    life.review();
    await settled();
    expect(events.map(({ data }) => data)).toMatchObject([
      { use: { to_source: { bytes: 1_000 } } },
      { use: { to_source: { bytes: 100 } } },
    ]);
  });

  it('is looked at once more when the kernel has lost events', async () => {
    const { sessions, life, world, loseEvents } = aScene();
    const session = mine();
    sessions.open(session, start);
    world.flows = [aConnection({ bytes: 1_000 })];
    loseEvents();
    await written();
    expect(life.useOf(session)).toMatchObject({ connections: 1, to_source: { bytes: 1_000 } });
  });

  it('is looked at no more often than it is worth, however often the kernel loses events', async () => {
    const { sessions, world, loseEvents, pass } = aScene();
    sessions.open(mine({ until: start + 3_600_000 }), start);
    let looks = 0;
    Object.defineProperty(world, 'flows', {
      get: () => {
        looks += 1;
        world.now += 2_000;
        loseEvents();
        return [];
      },
    });
    await pass(10_000);
    expect(looks).toBe(1);
    for (let i = 0; i < 100; i++) loseEvents();
    await written();
    expect(looks, 'a look takes 2 s').toBe(1);
    await pass(26_000);
    expect(looks).toBe(1);
    await pass(15_000);
    expect(looks).toBe(2);
  });

  it('of an address that has a session of its own is none of its prefix', async () => {
    const { sessions, life, world, pass } = aScene();
    const [own, prefix] = [
      mine({ covers: network('2001:db8::7') }),
      mine({ id: '000000bbbbbb', covers: network('2001:db8::/64') }),
    ];
    for (const session of [own, prefix]) sessions.open(session, start);
    world.flows = ['2001:db8::7', '2001:db8::8'].map((source, i) =>
      aConnection({ source, bytes: 100 + i, id: i }),
    );
    await pass(1_000);
    expect([own, prefix].map((session) => life.useOf(session).to_source?.bytes)).toEqual([100, 101]);
  });

  it('costs no look while nobody is in', async () => {
    const { world, pass } = aScene();
    let looks = 0;
    Object.defineProperty(world, 'flows', { get: () => [], set: () => undefined });
    const { flows } = world;
    await pass(10_000);
    Object.defineProperty(world, 'flows', {
      get: () => {
        looks += 1;
        return flows;
      },
    });
    await pass(60_000);
    expect(looks).toBe(0);
  });
});

describe('in the next life, a session', () => {
  /** A life that was killed, or stopped in order, with all that its memory had then. */
  async function killed(session: OpenSession, isOrdered = false) {
    const memory = new FakeMemory();
    const scene = aLife({}, { memory });
    scene.sessions.open(session, start);
    scene.life.started(aFlow(), session);
    scene.world.flows = [aConnection({ bytes: 50_000 })];
    await scene.pass(11_000);
    await written();
    if (isOrdered) await scene.life.stop();
    memory.facts.seen = start + 11_000;
    return { memory, told: scene.events };
  }
  const next = (memory: FakeMemory, ...options: Parameters<typeof aLife>) =>
    aScene(options[0], { memory, isAdopted: true, ...options[1] });

  it('whose time was over, and nobody connected, is told to have ended then', async () => {
    const session = mine({ until: start, bound: 'window_end' });
    const { memory } = await killed({ ...session, until: start + 600_000 });
    const content = memory.read();
    const [record] = content?.sessions ?? [];
    if (record !== undefined)
      memory.put({
        sessions: [
          {
            ...record,
            session: {
              ...record.session,
              since: instant(-60_000),
              until: instant(-5_000),
              bound: 'window_end',
            },
          },
        ],
        untold: [],
      });
    const { events, sessions } = next(memory);
    await written();
    expect(events).toMatchObject([
      {
        type: 'session_ended',
        data: {
          session: session.id,
          reason: 'window_end',
          ended: instant(-5_000),
          cut: 0,
          use: { connections: 1, active: 1, to_source: { bytes: 50_000 } },
        },
      },
    ]);
    expect(sessions.size).toBe(0);
  });

  it('whose time was over, and somebody connected, goes on as the same where policy allows it', async () => {
    const session = mine({ until: start + 11_500, bound: 'session_time' });
    const { memory } = await killed(session);
    const { events, sessions, life, pass, world } = next(
      memory,
      { decide: () => anAllow() },
      { flows: [aConnection({ bytes: 50_700 })], now: start + 20_000 },
    );
    await pass(6_000);
    await written();
    expect(sessions.list()).toMatchObject([
      { id: session.id, since: start, until: world.now - 1_000 + 3_600_000 },
    ]);
    expect(life.useOf(session)).toMatchObject({ connections: 1, to_source: { bytes: 50_700 } });
    expect(events).toEqual([]);
  });

  it('of the same source that asks again before that is settled goes on as the same', async () => {
    const session = mine({ until: start + 11_500 });
    const { memory } = await killed(session);
    const { sessions, world } = next(memory, {}, { flows: [aConnection()], now: start + 20_000 });
    expect(sessions.find('ssh', session.covers, '', world.now)).toBeUndefined();
    expect(sessions.open(mine({ until: world.now + 60_000 }), world.now)).toBe(false);
    expect(sessions.list()).toMatchObject([{ id: session.id, since: start }]);
  });

  it.each([
    ['its table was removed', {}, { isAdopted: false }],
    ['the machine started anew', { isOfThisBoot: false }, { isAdopted: false }],
  ])('ended when it was seen last, if %s', async (_, facts, before) => {
    const session = mine();
    const { memory } = await killed(session, true);
    memory.facts = { ...memory.facts, ...facts };
    const { events } = next(memory, {}, { ...before, now: start + 60_000 });
    await written();
    expect(events).toMatchObject([
      { data: { session: session.id, reason: 'shutdown', ended: instant(11_000), use: { connections: 1 } } },
    ]);
  });

  it('is told of again as long as that is not stored, with the same id, and then no more', async () => {
    const memory = new FakeMemory();
    const first = aLife({}, { memory });
    first.world.isStored = false;
    first.sessions.open(mine(), start);
    first.life.started(aFlow(), mine());
    first.life.endAll();
    await written();
    expect(first.events.map(({ type }) => type)).toEqual(['session_started', 'session_ended']);
    const second = next(memory);
    await written();
    expect(second.events.map(({ identity }) => identity)).toEqual(
      first.events.map(({ identity }) => identity),
    );
    await second.life.stop();
    expect(memory.read()?.untold).toEqual([]);
    const third = next(memory);
    await written();
    expect(third.events).toEqual([]);
  });

  it('is remembered at an ordered stop, and told nothing of', async () => {
    const { memory, told } = await killed(mine(), true);
    expect(told.map(({ type }) => type)).toEqual(['session_started']);
    expect(memory.read()?.sessions).toMatchObject([
      { session: { service: 'ssh', use: { to_source: { bytes: 50_000 } } }, flows: [{ traffic: {} }] },
    ]);
  });

  it.each([
    ['ended with its table', false],
    ['was ended before, and left connections behind', true],
  ])('that %s leaves what it moved to none that goes on with its connections', async (_, isAdopted) => {
    const { memory } = await killed(mine(), true);
    if (isAdopted) memory.put({ sessions: [], untold: [] });
    const { life, sessions, world, pass } = next(
      memory,
      {},
      { flows: [aConnection({ bytes: 60_000 })], isAdopted, now: start + 20_000 },
    );
    // As the connections of a service are that has another mark now: nobody looks before that.
    const session = mine({ id: '000000bbbbbb', until: world.now + 600_000 });
    sessions.open(session, world.now);
    world.flows = [aConnection({ bytes: 60_700 })];
    await pass(11_000);
    expect(life.useOf(session)).toMatchObject({ connections: 1, to_source: { bytes: 700 } });
  });

  it('that ends while the file is written is told of when the next file has that', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const memory = new FakeMemory();
    const write = memory.write.bind(memory);
    memory.write = async (text) => {
      await promise;
      await write(text);
    };
    const { sessions, life, events } = aScene({}, { memory });
    sessions.open(mine(), start);
    await written();
    life.endAll();
    await written();
    expect(events).toEqual([]);
    resolve();
    await settled();
    expect(events, 'the file has the session as a live one').toEqual([]);
    expect(memory.read()).toMatchObject({ sessions: [{}], untold: [] });
    await new Promise((later) => setTimeout(later, 1_100));
    expect(memory.read()).toMatchObject({ sessions: [] });
    expect(events).toMatchObject([{ type: 'session_ended' }]);
  });
});
