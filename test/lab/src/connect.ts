// SPDX-License-Identifier: MIT
import type { Child } from './child.ts';
import type { Host } from './namespace.ts';
import { programPath } from './program.ts';

export interface ConnectOptions {
  /** IPv4 or IPv6; its form decides the family. A link-local one ends in `%interface`. */
  readonly address: string;
  readonly port: number;
  /** Source address. */
  readonly source?: string;
  /** Source port. */
  readonly from?: number;
  /** For connect() alone. Default: 1000. */
  readonly timeoutMs?: number;
  readonly payload?: string;
  /** How long to wait for an answer. Default: 1000 with a payload, else 0 (do not read). */
  readonly readMs?: number;
  /** Close by RST: no TIME_WAIT, so the source port can be used again at once. */
  readonly reset?: boolean;
  /** The payload travels in the SYN (TCP Fast Open without a cookie). */
  readonly fastOpen?: boolean;
}

export interface ConnectResult {
  readonly connected: boolean;
  /** ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH … or null. */
  readonly errno: string | null;
  /** Time spent in connect(). */
  readonly ms: number;
  /** How often the kernel had to send the SYN again. With `fastOpen` the payload may be sent again, too. */
  readonly synRetransmits: number;
  /**
   * What the peer said, byte by byte as Latin-1. Reading ends when the payload has come back, at the first
   * answer if there was no payload, at the peer's end of stream, or when the time is up.
   */
  readonly received: string;
}

/** Opens one TCP connection from the host, by the kernel's own connect(). */
export async function connect(host: Host, options: ConnectOptions): Promise<ConnectResult> {
  const [result] = await connectMany(host, 1, options);
  if (result === undefined) throw new Error('the connect program printed nothing');
  return result;
}

/** One connection after the other in one process, for measuring: no process start between them. */
export async function connectMany(
  host: Host,
  count: number,
  options: ConnectOptions,
): Promise<readonly ConnectResult[]> {
  const argv = [await programPath('connect'), ...argumentsOf(options), '-n', String(count)];
  const perConnect = (options.timeoutMs ?? 1000) + readMsOf(options);
  const { stdout } = await host.run(argv, { timeoutMs: 10_000 + count * perConnect });
  return stdout.trimEnd().split('\n').map(parseResult);
}

export function parseResult(line: string): ConnectResult {
  const { us, ...rest } = JSON.parse(line) as Omit<ConnectResult, 'ms'> & { readonly us: number };
  return { ...rest, ms: us / 1000 };
}

function readMsOf(options: ConnectOptions): number {
  return options.readMs ?? (options.payload === undefined ? 0 : 1000);
}

function argumentsOf(options: ConnectOptions): readonly string[] {
  const pairs: readonly (readonly [string, string | number | undefined])[] = [
    ['-a', options.address],
    ['-p', options.port],
    ['-t', options.timeoutMs],
    ['-s', options.source],
    ['-f', options.from],
    ['-d', options.payload],
    ['-r', readMsOf(options)],
  ];
  const flags = [options.reset === true ? '-R' : '', options.fastOpen === true ? '-F' : ''];
  return [
    ...pairs.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)])),
    ...flags.filter((flag) => flag !== ''),
  ];
}

/** A connection that stays open, to see when it falls silent or is cut. */
export interface HeldConnection {
  readonly opened: ConnectResult;
  /** Bytes that came so far. */
  readonly bytes: number;
  readonly received: string;
  /** How it ended: 'end' or an errno; undefined while it is open. */
  readonly closed: string | undefined;
  send(text: string): void;
  /** Resolves to whether that many more bytes came within the time. */
  waitForBytes(count: number, timeoutMs: number): Promise<boolean>;
  waitForClose(timeoutMs: number): Promise<string | undefined>;
  stop(): Promise<void>;
}

export type HoldOptions = Omit<ConnectOptions, 'payload' | 'readMs' | 'fastOpen'>;

/** Opens a connection and keeps it. Throws when it cannot be opened. */
export async function holdConnection(host: Host, options: HoldOptions): Promise<HeldConnection> {
  const child = host.start([await programPath('connect'), ...argumentsOf(options), '-k']);
  const [line] = await child.waitFor(/^\{"connected".*/, (options.timeoutMs ?? 1000) + 5000);
  const opened = parseResult(line);
  if (!opened.connected) throw new Error(`${options.address} port ${options.port}: ${opened.errno}`);
  return heldConnection(child, opened);
}

interface HoldEvent {
  readonly bytes?: number;
  readonly text?: string;
  readonly closed?: string;
}

function heldConnection(child: Child, opened: ConnectResult): HeldConnection {
  const events = (): readonly HoldEvent[] =>
    child.output
      .filter((line) => line.stream === 'stdout')
      .slice(1)
      .map((line) => JSON.parse(line.text) as HoldEvent);
  const bytes = () => events().reduce((sum, event) => sum + (event.bytes ?? 0), 0);
  const closed = () => events().find((event) => event.closed !== undefined)?.closed;
  return {
    opened,
    get bytes() {
      return bytes();
    },
    get received() {
      return events()
        .map((event) => event.text ?? '')
        .join('');
    },
    get closed() {
      return closed();
    },
    send: (text) => child.write(text),
    waitForBytes: async (count, timeoutMs) => {
      const goal = bytes() + count;
      return (await child.waitUntil(() => (bytes() >= goal ? true : undefined), timeoutMs)) === true;
    },
    waitForClose: (timeoutMs) => child.waitUntil(closed, timeoutMs),
    stop: async () => void (await child.stop()),
  };
}
