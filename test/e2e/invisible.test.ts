// SPDX-License-Identifier: MIT
// To whom a port is not open, it is not there: not one packet comes back, whatever is sent to it.
import {
  capturePackets,
  connect,
  type HostInterface,
  labObstacles,
  rawPackets,
  SCAN_TYPES,
  udpExchange,
} from '@nftoggle/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerIn,
  captureAnswers,
  inTurns,
  lookAgain,
  type Pair,
  type ScanPlan,
  type States,
  scanHosts,
} from './many-scans.ts';
import { kindAnswered, sendOddPackets } from './odd-packets.ts';
import {
  allPorts,
  createTwins,
  free,
  ipv4Only,
  local,
  nas,
  outgoing,
  published,
  smuggled,
  type Twin,
  type TwinLabs,
} from './twin-labs.ts';

type Family = 'ipv4' | 'ipv6';
type Stranger = 'scanner' | 'camera';

/** The gateway's interface that faces the stranger. */
const facing = { scanner: 'wan', camera: 'lan' } as const;

let twins: TwinLabs;

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  twins = await createTwins();
}, 120_000);
afterAll(() => twins?.[Symbol.asyncDispose]());

function gatewayOf(twin: Twin, stranger: Stranger): HostInterface {
  return twin.host('gateway').on(facing[stranger]);
}

/** Everything the stranger can aim at; the gateway has a link-local address, too. */
function targets(twin: Twin, stranger: Stranger, family: Family): string[] {
  const gateway = gatewayOf(twin, stranger);
  const beyond = twin.host(stranger === 'scanner' ? 'server' : 'friend')[family];
  const linkLocal = family === 'ipv6' ? [`${gateway.linkLocal}%eth0`] : [];
  return [gateway[family], beyond, ...linkLocal];
}

const serverAddresses = ['192.168.1.20', 'fd00:1::20'];
const friendAddresses = ['203.0.113.7', '2001:db8:a::7'];

function isGuarded(address: string, port: number): boolean {
  const within = (pair: { readonly open: number; readonly closed: number }) =>
    port >= pair.open && port <= pair.closed;
  if (serverAddresses.includes(address)) return within(nas);
  if (friendAddresses.includes(address)) return within(outgoing);
  return within(local) || within(published);
}

/** What nmap says of a port that does not answer. */
function silence({ type }: ScanPlan): string {
  return 'FNXMU'.includes(type) ? 'open|filtered' : 'filtered';
}

/** The positive control: how many of the ports that the guard hides an ordinary host shows to this scan. */
function countAnswered(plan: ScanPlan, bare: States): number {
  return [...bare].filter(([key, state]) => {
    const [address = '', port] = key.split(' ');
    return isGuarded(address, Number(port)) && state !== silence(plan);
  }).length;
}

/** All flags hold RST, and a reset is answered by nobody. */
function isUnanswerable({ extra }: ScanPlan): boolean {
  return extra.includes('--badsum') || extra.includes('0xff');
}

/** What the bare twin says, with silence where the guard stands. */
function expectedStates(plan: ScanPlan, bare: States): Record<string, string> {
  return Object.fromEntries(
    [...bare].map(([key, state]) => {
      const [address = '', port] = key.split(' ');
      return [key, isGuarded(address, Number(port)) ? silence(plan) : state];
    }),
  );
}

/** One address of both twins, ports that are not guarded. */
async function scanBoth(
  stranger: Stranger,
  family: Family,
  plan: ScanPlan,
  address: string,
  ports: readonly number[],
): Promise<Pair> {
  const scan = (twin: Twin): Promise<States> => {
    const target = targets(twin, stranger, family).find((each) => each.split('%')[0] === address);
    return scanHosts(twin.host(stranger), [target ?? address], ports, plan);
  };
  return Promise.all([scan(twins.bare), scan(twins.guarded)]);
}

/**
 * Scans both twins, and expects of the guarded one what the bare one says, less what is guarded. Guarded ports are
 * looked at once only: one answer is one too many.
 */
