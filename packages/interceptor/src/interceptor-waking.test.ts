// SPDX-License-Identifier: MIT
// Packets that wait for a machine: who wakes one, who waits how long, and what they are let in by.
import { NoAnswerError } from '@nftoggle/bus';
import type { Decision, EventData, EventType, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { aConfig } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { aDeny, anAllow } from './decision.fixture.ts';
import { FakeTime, settled } from './fake-time.fixture.ts';
import { Interceptor } from './interceptor.ts';
import { Links } from './links.ts';
import { Marks } from './marks.ts';
import { aPacket } from './packet.fixture.ts';
import type { FlowPacket } from './questions.ts';
import { FakeQueue } from './queue/fake-queue.ts';
import { repeatWindow } from './recent-denials.ts';
import { aSession, FakeSets, network } from './session.fixture.ts';
import { sessionStarted } from './session-new.ts';
import { Sessions } from './sessions.ts';
import { deviceToWake } from './wake-target.ts';
import { FakeWol } from './waking.fixture.ts';
import { Waking } from './waking.ts';

const config = `
version: 1
limits: { held: 100, waking: 80 }
devices:
  nas: { mac: "00:11:32:aa:bb:cc", address: [192.168.1.20, "fd00:1::20"], wake: { timeout: 90s } }
  attic: { mac: "00:11:32:aa:bb:cd", address: 192.168.1.30, wake: { timeout: 10s } }
services:
  files: { ports: [445-446/tcp, 445/udp], to: [nas, attic], open_for: 1h, fallback: allow, allow: [any] }
  ssh: { ports: [22/tcp], open_for: 1h, allow: [any] }
`;
const services = ['files', 'ssh'];
const marks = new Marks(0xfff0_0000);
const silence = new NoAnswerError('nobody');

/** An interceptor whose policy says at once what `word` is, and whose devices sleep until they are booted. */
function setUp(yamlText = config) {
  const time = new FakeTime(Date.parse('2026-01-05T12:00:00Z'));
  const clock = { now: time.now, wall: time.now };
  const wol = new FakeWol(time);
  const loaded = aConfig(yamlText);
  const sets = new FakeSets();
  const sessions = new Sessions(sets, 64);
  const asked: Flow[] = [];
  const events: { type: EventType; data: EventData<EventType> }[] = [];
  const policy: { word: Partial<Decision> | Error } = { word: {} };
  const log = { debug: () => undefined, warn: () => undefined } as unknown as Logger;
  const interceptor = new Interceptor({
    guard: { marks, serviceOf: (mark) => services[marks.indexOf(mark) - 1], takeCounts: () => new Map() },
    sessions,
    links: new Links(),
    config: () => loaded,
    decide: async (flow) => {
      asked.push(flow);
      if (policy.word instanceof Error) throw policy.word;
      const isAllowed = (policy.word.decision ?? 'allow') === 'allow';
      return anAllow({ ...policy.word, wake: isAllowed ? deviceToWake(flow, loaded) : null });
    },
    waking: new Waking({ wake: wol.wake, now: time.now, after: time.after, log }),
    inFlight: () => 0,
    onAnswered: () => undefined,
    onStarted: (flow, session) =>
      events.push({ type: 'session_started', data: sessionStarted(flow, session, clock) }),
    publish: (type, data) => events.push({ type, data }),
    log,
    clock,
  });
  const queue = new FakeQueue('known', interceptor, time.now);
  let ids = 0;
  /** Packets to the files of the NAS; returns their numbers. */
  const arrive = async (...packets: Partial<FlowPacket>[]): Promise<number[]> => {
    const all = packets.map((changes) =>
      aPacket({ id: ++ids, destination: '192.168.1.20', destinationPort: 445, ...changes }),
    );
    queue.arrive(...all);
    await settled();
    return all.map(({ id }) => id);
  };
  const verdict = (id: number | undefined) => queue.verdicts.get(id ?? 0)?.verdict;
  const reasons = () => events.map(({ data }) => 'reason' in data && data.reason);
  return { time, wol, sets, sessions, asked, events, reasons, policy, interceptor, queue, arrive, verdict };
}

describe('a packet for a machine that sleeps', () => {
  it('waits until the machine is ready, and its session is in the kernel before it goes', async () => {
    const { time, wol, arrive, verdict, queue, sets, reasons, interceptor } = setUp();
    const [id] = await arrive({});
    await time.pass(25_000);
    expect(verdict(id)).toBe(undefined);
    expect(interceptor.questions.waking).toBe(1);
    expect(sets.names).toEqual([]);
    const before = queue.accept.bind(queue);
    queue.accept = (...given) => {
      expect(sets.names).toContain('v4_files cb007142');
      return before(...given);
    };
    wol.boot('nas');
    await settled();
    expect(queue.verdicts.get(id ?? 0)).toEqual({ verdict: 'accept', mark: marks.opened(1) });
    expect(reasons()).toEqual(['rule_allows']);
    expect(interceptor.questions.waking).toBe(0);
  });

  it('goes as its newest copy, whatever was sent meanwhile, and asks policy twice', async () => {
    const { time, wol, arrive, verdict, asked, interceptor } = setUp();
    const ids: (number | undefined)[] = [];
    for (let copy = 0; copy < 6; copy++) {
      ids.push(...(await arrive({})));
      await time.pass(2_000);
    }
    wol.boot('nas');
    await settled();
    expect(ids.map(verdict)).toEqual(['drop', 'drop', 'drop', 'drop', 'drop', 'accept']);
    expect(asked).toHaveLength(2);
    expect(interceptor.counts).toMatchObject({ packets: 6, allowed: 1, replaced: 5, denied: 0 });
  });

  it('takes all datagrams of its source with it, up to a bound', async () => {
    const { wol, arrive, verdict, reasons } = setUp(config.replace('waking: 80', 'waking: 100'));
    const ids = await arrive(
      ...Array.from({ length: 70 }, () => ({ protocol: 'udp' as const, sequence: 0 })),
    );
    wol.boot('nas');
    await settled();
    expect(ids.map(verdict).filter((each) => each === 'accept')).toHaveLength(64);
    expect(ids.slice(0, 64).map(verdict)).not.toContain('drop');
    expect(reasons()).toEqual(['waking_overload', 'rule_allows']);
  });

  it('waits no longer than its device may take, and is told why', async () => {
    const { time, arrive, verdict, reasons, sessions } = setUp();
    const [id] = await arrive({ destination: '192.168.1.30' });
    await time.pass(9_999);
    expect(verdict(id)).toBe(undefined);
    await time.pass(1);
    expect(verdict(id)).toBe('drop');
    expect(reasons()).toEqual(['wake_failed']);
    expect(sessions.list()).toEqual([]);
  });

  it('passes at once when it is sent again and the machine is up by then', async () => {
    const { time, wol, arrive, verdict } = setUp();
    await arrive({ destination: '192.168.1.30' });
    await time.pass(10_000);
    wol.boot('attic');
    const [again] = await arrive({ destination: '192.168.1.30' });
    expect(verdict(again)).toBe('accept');
  });

  it('is dropped when wol gives up', async () => {
    const { wol, arrive, verdict, reasons } = setUp();
    const [id] = await arrive({});
    wol.giveUp('nas');
    await settled();
    expect(verdict(id)).toBe('drop');
    expect(reasons()).toEqual(['wake_failed']);
  });

  it('lets nobody wait who wants another machine, another port or another service', async () => {
    const { wol, arrive, verdict } = setUp();
    const [slow] = await arrive({});
    wol.boot('attic');
    const others = await arrive(
      { destination: '192.168.1.30' },
      { mark: marks.asked(2), destination: '203.0.113.1', destinationPort: 22 },
    );
    expect(others.map(verdict)).toEqual(['accept', 'accept']);
    expect(verdict(slow)).toBe(undefined);
  });

  it('stays while wol is away, and goes when it is back', async () => {
    const { time, wol, arrive, verdict } = setUp();
    wol.mood = 'gone';
    const [id] = await arrive({});
    await time.pass(30_000);
    expect(verdict(id)).toBe(undefined);
    wol.mood = 'well';
    wol.boot('nas');
    await time.pass(500);
    expect(verdict(id)).toBe('accept');
  });

  it('does no harm when the kernel threw it away meanwhile', async () => {
    const { time, wol, arrive, queue, interceptor } = setUp();
    await arrive({});
    await time.pass(1);
    queue.expire(0);
    wol.boot('nas');
    await settled();
    expect(interceptor.questions).toMatchObject({ held: 0, waking: 0 });
  });
});

describe('what somebody may do', () => {
  it('comes before what wakes: ten thousand who may not wake nothing', async () => {
    const { wol, policy, arrive, interceptor } = setUp();
    policy.word = aDeny();
    for (let batch = 0; batch < 100; batch++) {
      const numbers = Array.from({ length: 100 }, (_, i) => batch * 100 + i);
      await arrive(
        ...numbers.map((n) => ({ source: `198.18.${n >> 8}.${n & 0xff}`, destinationPort: 445 + (n % 2) })),
      );
    }
    expect(interceptor.counts).toMatchObject({ packets: 10_000, denied: 10_000 });
    expect(wol.requests).toEqual([]);
  });

  it('is asked again after a wait: a window may have closed', async () => {
    const { time, wol, policy, arrive, verdict, reasons } = setUp();
    const [id] = await arrive({});
    await time.pass(1_500);
    policy.word = aDeny({ reason: 'outside_window' });
    wol.boot('nas');
    await settled();
    expect(verdict(id)).toBe('drop');
    expect(reasons()).toEqual(['outside_window']);
  });

  it('is not asked again after a moment', async () => {
    const { time, wol, policy, arrive, verdict, asked } = setUp();
    const [id] = await arrive({});
    await time.pass(900);
    policy.word = aDeny();
    wol.boot('nas');
    await settled();
    expect(verdict(id)).toBe('accept');
    expect(asked).toHaveLength(1);
  });

  it('is the fallback where policy is silent, which waits for the machine like a decision', async () => {
    const { wol, policy, arrive, verdict } = setUp();
    policy.word = silence;
    const [id] = await arrive({});
    expect(verdict(id)).toBe(undefined);
    wol.boot('nas');
    await settled();
    expect(verdict(id)).toBe('accept');
  });

  it('is denied for a moment at every port of the service without a question, and anew after that', async () => {
    const { time, policy, arrive, asked } = setUp();
    policy.word = aDeny();
    await arrive({});
    await arrive({ destinationPort: 446 }, { destination: '192.168.1.30' });
    expect(asked).toHaveLength(1);
    await time.pass(repeatWindow);
    await arrive({ destinationPort: 446 });
    expect(asked).toHaveLength(2);
  });
});

describe('a source that has a session', () => {
  const inside = () => {
    const all = setUp();
    const covers = network('203.0.113.66');
    all.sessions.adopt(aSession({ service: 'files', covers, until: all.time.now() + 3_600_000 }));
    return all;
  };

  it('waits for the machine like everybody, and policy is not asked', async () => {
    const { time, wol, arrive, verdict, asked, events } = inside();
    const [id] = await arrive({});
    await time.pass(8_000);
    expect(verdict(id)).toBe(undefined);
    wol.boot('nas');
    await settled();
    expect(verdict(id)).toBe('accept');
    expect(asked).toEqual([]);
    expect(events).toEqual([]);
  });

  it('costs one question to wol for all connections of a moment', async () => {
    const { time, wol, arrive, verdict } = inside();
    wol.boot('nas');
    const burst = await arrive(...Array.from({ length: 50 }, (_, sourcePort) => ({ sourcePort })));
    const later = await arrive({ sourcePort: 7_000 });
    expect([...burst, ...later].map(verdict)).not.toContain(undefined);
    expect(wol.requests).toHaveLength(1);
    await time.pass(1_000);
    await arrive({ sourcePort: 7_001 });
    expect(wol.requests).toHaveLength(2);
  });

  it('is asked about when its session ended while it waited', async () => {
    const { time, wol, policy, sessions, arrive, verdict, asked } = inside();
    const [id] = await arrive({});
    await time.pass(500);
    for (const session of sessions.list()) sessions.forget(session);
    policy.word = aDeny();
    wol.boot('nas');
    await settled();
    expect(verdict(id)).toBe('drop');
    expect(asked).toHaveLength(1);
  });

  it('needs no machine for a service that wakes none', async () => {
    const { wol, sessions, time, arrive, verdict } = inside();
    sessions.adopt(aSession({ covers: network('203.0.113.66'), until: time.now() + 1_000 }));
    const [id] = await arrive({ mark: marks.asked(2), destination: '203.0.113.1', destinationPort: 22 });
    expect(verdict(id)).toBe('accept');
    expect(wol.requests).toEqual([]);
  });
});

describe('packets that wait for machines', () => {
  const sources = (count: number, destination: string) =>
    Array.from({ length: count }, (_, i) => ({ source: `198.18.0.${i}`, destination }));

  it('are bounded, and one machine leaves room for the others', async () => {
    const { wol, arrive, interceptor, reasons, verdict } = setUp();
    await arrive(...sources(70, '192.168.1.30'));
    expect(interceptor.questions).toMatchObject({ waking: 60, held: 60, wakingLimit: 80 });
    expect(new Set(reasons())).toEqual(new Set(['waking_overload']));
    expect(reasons()).toHaveLength(10);
    const others = await arrive(...sources(20, '192.168.1.20'));
    expect(interceptor.questions.waking).toBe(80);
    wol.boot('nas');
    await settled();
    expect(others.map(verdict)).not.toContain(undefined);
    expect(interceptor.questions.waking).toBe(60);
  });

  it('leave the rest of the room to those that wait for a decision', async () => {
    const { arrive, verdict } = setUp();
    await arrive(...sources(99, '192.168.1.30'));
    const [id] = await arrive({ mark: marks.asked(2), destination: '203.0.113.1', destinationPort: 22 });
    expect(verdict(id)).toBe('accept');
  });

  it('are counted like all others', async () => {
    const { time, wol, arrive, interceptor } = setUp();
    const { counts, questions } = interceptor;
    const sum = () => counts.allowed + counts.denied + counts.replaced + counts.malformed + questions.held;
    await arrive(...sources(90, '192.168.1.30'), ...sources(9, '192.168.1.20'), {});
    expect(sum()).toBe(100);
    await time.pass(10_000);
    expect(sum()).toBe(100);
    wol.boot('nas');
    await time.pass(3_000);
    expect(sum()).toBe(100);
    expect(questions).toMatchObject({ held: 0, waking: 0 });
  });
});

it('in mode watch, nothing is woken', async () => {
  const { interceptor, wol, events } = setUp(`mode: watch\n${config}`);
  await interceptor.observe(aPacket({ destination: '192.168.1.20', destinationPort: 445 }));
  await settled();
  expect(wol.requests).toEqual([]);
  expect(events).toEqual([]);
});
