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

/** What one client sent, from its first byte to the end of its connection. */
export interface Received {
  readonly text: string;
  readonly from: Peer;
}

export interface TcpRecorder extends TcpService {
  /** Of every connection that is over, in the order of their ends; those that only looked have no text. */
  readonly received: readonly Received[];
  waitForReceived(count: number, timeoutMs: number): Promise<boolean>;
}

/** Sends back what it is sent, and keeps it: whether it came intact, and how often. */
export async function startTcpRecorder(host: Host, options: ServiceOptions): Promise<TcpRecorder> {
  const child = await startProgram(host, 'tcp-record', [], options);
  const received = () => seenBy(child).flatMap(asReceived);
  const said = () => received().filter(({ text }) => text !== '');
  return {
    ...tcpService(child),
    get connections() {
      return seenBy(child).flatMap(asConnection);
    },
    get received() {
      return received();
    },
    waitForReceived: (count, timeoutMs) => reached(child, () => said().length >= count, timeoutMs),
  };
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
  return tcpService(await startProgram(host, program, args, options));
}

export function tcpService(child: Child): TcpService {
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

export async function startProgram(
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
  readonly received?: string;
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

function asReceived(seen: Seen): readonly Received[] {
  if (seen.received === undefined || seen.from === undefined) return [];
  return [{ text: seen.received, from: asPeer(seen.from) }];
}

function asDatagram(seen: Seen): readonly Datagram[] {
  if (seen.datagram === undefined || seen.from === undefined) return [];
  return [{ text: seen.datagram, from: asPeer(seen.from) }];
}

function asPeer(text: string): Peer {
  const [address = '', port = '0'] = text.split(' ');
  return { address, port: Number(port) };
}
