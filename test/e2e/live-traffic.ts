// SPDX-License-Identifier: MIT
// The positive side of a test that goes on for a while: connections that were let in and must not notice.
import type { Child, Host } from '@nftoggle/lab';

export interface LiveStream {
  /** `tcp ADDRESS` or `udp ADDRESS`. */
  readonly name: string;
  readonly sent: number;
  readonly received: number;
  /** Between two answers, in milliseconds. */
  readonly longestSilence: number;
  /** What came out of order, or how the connection ended; null when nothing was wrong. */
  readonly fault: string | null;
}

export class LiveTraffic {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** To echo servers of `target`: TCP and UDP, IPv4 and IPv6. Resolves when all four had an answer. */
  static async start(host: Host, target: Host, tcpPort: number, udpPort: number): Promise<LiveTraffic> {
    const program = `${import.meta.dirname}/programs/live-traffic.ts`;
    const ports = [String(tcpPort), String(udpPort)];
    const child = host.start([process.execPath, program, ...ports, target.ipv4, target.ipv6]);
    await child.waitFor(/^live$/, 15_000);
    return new LiveTraffic(child);
  }

  /** Stops sending, waits for the last answers, and says how each stream fared. */
  async stop(): Promise<readonly LiveStream[]> {
    this.#child.endInput();
    await this.#child.exited;
    return this.#child.output
      .filter(({ stream, text }) => stream === 'stdout' && text.startsWith('{'))
      .map(({ text }) => JSON.parse(text) as LiveStream);
  }
}

/** Streams on which something was lost, late by order, or cut. */
export function harmed(streams: readonly LiveStream[]): readonly LiveStream[] {
  return streams.filter(({ sent, received, fault }) => sent !== received || fault !== null);
}

/**
 * Segments of established connections that a host had to send again because they were lost; those that the
 * peer says it got twice (DSACK) were not.
 */
export async function lostSegments(host: Host, filter: string): Promise<number> {
  const { stdout } = await host.run(['ss', '-tinH', 'state', 'established', filter]);
  const sum = (pattern: RegExp): number =>
    [...stdout.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
  return sum(/\bretrans:\d+\/(\d+)/g) - sum(/\bdsack_dups:(\d+)/g);
}