async function compareScans(stranger: Stranger, family: Family, plans: readonly ScanPlan[]): Promise<void> {
  const run = (twin: Twin) =>
    inTurns(
      plans.map(
        (plan) => () => scanHosts(twin.host(stranger), targets(twin, stranger, family), allPorts, plan),
      ),
      12,
    );
  const capture = await captureAnswers(twins.guarded.host(stranger), gatewayOf(twins.guarded, stranger).mac);
  const seen = await Promise.all([run(twins.bare), run(twins.guarded)]);
  const pairs = await inTurns(
    plans.map((plan, index) => () => {
      const pair: Pair = [seen[0][index] ?? new Map(), seen[1][index] ?? new Map()];
      return lookAgain(pair, isGuarded, scanBoth.bind(null, stranger, family, plan));
    }),
    3,
  );
  await twins.guarded.settled();
  const { lines, dropped } = await capture.stop();
  for (const [index, plan] of plans.entries()) {
    const name = `-s${plan.type} ${plan.extra.join(' ')}`;
    const [bare, guarded] = pairs[index] ?? [new Map(), new Map()];
    expect(Object.fromEntries(guarded), name).toEqual(expectedStates(plan, bare));
    const answered = countAnswered(plan, bare);
    if (isUnanswerable(plan)) expect(answered, 'nobody answers a broken packet or a reset').toBe(0);
    else expect(answered, `${name} brings answers from an ordinary host`).toBeGreaterThan(0);
  }
  expect(dropped).toBe(0);
  expect(lines.map(answerIn).filter(({ address, port }) => isGuarded(address, port))).toEqual([]);
  // The capture does see what comes back: from the ports beside.
  expect(lines.map(answerIn).filter(({ port }) => port === free.closed).length).toBeGreaterThan(0);
}

/**
 * Not here: -sY speaks SCTP, whose ports are none of those that are guarded (TCP and UDP), and -sO asks for IP
 * protocols, not for ports. Neither is answered for a guarded port, nor is it silenced.
 */
const everyScan: readonly ScanPlan[] = SCAN_TYPES.map((type) => ({ type, extra: [] }));

const variants: readonly (readonly string[])[] = [
  ['--badsum'],
  ['--data-length', '50'],
  ['-g', '53'],
  ['--ttl', '1'],
  ['--scanflags', 'SYNFIN'],
  ['--scanflags', 'SYNECECWR'],
  ['--scanflags', 'URGPSHFIN'],
  ['--scanflags', 'SYNACKFINURGPSHECECWR'],
  ['--scanflags', '0xff'],
];

/** nmap cannot fragment IPv6: the odd packets below do. */
const ipv4Variants = [['-f'], ['-ff'], ['--mtu', '24'], ['--ip-options', 'R']];

const asSyn = (extra: readonly string[]): ScanPlan => ({ type: 'S', extra });

/** Three more looks at each port that differs take their time, in milliseconds. */
const scanTime = 180_000;

describe.each(['ipv4', 'ipv6'] as const)('unauthorised sources over %s', (family) => {
  describe.each(['scanner', 'camera'] as const)('such as the %s', (stranger) => {
    it(
      'get zero packets back, whatever way they scan; ports beside stay as they were',
      async () => {
        await compareScans(stranger, family, everyScan);
      },
      scanTime,
    );
  });

  it(
    'get zero packets back from scans in disguise',
    async () => {
      const disguises = family === 'ipv4' ? [...ipv4Variants, ...variants] : variants;
      await compareScans('scanner', family, disguises.map(asSyn));
    },
    scanTime,
  );
});

interface OddCase {
  readonly what: string;
  readonly stranger: Stranger;
  readonly family: Family;
  readonly linkLocal?: boolean;
  readonly target: (twin: Twin) => string;
  readonly ports: readonly number[];
}

const gatewayPorts = [local.open, local.closed, published.open, published.closed];
const ipv6Ports = { guarded: local.open, free: free.open } as const;
const nasPorts = [nas.open, nas.closed];
const outPorts = [outgoing.open, outgoing.closed];

const oddCases: readonly OddCase[] = [
  ...(['ipv4', 'ipv6'] as const).flatMap((family): OddCase[] => [
    {
      what: `local and published services over ${family}`,
      stranger: 'scanner',
      family,
      target: (twin) => twin.host('gateway')[family],
      ports: gatewayPorts,
    },
    {
      what: `a forwarded service over ${family}`,
      stranger: 'scanner',
      family,
      target: (twin) => twin.host('server')[family],
      ports: nasPorts,
    },
    {
      what: `the way out over ${family}`,
      stranger: 'camera',
      family,
      target: (twin) => twin.host('friend')[family],
      ports: outPorts,
    },
  ]),
  {
    what: 'local and published services at a link-local address',
    stranger: 'scanner',
    family: 'ipv6',
    linkLocal: true,
    target: (twin) => twin.host('gateway').on('wan').linkLocal,
    ports: gatewayPorts,
  },
];

