// SPDX-License-Identifier: MIT
import type { Host } from './namespace.ts';
import { programPath } from './program.ts';

export interface UdpOptions {
  readonly address: string;
  readonly port: number;
  /** Default: 1. Datagram n carries the text of its number, from "0" on. */
  readonly count?: number;
  /** How long to wait for answers after the last one was sent. Default: 1000. */
  readonly timeoutMs?: number;
  readonly sourcePort?: number;
  /** Pause between two datagrams; without it they leave as one burst. */
  readonly gapMs?: number;
  /** Bytes of each datagram, filled up with dots. */
  readonly size?: number;
}

export interface UdpResult {
  readonly sent: number;
  /** Numbers of the datagrams that came back, in order of arrival. */
  readonly received: readonly number[];
  /** The last ICMP error, such as ECONNREFUSED, or null. */
  readonly errno: string | null;
}

/** Sends numbered datagrams from one socket and collects the answers; ends early when all came back. */
export async function udpExchange(host: Host, options: UdpOptions): Promise<UdpResult> {
  const count = options.count ?? 1;
  const timeoutMs = options.timeoutMs ?? 1000;
  const gapMs = options.gapMs ?? 0;
  const argv = [await programPath('datagrams'), '-a', options.address, '-p', String(options.port)];
  const numbers = ['-n', count, '-t', timeoutMs, '-f', options.sourcePort ?? 0];
  const shape = ['-g', gapMs * 1000, '-s', options.size ?? 0];
  const { stdout } = await host.run([...argv, ...[...numbers, ...shape].map(String)], {
    timeoutMs: timeoutMs + gapMs * count + 10_000,
  });
  return JSON.parse(stdout) as UdpResult;
}
