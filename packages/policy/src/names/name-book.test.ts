// SPDX-License-Identifier: MIT
import { parseAddress } from '@nftoggle/config';
import { eventually } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DnsServer, startDns } from './dns-server.fixture.ts';
import { NameBook } from './name-book.ts';

const name = 'tom.dyn.example';
const none = 'it is being looked up for the first time';

let dns: DnsServer;
let book: NameBook;
let time: number;
let timers: { readonly at: number; readonly act: () => void }[];
let changes: string[];
let problems: (string | null)[];

beforeEach(async () => {
  dns = await startDns();
  time = 1_000;
  timers = [];
  changes = [];
  problems = [];
  book = bookOf(() => [dns.address]);
});
afterEach(async () => {
  book.close();
  await dns.stop();
});

function bookOf(servers: () => readonly string[]): NameBook {
  return new NameBook({
    servers,
    now: () => time,
    onChange: (changed) => changes.push(changed),
    onProblem: (_, problem) => problems.push(problem),
    after: (ms, act) => {
      const timer = { at: time + ms, act };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    timeout: 100,
    tries: 1,
  });
}

/** In seconds; null while a lookup is under way. */
function nextLook(): number | null {
  const [timer] = timers;
  return timer === undefined ? null : (timer.at - time) / 1_000;
}

/** Lets the time pass until the next look, and waits for its outcome. */
async function lookAgain(): Promise<void> {
  const [timer] = timers;
  if (timer === undefined) throw new Error('no look is due');
  time = timer.at;
  timers = [];
  timer.act();
  await eventually(() => timers.length === 1);
}

async function followed(): Promise<void> {
  book.follow(new Set([name]));
  await eventually(() => timers.length === 1);
}

const addresses = (): readonly string[] | undefined =>
  book.status().find((one) => one.name === name)?.addresses;
const problem = (): string | null | undefined => book.status().find((one) => one.name === name)?.problem;

function has(text: string): boolean | undefined {
  const address = parseAddress(text);
  if (address === null) throw new TypeError(text);
  const { family, base } = address;
  return book.addressesOf(name)?.has(family === 4 ? { v4: Number(base), v6: -1n } : { v4: -1, v6: base });
}

describe('a name that is followed', () => {
  it('stands for its addresses of both families', async () => {
    dns.zones.set(name, {
      A: { addresses: ['203.0.113.8', '203.0.113.7'] },
      AAAA: { addresses: ['2001:db8::7'] },
    });
    await followed();
    expect(addresses()).toEqual(['203.0.113.7', '203.0.113.8', '2001:db8::7']);
    expect([has('203.0.113.7'), has('2001:db8::7'), has('203.0.113.9')]).toEqual([true, true, false]);
    expect(changes).toEqual([name]);
    expect(problem()).toBeNull();
  });

  it('is unknown, and not empty, until there is an answer', async () => {
    expect(book.addressesOf(name)).toBeUndefined();
    dns.hold();
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
    book.follow(new Set([name]));
    await eventually(() => dns.held() === 2);
    expect(book.addressesOf(name)).toBeUndefined();
    expect(book.status()).toEqual([{ name, addresses: [], problem: none }]);
    dns.release();
    await eventually(() => has('203.0.113.7'));
  });

  it.each([
    ['one family', { A: { addresses: ['203.0.113.7'] } }, ['203.0.113.7']],
    ['the other', { AAAA: { addresses: ['2001:db8::7'] } }, ['2001:db8::7']],
    [
      'one, and no such name for the other',
      { A: { addresses: ['203.0.113.7'] }, AAAA: 'nxdomain' },
      ['203.0.113.7'],
    ],
    ['a LAN', { A: { addresses: ['192.168.1.20'] } }, ['192.168.1.20']],
    ['an alias', { A: { addresses: ['203.0.113.7'], alias: 'box.isp.example' } }, ['203.0.113.7']],
    ['nobody, as filters say it', { A: { addresses: ['0.0.0.0'] }, AAAA: { addresses: ['::'] } }, []],
  ] as const)('may be of %s', async (_, zone, expected) => {
    dns.zones.set(name, zone);
    await followed();
    expect(addresses()).toEqual(expected);
  });

  it.each([
    [300, 300],
    [0, 30],
    [29, 30],
    [86_400, 3_600],
  ])('with %i s to live is asked about again after %i s', async (ttl, expected) => {
    dns.zones.set(name, {
      A: { addresses: ['203.0.113.7'], ttl },
      AAAA: { addresses: ['2001:db8::7'], ttl: 90_000 },
    });
    await followed();
    expect(nextLook()).toBe(expected);
  });

  it('tells a change once it is there, and nothing while all stays as it was', async () => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7', '203.0.113.8'] } });
    await followed();
    dns.zones.set(name, { A: { addresses: ['203.0.113.8', '203.0.113.7'] } });
    await lookAgain();
    expect(changes).toEqual([name]);
    dns.zones.set(name, { A: { addresses: ['203.0.113.9'] } });
    await lookAgain();
    expect(changes).toEqual([name, name]);
    expect(addresses()).toEqual(['203.0.113.9']);
    expect([has('203.0.113.7'), has('203.0.113.9')]).toEqual([false, true]);
  });

  it('loses the addresses of a family at once while the other has some', async () => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] }, AAAA: { addresses: ['2001:db8::7'] } });
    await followed();
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
    await lookAgain();
    expect(addresses()).toEqual(['203.0.113.7']);
  });

  it.each(['nxdomain', 'nodata'] as const)('is gone once the server said so twice (%s)', async (says) => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
    await followed();
    dns.zones.set(name, { A: says, AAAA: says });
    await lookAgain();
    expect(addresses()).toEqual(['203.0.113.7']);
    expect(problem()).toMatch(/the addresses of before are kept until a second answer says the same$/);
    expect(nextLook()).toBe(30);
    await lookAgain();
    expect(addresses()).toEqual([]);
    expect(has('203.0.113.7')).toBe(false);
    expect(changes).toEqual([name, name]);
    expect(problem()).toMatch(/^(there is no such name \(NXDOMAIN\)|the name has no addresses)$/);
  });

  it('that was away for a moment only was never gone', async () => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
    await followed();
    for (let round = 0; round < 3; round++) {
      dns.zones.delete(name);
      await lookAgain();
      dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
      await lookAgain();
    }
    expect(changes).toEqual([name]);
    expect(problem()).toBeNull();
  });
});

