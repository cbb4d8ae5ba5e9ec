// SPDX-License-Identifier: MIT
// nmap against several hosts at once, and what its packets brought back on the wire.
import {
  type Capture,
  capturePackets,
  type Host,
  type PortState,
  parseNmapXml,
  type ScanType,
} from '@nftoggle/lab';

export interface ScanPlan {
  readonly type: ScanType;
  readonly extra: readonly string[];
}

/** What nmap said, keyed by `ADDRESS PORT`. */
export type States = ReadonlyMap<string, PortState>;

const speed = ['--max-retries', '2', '--initial-rtt-timeout', '400ms', '--max-rtt-timeout', '500ms'];
const quiet = [
  '-Pn',
  '-n',
  '--disable-arp-ping',
  '--host-timeout',
  '120s',
  '--min-hostgroup',
  '8',
  '--min-parallelism',
  '64',
];

/** Scans all of these addresses, of one family, in one run. */
export async function scanHosts(
  host: Host,
  addresses: readonly string[],
  ports: readonly number[],
  { type, extra }: ScanPlan,
): Promise<States> {
  const family = addresses[0]?.includes(':') === true ? ['-6'] : [];
  const argv = [
    'nmap',
    ...family,
    ...quiet,
    ...speed,
    `-s${type}`,
    '-p',
    ports.join(','),
    ...extra,
    '-oX',
    '-',
  ];
  const { stdout } = await host.run([...argv, ...addresses], { timeoutMs: 150_000 });
  const states = new Map<string, PortState>();
  for (const section of stdout.split(/<host /).slice(1)) {
    const address = /<address addr="([^"]+)"/.exec(section)?.[1] ?? '';
    for (const [port, state] of parseNmapXml(section)) states.set(`${address} ${port}`, state);
  }
  if (states.size !== addresses.length * ports.length) throw new Error(`nmap did not tell all:\n${stdout}`);
  return states;
}

/** What the same scan said of two networks. */
export type Pair = readonly [States, States];

/** So often is nmap asked again about what differs. */
const looks = 3;

/**
 * On a busy machine an answer comes too late for nmap once in a while. What differs is looked at again, alone and on
 * both sides, until it does not; what `isFinal` says of is left as it was seen at first.
 */
export async function lookAgain(
  pair: Pair,
  isFinal: (address: string, port: number) => boolean,
  scanBoth: (address: string, ports: readonly number[]) => Promise<Pair>,
): Promise<Pair> {
  let [one, other] = pair;
  for (let look = 0; look < looks; look += 1)
    for (const [address, ports] of differences([one, other], isFinal)) {
      const again = await scanBoth(address, ports);
      [one, other] = [new Map([...one, ...again[0]]), new Map([...other, ...again[1]])];
    }
  return [one, other];
}

/** Ports by address. */
function differences(
  [one, other]: Pair,
  isFinal: (address: string, port: number) => boolean,
): ReadonlyMap<string, readonly number[]> {
  const ports = new Map<string, number[]>();
  for (const [key, state] of one) {
    const [address = '', port] = key.split(' ');
    if (other.get(key) === state || isFinal(address, Number(port))) continue;
    ports.set(address, [...(ports.get(address) ?? []), Number(port)]);
  }
  return ports;
}

/** Runs tasks, a few at a time. */
export async function inTurns<T>(tasks: readonly (() => Promise<T>)[], atOnce: number): Promise<T[]> {
  const results: T[] = [];
  const queue = [...tasks.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      results[next[0]] = await next[1]();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** Everything the gateway sends towards a host, except what finds neighbours (ARP, neighbour discovery). */
export function captureAnswers(host: Host, gatewayMac: string): Promise<Capture> {
  const neighbours = 'arp or (icmp6 and ip6[40] >= 133 and ip6[40] <= 137)';
  return capturePackets(host, 'eth0', `ether src ${gatewayMac} and not (${neighbours})`);
}

export interface Answer {
  readonly address: string;
  readonly port: number;
  readonly line: string;
}

const segment = /^\S+ IP6? (\S+)\.(\d+) > /;
const unreachable = /ICMP6?,? .*?(\S+) (?:udp|tcp) port (\d+)/;

/** Who answered in a line of tcpdump: the sender, or, in an ICMP error, whom the error is about. */
export function answerIn(line: string): Answer {
  const [, address = 'unknown', port = '0'] = unreachable.exec(line) ?? segment.exec(line) ?? [];
  return { address, port: Number(port), line };
}
