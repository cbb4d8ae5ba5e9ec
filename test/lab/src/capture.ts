// SPDX-License-Identifier: MIT
import { randomInt } from 'node:crypto';
import type { Child } from './child.ts';
import type { Host } from './namespace.ts';
import { programPath } from './program.ts';

export interface CapturedPackets {
  /** One line per packet as tcpdump prints it, with a UNIX timestamp first. */
  readonly lines: readonly string[];
  readonly count: number;
  /** Packets that matched but did not fit into the kernel's buffer: a count of 0 needs a 0 here too. */
  readonly dropped: number;
}

export interface Capture {
  readonly pid: number;
  /** What was seen so far. */
  readonly lines: readonly string[];
  /** Waits for a packet whose line matches: the positive control of a test that expects silence. */
  waitForPacket(pattern: RegExp, timeoutMs: number): Promise<string>;
  /** Ends the capture; every packet that passed before the call is in the answer. */
  stop(): Promise<CapturedPackets>;
}

const PACKET = /^\d+\.\d+ /;

/**
 * Captures what passes an interface in either direction. When this resolves, the capture runs.
 *
 * tcpdump cannot say "that was all", so the filter lets one more frame in: a marker, sent when the capture is
 * to stop. What the kernel had seen before the marker is printed before the marker.
 */
export async function capturePackets(host: Host, iface: string, filter: string): Promise<Capture> {
  if (iface === 'any') throw new TypeError('capture on one interface: the marker needs a wire');
  const cookie = randomInt(1, 2 ** 31)
    .toString(16)
    .padStart(8, '0');
  const marker = `(ether proto 0x88b5 and ether[14:4] = 0x${cookie})`;
  const expression =
    filter.trim() === '' ? `not ether proto 0x88b5 or ${marker}` : `(${filter}) or ${marker}`;
  const sender = await programPath('marker');
  const child = host.start(tcpdumpArgv(iface, expression));
  await child.waitFor(/listening on /, 10_000);
  return {
    pid: child.pid,
    get lines() {
      return packetLines(child);
    },
    waitForPacket: async (pattern, timeoutMs) => {
      const line = await child.waitUntil(
        () => packetLines(child).find((each) => pattern.test(each)),
        timeoutMs,
      );
      if (line === undefined) throw new Error(`no packet like ${pattern} within ${timeoutMs} ms`);
      return line;
    },
    stop: async () => {
      await host.run([sender, iface, cookie]);
      await child.waitFor(/ethertype Unknown \(0x88b5\)/, 10_000);
      await child.stop('SIGINT');
      const lines = packetLines(child);
      return { lines, count: lines.length, dropped: droppedBy(child) };
    },
  };
}

/** Immediate mode and line buffering, so that a packet is printed when it passes; snapshots keep the ring long. */
function tcpdumpArgv(iface: string, expression: string): readonly string[] {
  const buffering = ['--immediate-mode', '-U', '-l', '-s', '512', '-B', '8192'];
  return ['tcpdump', '-i', iface, '-n', '-tt', ...buffering, expression];
}

function packetLines(child: Child): readonly string[] {
  return child.output
    .filter((line) => line.stream === 'stdout' && PACKET.test(line.text))
    .map((line) => line.text)
    .filter((line) => !line.includes('ethertype Unknown (0x88b5)'));
}

function droppedBy(child: Child): number {
  for (const { text } of child.output) {
    const count = /^(\d+) packets? dropped by kernel/.exec(text)?.[1];
    if (count !== undefined) return Number(count);
  }
  throw new Error('tcpdump did not say how many packets it dropped');
}