describe('a server that fails', () => {
  it.each([
    ['servfail', 'the DNS server could not find out (SERVFAIL)'],
    ['refused', 'the DNS server refuses to answer (REFUSED)'],
    ['silence', 'no DNS server answered in time'],
  ] as const)('by %s takes no addresses away', async (says, why) => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] }, AAAA: { addresses: ['2001:db8::7'] } });
    await followed();
    dns.zones.set(name, { A: says, AAAA: says });
    await lookAgain();
    expect(addresses()).toEqual(['203.0.113.7', '2001:db8::7']);
    expect(problem()).toBe(`${why}; the addresses of before are kept`);
    expect(changes).toEqual([name]);
  });

  it('for one family leaves the other its news', async () => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] }, AAAA: { addresses: ['2001:db8::7'] } });
    await followed();
    dns.zones.set(name, { A: { addresses: ['203.0.113.9'] }, AAAA: 'servfail' });
    await lookAgain();
    expect(addresses()).toEqual(['203.0.113.9', '2001:db8::7']);
    expect(problem()).toMatch(/SERVFAIL\) for IPv6; the addresses of before are kept$/);
  });

  it('is asked again after 5 s, and then more and more rarely, until it answers', async () => {
    dns.zones.set(name, { A: 'servfail', AAAA: 'servfail' });
    await followed();
    const waits: (number | null)[] = [nextLook()];
    for (let round = 0; round < 8; round++) {
      await lookAgain();
      waits.push(nextLook());
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect(book.addressesOf(name)).toBeUndefined();
    expect(problems).toEqual(['the DNS server could not find out (SERVFAIL)']);
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'], ttl: 60 } });
    await lookAgain();
    expect(nextLook()).toBe(60);
    expect(problems.at(-1)).toBeNull();
    dns.zones.set(name, { A: 'servfail', AAAA: 'servfail' });
    await lookAgain();
    expect(nextLook()).toBe(5);
  });

  it('has three days: then the addresses may be somebody else', async () => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
    await followed();
    dns.zones.set(name, { A: 'servfail', AAAA: 'servfail' });
    const day = 86_400_000;
    time += 3 * day - 600_000;
    timers = timers.map(({ act }) => ({ act, at: time }));
    await lookAgain();
    expect(addresses()).toEqual(['203.0.113.7']);
    time += day;
    timers = timers.map(({ act }) => ({ act, at: time }));
    await lookAgain();
    expect(addresses()).toEqual([]);
    expect(book.addressesOf(name)).toBeUndefined();
    expect(changes).toEqual([name, name]);
  });

  it('may be absent altogether, or no server at all', async () => {
    const absent = await startDns();
    await absent.stop();
    book.close();
    book = bookOf(() => [absent.address]);
    await followed();
    expect(problem()).toMatch(/^no DNS server (could be reached|answered in time)$/);
    expect(nextLook()).toBe(5);
    book.close();
    timers = [];
    book = bookOf(() => ['not an address']);
    await followed();
    expect(problem()).toMatch(/^the question to the DNS server failed \(ERR_INVALID_IP_ADDRESS\)$/);
  });

  it('is left for another one that the configuration names, at the next look', async () => {
    const other = await startDns();
    try {
      other.zones.set(name, { A: { addresses: ['203.0.113.9'] } });
      dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
      let server = dns.address;
      book = bookOf(() => [server]);
      await followed();
      server = other.address;
      await lookAgain();
      expect(addresses()).toEqual(['203.0.113.9']);
    } finally {
      await other.stop();
    }
  });
});