/** Kinds that an ordinary host answers, from an open port or a closed one. */
const answeredKinds = {
  ipv4: ['syn in tiny fragments', 'syn in tiny fragments, last one first', 'syn, no-operations'],
  ipv6: [
    'syn in fragments',
    'syn in fragments, last one first',
    'syn as an atomic fragment',
    'syn, destination options',
    'syn, four headers',
  ],
  both: [
    'syn',
    'syn with data',
    'ack',
    'syn-ack',
    'fin',
    'no flags',
    'fin-push-urgent',
    'syn-ece-cwr',
    'datagram',
  ],
} as const;

interface OddAnswers {
  readonly lines: readonly string[];
  readonly kinds: ReadonlySet<string>;
}

async function oddAnswers(twin: Twin, odd: OddCase): Promise<OddAnswers> {
  const from = twin.host(odd.stranger);
  const gatewayMac = gatewayOf(twin, odd.stranger).mac;
  const source = odd.linkLocal === true ? from.on().linkLocal : from[odd.family];
  const capture = await captureAnswers(from, gatewayMac);
  const target = odd.target(twin);
  const names = await sendOddPackets({ from, gatewayMac, source, target, ports: odd.ports });
  await twin.settled();
  // An answer that goes the same way and is waited for: what was answered before has arrived before.
  const address = odd.linkLocal === true ? `${target}%eth0` : target;
  await connect(from, { address, port: free.open, payload: 'after all', timeoutMs: 5_000 });
  const { lines, dropped } = await capture.stop();
  expect(dropped).toBe(0);
  const odds = lines.filter((line) => answerIn(line).port !== free.open);
  expect(odds.length).toBeLessThan(lines.length);
  const kinds = new Set(odds.flatMap((line) => kindAnswered(line, names) ?? []));
  return { lines: odds, kinds };
}

describe('packets that no socket would send', () => {
  it.each(oddCases)('bring back nothing from $what', async (odd) => {
    const bare = await oddAnswers(twins.bare, odd);
    for (const kind of [...answeredKinds.both, ...answeredKinds[odd.family]])
      expect([...bare.kinds], 'what an ordinary host answers').toContain(kind);
    expect(await oddAnswers(twins.guarded, odd)).toEqual({ lines: [], kinds: new Set() });
  });

  it.each([
    { what: 'broadcast', to: '192.168.1.255', mac: 'ff:ff:ff:ff:ff:ff', ports: ipv4Only },
    { what: 'limited broadcast', to: '255.255.255.255', mac: 'ff:ff:ff:ff:ff:ff', ports: ipv4Only },
    { what: 'IPv4 multicast', to: '224.0.0.1', mac: '01:00:5e:00:00:01', ports: ipv4Only },
    { what: 'IPv6 multicast', to: 'ff02::1', mac: '33:33:00:00:00:01', ports: ipv6Ports },
  ])('bring back nothing when sent to everybody by $what', async ({ to, mac, ports }) => {
    const answers = async (twin: Twin): Promise<readonly string[]> => {
      const camera = twin.host('camera');
      const capture = await captureAnswers(camera, gatewayOf(twin, 'camera').mac);
      const [ip, source] = to.includes(':') ? ['IPv6', camera.on().linkLocal] : ['IP', camera.ipv4];
      const packet = (port: number) =>
        `Ether(dst="${mac}") / ${ip}(src="${source}", dst="${to}") / UDP(sport=20000, dport=${port}) / Raw("hello")`;
      // One program has both ports: when the second one has answered, the first one has had its time.
      await rawPackets(camera, `sendp([${packet(ports.guarded)}, ${packet(ports.free)}], iface="eth0")`);
      await capture.waitForPacket(new RegExp(`\\.${ports.free} > `), 10_000);
      await twin.settled();
      const { lines, dropped } = await capture.stop();
      expect(dropped).toBe(0);
      return lines.filter((line) => answerIn(line).port !== ports.free);
    };
    expect(await answers(twins.bare)).toHaveLength(1);
    expect(await answers(twins.guarded)).toEqual([]);
  });
});

