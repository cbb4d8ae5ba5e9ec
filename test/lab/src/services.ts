// SPDX-License-Identifier: MIT
import type { Child } from './child.ts';
import type { Host } from './namespace.ts';
import { scriptArgv } from './program.ts';

export interface ServiceOptions {
  /** One process may serve several ports. */
  readonly port: number | readonly number[];
  /** Default: every address of the host, IPv4 and IPv6. */
  readonly address?: string;
}

export interface Peer {
  readonly address: string;
  readonly port: number;
}

export interface Service {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface TcpService extends Service {
  /** Who got through to the program so far. */
  readonly connections: readonly Peer[];
  /** False when fewer had come by the end of the time. */
  waitForConnections(count: number, timeoutMs: number): Promise<boolean>;
}

export interface Datagram {
  readonly text: string;
  readonly from: Peer;
}

export interface UdpService extends Service {
  /** What arrived so far, in the order of arrival. */
  readonly datagrams: readonly Datagram[];
  waitForDatagrams(count: number, timeoutMs: number): Promise<boolean>;
}

/** Greets, then sends back what it is sent. */
export function startTcpEcho(
  host: Host,
  options: ServiceOptions & { readonly greeting?: string },
): Promise<TcpService> {
  return startTcp(host, 'tcp-echo', [options.greeting ?? 'hello\n'], options);
}

/** Sends a byte every 50 ms (or as told) for as long as the client stays. */
export function startTcpPush(
  host: Host,
  options: ServiceOptions & { readonly intervalMs?: number },
): Promise<TcpService> {
  return startTcp(host, 'tcp-push', [String(options.intervalMs ?? 50)], options);
}

/** Answers every request with one page. */
export function startHttpPage(
  host: Host,
  options: ServiceOptions & { readonly body?: string },
): Promise<TcpService> {
  return startTcp(host, 'http-page', [options.body ?? `<h1>${host.name}</h1>\n`], options);
}

/** Records datagrams and sends them back. */
export async function startUdpEcho(host: Host, options: ServiceOptions): Promise<UdpService> {
  const child = await startProgram(host, 'udp-echo', [], options);
  const datagrams = () => seenBy(child).flatMap(asDatagram);
  return {
    pid: child.pid,
    get datagrams() {
      return datagrams();
    },
    waitForDatagrams: (count, timeoutMs) => reached(child, () => datagrams().length >= count, timeoutMs),
    stop: async () => void (await child.stop()),
  };
}

async function startTcp(
  host: Host,
  program: string,
  args: readonly string[],
  options: ServiceOptions,
): Promise<TcpService> {
  const child = await startProgram(host, program, args, options);
  const connections = () => seenBy(child).flatMap(asConnection);
  return {
    pid: child.pid,
    get connections() {
      return connections();
    },
    waitForConnections: (count, timeoutMs) => reached(child, () => connections().length >= count, timeoutMs),
    stop: async () => void (await child.stop()),
  };
}

async function startProgram(
  host: Host,
  program: string,
  args: readonly string[],
  options: ServiceOptions,
): Promise<Child> {
  const ports = [options.port].flat().map(String);
  const child = host.start(scriptArgv(program, [...args, options.address ?? '::', ...ports]));
  await child.waitFor(/^listening$/, 15_000);
  return child;
}

async function reached(child: Child, check: () => boolean, timeoutMs: number): Promise<boolean> {
  return (await child.waitUntil(() => (check() ? true : undefined), timeoutMs)) === true;
}

interface Seen {
  readonly connection?: string;
  readonly datagram?: string;
  readonly from?: string;
}

function seenBy(child: Child): readonly Seen[] {
  return child.output
    .filter((line) => line.stream === 'stdout' && line.text.startsWith('{'))
    .map((line) => JSON.parse(line.text) as Seen);
}

function asConnection(seen: Seen): readonly Peer[] {
  return seen.connection === undefined ? [] : [asPeer(seen.connection)];
}

function asDatagram(seen: Seen): readonly Datagram[] {
  if (seen.datagram === undefined || seen.from === undefined) return [];
  return [{ text: seen.datagram, from: asPeer(seen.from) }];
}

function asPeer(text: string): Peer {
  const [address = '', port = '0'] = text.split(' ');
  return { address, port: Number(port) };
}