describe('many names', () => {
  it('are asked about eight at a time', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `n${at}.example`);
    for (const one of names) dns.zones.set(one, { A: { addresses: ['203.0.113.7'] } });
    dns.hold();
    book = new NameBook({
      servers: () => [dns.address],
      now: () => time,
      onChange: (changed) => changes.push(changed),
      onProblem: () => {},
      after: () => () => {},
      timeout: 5_000,
    });
    book.follow(new Set(names));
    await eventually(() => dns.held() === 16);
    expect(dns.asked).toHaveLength(8);
    dns.release();
    await eventually(() => changes.length === 20);
    expect(new Set(dns.asked)).toEqual(new Set(names));
  });

  it('that stay keep what is known of them; those that go are forgotten', async () => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
    dns.zones.set('b.example', { A: { addresses: ['203.0.113.8'] } });
    await followed();
    book.follow(new Set([name, 'b.example']));
    await eventually(() => changes.length === 2);
    expect(dns.asked).toEqual([name, 'b.example']);
    book.follow(new Set(['b.example']));
    expect(book.addressesOf(name)).toBeUndefined();
    expect(book.status().map((one) => one.name)).toEqual(['b.example']);
    await eventually(() => timers.length === 1);
    expect(changes).toEqual([name, 'b.example']);
  });

  it('that went while the question was under way change nothing', async () => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
    dns.hold();
    book.follow(new Set([name]));
    await eventually(() => dns.held() === 2);
    book.follow(new Set());
    dns.release();
    dns.zones.set('b.example', { A: { addresses: ['203.0.113.8'] } });
    book.follow(new Set(['b.example']));
    await eventually(() => changes.length === 1);
    expect(changes).toEqual(['b.example']);
  });
});

describe('the end', () => {
  it('gives up what is under way, asks no more, and leaves what is known', async () => {
    dns.zones.set(name, { A: { addresses: ['203.0.113.7'] } });
    await followed();
    dns.hold();
    const [due] = timers;
    due?.act();
    await eventually(() => dns.held() === 2);
    book.close();
    dns.release();
    book.follow(new Set(['b.example']));
    expect(has('203.0.113.7')).toBe(true);
    expect(dns.asked).toEqual([name, name]);
  });
});