describe('an unauthorised device of the LAN', () => {
  it.each(['ipv4', 'ipv6'] as const)('sends nothing out to a guarded port over %s', async (family) => {
    const arrivals = async (twin: Twin): Promise<number> => {
      const [camera, friend] = [twin.host('camera'), twin.host('friend')];
      const capture = await capturePackets(
        friend,
        'eth0',
        `dst portrange ${outgoing.open}-${outgoing.closed}`,
      );
      const [address, gatewayMac] = [friend[family], gatewayOf(twin, 'camera').mac];
      await connect(camera, { address, port: outgoing.open, timeoutMs: 1500 });
      await udpExchange(camera, { address, port: outgoing.open, count: 3, timeoutMs: 500 });
      await sendOddPackets({
        from: camera,
        gatewayMac,
        source: camera[family],
        target: address,
        ports: outPorts,
      });
      await twin.settled();
      const { count, dropped } = await capture.stop();
      expect(dropped).toBe(0);
      return count;
    };
    expect(await arrivals(twins.bare)).toBeGreaterThan(50);
    expect(await arrivals(twins.guarded)).toBe(0);
    const laptop = twins.guarded.host('laptop');
    const address = twins.guarded.host('friend')[family];
    const allowed = await connect(laptop, { address, port: outgoing.open, payload: 'out' });
    expect(allowed).toMatchObject({ connected: true, synRetransmits: 0, received: 'hello\nout' });
  });
});

describe("somebody else's port forward to a guarded machine", () => {
  it.each(['ipv4', 'ipv6'] as const)('lets no stranger in over %s', async (family) => {
    const attempt = async (twin: Twin) => {
      const [scanner, server] = [twin.host('scanner'), twin.host('server')];
      const capture = await capturePackets(server, 'eth0', `port ${nas.open}`);
      const target = twin.host('gateway')[family];
      const tcp = await connect(scanner, { address: target, port: smuggled, timeoutMs: 1500, payload: 'hi' });
      const udp = await udpExchange(scanner, { address: target, port: smuggled, timeoutMs: 500 });
      const gatewayMac = gatewayOf(twin, 'scanner').mac;
      await sendOddPackets({ from: scanner, gatewayMac, source: scanner[family], target, ports: [smuggled] });
      await connect(scanner, { address: server[family], port: free.open, payload: 'after all' });
      const { count, dropped } = await capture.stop();
      expect(dropped).toBe(0);
      return { errno: tcp.errno, received: tcp.received, answers: udp.received.length, reached: count > 0 };
    };
    const open = { errno: null, received: 'hello\nhi', answers: 1, reached: true };
    expect(await attempt(twins.bare)).toEqual(open);
    const silent = { errno: 'ETIMEDOUT', received: '', answers: 0, reached: false };
    expect(await attempt(twins.guarded)).toEqual(silent);
  });
});

describe('everything else', () => {
  it('answers a ping as before', async () => {
    const answered = async (twin: Twin) => {
      const { stdout } = await rawPackets(
        twin.host('scanner'),
        `for p in [IP(dst="203.0.113.1") / ICMP(), IP(dst="192.168.1.20") / ICMP(),
          IPv6(dst="2001:db8:a::1") / ICMPv6EchoRequest(), IPv6(dst="fd00:1::20") / ICMPv6EchoRequest()]:
    answer = sr1(p, timeout=5)
    print("silence" if answer is None else answer.src)`,
      );
      return stdout.trim().split('\n');
    };
    const everybody = ['203.0.113.1', '192.168.1.20', '2001:db8:a::1', 'fd00:1::20'];
    expect(await answered(twins.bare)).toEqual(everybody);
    expect(await answered(twins.guarded)).toEqual(everybody);
  });

  it.each(['ipv4', 'ipv6'] as const)(
    'lets the friend in at once, after all of this, over %s',
    async (family) => {
      const friend = twins.guarded.host('friend');
      const gateway = twins.guarded.host('gateway');
      const linkLocal = `${gateway.on('wan').linkLocal}%eth0`;
      const doors = [
        [gateway[family], local.open],
        [gateway[family], published.open],
        [twins.guarded.host('server')[family], nas.open],
        ...(family === 'ipv6' ? [[linkLocal, local.open] as const] : []),
      ] as const;
      for (const [address, port] of doors) {
        const tcp = await connect(friend, { address, port, payload: 'it is me' });
        expect(tcp, address).toMatchObject({
          connected: true,
          synRetransmits: 0,
          received: 'hello\nit is me',
        });
        expect((await udpExchange(friend, { address, port, count: 5 })).received).toEqual([0, 1, 2, 3, 4]);
      }
    },
  );

  it('was asked about in user space, not merely dropped by a limit', async () => {
    const { counts, queues } = await twins.system.interceptor();
    expect(counts.denied).toBeGreaterThan(500);
    expect(counts.fallback).toBe(0);
    expect(queues.map(({ droppedFull, droppedSocket }) => droppedFull + droppedSocket)).toEqual([0, 0]);
  });
});
