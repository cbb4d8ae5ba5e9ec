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
