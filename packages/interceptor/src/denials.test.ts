// SPDX-License-Identifier: MIT
import { eventData } from '@nftoggle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDenial } from './denial.fixture.ts';
import { Denials } from './denials.ts';
import type { Lane } from './queue/packet-queue.ts';

const [second, minute, hour] = [1_000, 60_000, 3_600_000];

/** What was told, shortly: when, of how many packets of whom, and the moments of the first and the last. */
interface Told {
  readonly at: number;
  readonly type: 'access_denied' | 'denials_counted';
  readonly of: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** A clock that moves by whole seconds: at each of them what is due is told. */
function setUp() {
  let now = 0;
  const told: Told[] = [];
  const events: unknown[] = [];
  const denials = new Denials({
    publish: (type, data) => {
      const event = eventData[type].parse(data);
      events.push(event);
      const times = { first: Date.parse(event.first), last: Date.parse(event.last) };
      if ('count' in event)
        told.push({ at: now, type, of: event.source.address, count: event.count, ...times });
      else {
        const count = event.services.reduce((sum, { refused, unasked }) => sum + refused + unasked, 0);
        told.push({ at: now, type, of: 'crowd', count, ...times });
      }
    },
    shown: (moment) => new Date(moment).toISOString(),
  });
  const passUntil = (end: number): void => {
    for (; now < end; now += second) denials.tell(now);
  };
  const refuse = (address: string, lane: Lane = 'known', packets = 1): void =>
    denials.add(aDenial({ source: { address } }), lane, packets, now);
  const sum = (): number => told.reduce((all, { count }) => all + count, 0);
  return { denials, told, events, passUntil, refuse, sum, now: () => now };
}

const source = (n: number) => `198.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;

describe('a source that is refused', () => {
  it('is told of at once, and all that it sends then as counts at ever longer intervals', () => {
    const { told, refuse, passUntil } = setUp();
    for (let t = 0; t < 3 * hour; t += second) {
      passUntil(t);
      refuse('192.0.2.1');
    }
    const times = told.map(({ at }) => at);
    const afterThat = [10 * second, 70 * second, 670 * second, 670 * second + hour, 670 * second + 2 * hour];
    expect(times).toEqual([0, ...afterThat]);
    expect(told.map(({ count }) => count)).toEqual([1, 10, 60, 600, 3_600, 3_600]);
    expect(told[2]).toMatchObject({ first: 11 * second, last: 70 * second });
  });

  it('is told of a last time when it has stopped', () => {
    const { told, refuse, passUntil, sum } = setUp();
    for (let t = 0; t < 30 * second; t += second) {
      passUntil(t);
      refuse('192.0.2.1');
    }
    passUntil(5 * hour);
    expect(told.map(({ at, count }) => [at, count])).toEqual([
      [0, 1],
      [10 * second, 10],
      [70 * second, 19],
    ]);
    expect(sum()).toBe(30);
  });

  it('is told of at once when its interval is over, and less often as it goes on', () => {
    const { told, refuse, passUntil } = setUp();
    for (let t = 0; t < 2 * hour; t += 15 * second) {
      passUntil(t);
      refuse('192.0.2.1');
    }
    expect(told.map(({ at }) => at / second)).toEqual([0, 15, 75, 675, 4_275]);
  });

  it('is news again after ten minutes of quiet, and not before', () => {
    const { told, refuse, passUntil } = setUp();
    refuse('192.0.2.1');
    passUntil(9 * minute);
    refuse('192.0.2.1');
    // Told at once, but the next one is put off for a minute, and no more for ten seconds.
    passUntil(9 * minute + 10 * second);
    refuse('192.0.2.1');
    expect(told.map(({ at }) => at)).toEqual([0, 9 * minute]);
    passUntil(25 * minute);
    refuse('192.0.2.1');
    passUntil(25 * minute + 10 * second);
    refuse('192.0.2.1');
    expect(told.map(({ at }) => at).slice(3)).toEqual([25 * minute, 25 * minute + 10 * second]);
  });

  it.each([
    ['another service', { service: 'game' }],
    ['another reason', { reason: 'outside_window' }],
    ['a packet that went on all the same', { enforced: false }],
  ] as const)('is told of at once again for %s', (_, changes) => {
    const { denials, told } = setUp();
    denials.add(aDenial(), 'known', 1, 0);
    denials.add(aDenial(changes), 'known', 1, 0);
    expect(told).toHaveLength(2);
  });

  it('is told with what is known of it by the newest decision', () => {
    const { denials, events, passUntil } = setUp();
    const who = { device: 'console', person: 'leo', country: null };
    denials.add(aDenial({ rule: 'services.ssh.deny[0]' }), 'known', 2, 0);
    denials.add(aDenial({ rule: 'services.ssh.deny[1]', who }), 'known', 3, 0);
    passUntil(minute);
    expect(events).toMatchObject([
      { count: 2, rule: 'services.ssh.deny[0]', who: { device: null } },
      { count: 3, rule: 'services.ssh.deny[1]', who },
    ]);
  });
});

describe('a flood', () => {
  it.each([
    { lane: 'strangers', most: 4 + 5 },
    { lane: 'known', most: 32 + 30 },
  ] as const)('of $lane is told one by one within their budget, and the rest as one', ({ lane, most }) => {
    const { told, refuse, passUntil, now, sum, denials } = setUp();
    let sent = 0;
    for (let t = 0; t < minute; t += second) {
      passUntil(t);
      for (let n = 0; n < 200; n++) refuse(source(sent++), lane);
    }
    passUntil(5 * minute);
    const single = told.filter(({ type }) => type === 'access_denied');
    expect(single.length).toBeLessThanOrEqual(most);
    expect(single.length).toBeGreaterThanOrEqual(most - 1);
    expect(told.filter(({ type }) => type === 'denials_counted').map(({ at }) => at)).toEqual([
      10 * second,
      70 * second,
    ]);
    denials.tellAll(now());
    expect(sum()).toBe(sent);
  });

  it('of one lane takes nothing from the other', () => {
    const { told, refuse } = setUp();
    for (let n = 0; n < 5_000; n++) refuse(source(n), 'strangers');
    refuse('192.168.1.10', 'known');
    expect(told.at(-1)).toMatchObject({ type: 'access_denied', of: '192.168.1.10' });
  });

  it('is told each minute, and after ten minutes each ten', () => {
    const { told, denials, passUntil } = setUp();
    for (let t = 0; t < hour; t += second) {
      passUntil(t);
      denials.addUnasked('ssh', 7, { first: t, last: t });
    }
    const minutes = told.map(({ at }) => (at - 10 * second) / minute);
    expect(minutes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 19, 29, 39, 49, 59]);
  });

  it('names the sources of most packets, and counts how many there were', () => {
    const { events, refuse, passUntil } = setUp();
    for (let n = 0; n < 4; n++) refuse(source(n), 'strangers');
    for (let n = 100; n < 1_100; n++) refuse(source(n), 'strangers');
    refuse('192.0.2.9', 'strangers', 50);
    refuse('192.0.2.8', 'strangers', 60);
    passUntil(11 * second);
    const counted = events.at(-1) as { most: unknown[] };
    expect(counted).toMatchObject({
      sources: 1_002,
      services: [{ service: 'ssh', refused: 1_110, unasked: 0 }],
    });
    expect(counted.most.slice(0, 3)).toEqual([
      { address: '192.0.2.8', service: 'ssh', count: 60 },
      { address: '192.0.2.9', service: 'ssh', count: 50 },
      { address: source(100), service: 'ssh', count: 1 },
    ]);
    expect(counted.most).toHaveLength(20);
  });

  it('begins with a short interval again once it was quiet', () => {
    const { told, denials, passUntil } = setUp();
    const drop = (t: number): void => {
      passUntil(t);
      denials.addUnasked('ssh', 1, { first: t, last: t });
    };
    drop(0);
    drop(5 * minute);
    drop(30 * minute);
    passUntil(hour);
    const after = [0, 5 * minute, 30 * minute].map((t) => t + 10 * second);
    expect(told.map(({ at }) => at)).toEqual(after);
  });

  it('lets a source of the crowd be told by itself when there is budget again, and counts nothing twice', () => {
    const { told, refuse, passUntil, sum } = setUp();
    for (let n = 0; n < 4; n++) refuse(source(n), 'strangers');
    refuse('192.0.2.9', 'strangers', 10);
    passUntil(13 * second);
    refuse('192.0.2.9', 'strangers', 3);
    expect(told.slice(4).map(({ type, count }) => [type, count])).toEqual([
      ['denials_counted', 10],
      ['access_denied', 3],
    ]);
    passUntil(hour);
    expect(sum()).toBe(4 + 10 + 3);
  });

  it('takes up what the told ones send on, while it leaves them no budget', () => {
    const { told, refuse, passUntil, sum } = setUp();
    for (let n = 0; n < 4; n++) refuse(source(n), 'strangers');
    for (let n = 0; n < 4; n++) refuse(source(n), 'strangers', 5);
    passUntil(21 * second);
    expect(told.slice(4)).toMatchObject([{ type: 'denials_counted', count: 20 }]);
    refuse(source(0), 'strangers');
    passUntil(hour);
    expect(sum()).toBe(25);
  });

  it('tells nothing where there was nothing', () => {
    const { told, passUntil, denials } = setUp();
    passUntil(hour);
    denials.tellAll(hour);
    expect(told).toEqual([]);
  });
});

describe('every refused packet', () => {
  const steps = fc.array(
    fc.record({
      pause: fc.oneof(fc.constant(0), fc.nat(40)),
      what: fc.constantFrom('known', 'strangers', 'sourceless', 'unasked'),
      who: fc.nat(12),
      packets: fc.integer({ min: 1, max: 5 }),
    }),
    { maxLength: 150 },
  );

  it('is in one event, in the end, and no event ends before it begins', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { denials, told, refuse, passUntil, now, sum } = setUp();
        let sent = 0;
        for (const { pause, what, who, packets } of all) {
          passUntil(now() + pause * second);
          if (what === 'sourceless') denials.addRefused('ssh', packets, now());
          else if (what === 'unasked') denials.addUnasked('ssh', packets, { first: now(), last: now() });
          else refuse(source(who), what, packets);
          sent += packets;
          expect(sum()).toBeLessThanOrEqual(sent);
        }
        denials.tellAll(now());
        expect(sum()).toBe(sent);
        for (const { first, last } of told) expect(last).toBeGreaterThanOrEqual(first);
      }),
    );
  });

  it('is told without a stop within an hour, and that in few events', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { told, refuse, passUntil, now, sum } = setUp();
        let sent = 0;
        for (const { pause, who, packets } of all) {
          passUntil(now() + pause * second);
          refuse(source(who), 'strangers', packets);
          sent += packets;
        }
        const end = now();
        passUntil(end + hour + minute);
        expect(sum()).toBe(sent);
        const single = told.filter(({ type }) => type === 'access_denied');
        expect(single.length).toBeLessThanOrEqual(4 + Math.ceil((end + hour + minute) / 12_000));
      }),
    );
  });
});
