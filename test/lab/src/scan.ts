// SPDX-License-Identifier: MIT
import type { Host } from './namespace.ts';

/** nmap's letters: SYN, connect, ACK, FIN, NULL, XMAS, window, Maimon, UDP. */
export type ScanType = 'S' | 'T' | 'A' | 'F' | 'N' | 'X' | 'W' | 'M' | 'U';

export const SCAN_TYPES: readonly ScanType[] = ['S', 'T', 'A', 'F', 'N', 'X', 'W', 'M', 'U'];

export type PortState = 'open' | 'closed' | 'filtered' | 'unfiltered' | 'open|filtered' | 'closed|filtered';

/**
 * No ping, no names, one retry. A time-out long enough for a busy machine, yet short enough to scan a silent
 * port in about a second.
 */
const SPEED = ['--max-retries', '1', '--initial-rtt-timeout', '300ms', '--max-rtt-timeout', '500ms'];
const QUIET = ['-Pn', '-n', '--disable-arp-ping', '--host-timeout', '120s'];

/** nmap's verdict on each port. `extra` are further arguments, such as `-f` or `--badsum`. */
export async function scan(
  host: Host,
  address: string,
  ports: readonly number[],
  type: ScanType,
  extra: readonly string[] = [],
): Promise<ReadonlyMap<number, PortState>> {
  const family = address.includes(':') ? ['-6'] : [];
  const what = [`-s${type}`, '-p', ports.join(','), ...extra, '-oX', '-', address];
  const { stdout } = await host.run(['nmap', ...family, ...QUIET, ...SPEED, ...what], { timeoutMs: 150_000 });
  const states = parseNmapXml(stdout);
  const missing = ports.filter((port) => !states.has(port));
  if (missing.length > 0) throw new Error(`nmap says nothing about ${missing.join(', ')}:\n${stdout}`);
  return states;
}

/** Ports are listed one by one, or, when many are alike, as ranges under `extraports`. */
export function parseNmapXml(xml: string): ReadonlyMap<number, PortState> {
  const states = new Map<number, PortState>();
  for (const group of xml.matchAll(/<extraports state="([^"]+)"[\s\S]*?<\/extraports>/g)) {
    for (const range of group[0].matchAll(/<extrareasons [^>]*ports="([^"]+)"/g)) {
      for (const port of portsIn(range[1] ?? '')) states.set(port, group[1] as PortState);
    }
  }
  for (const port of xml.matchAll(/<port [^>]*portid="(\d+)"><state state="([^"]+)"/g)) {
    states.set(Number(port[1]), port[2] as PortState);
  }
  return states;
}

function portsIn(ranges: string): readonly number[] {
  return ranges.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
