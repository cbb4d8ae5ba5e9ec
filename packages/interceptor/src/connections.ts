// SPDX-License-Identifier: MIT
// The established connections of guarded services, as the kernel's conntrack knows them.
import { readFileSync } from 'node:fs';
import type { PortRange } from '@nftoggle/config';
import { networkFromBytes } from './bytes.ts';
import { type GuardedPorts, isAtAny } from './guarded-ports.ts';
import type { Marks } from './marks.ts';
import type { ConntrackEvent, ConntrackFlow, ConntrackTuple, Native } from './native.ts';

export interface Watch {
  /** Tells at once of all that has happened by now. */
  read(): void;
  close(): void;
}

/** In bytes: the kernel counts about 1 KiB for each event that waits. */
const watchBuffer = 4 * 1024 * 1024;

type NewFlow = Pick<ConntrackFlow, 'protocol' | 'original'>;

export class Connections {
  readonly #native: Native;
  readonly #conntrack: InstanceType<Native['Conntrack']>;
  readonly #marks: Marks;

  constructor(native: Native, marks: Marks) {
    this.#native = native;
    this.#conntrack = new native.Conntrack();
    this.#marks = marks;
  }

  /** Every connection that passes by our mark, whatever service it belongs to. */
  listOpen(): ConntrackFlow[] {
    return this.#conntrack.list(this.#marks.open, this.#marks.open);
  }

  /**
   * Tells of connections that a service lets in, as they begin and as they are gone, in the kernel's order.
   * Events are hints: after `onLost` some are missing, and only listOpen() knows.
   */
  watch(onEvents: (events: readonly ConntrackEvent[]) => void, onLost: () => void): Watch {
    const { open } = this.#marks;
    return new this.#native.ConntrackWatch({
      value: open,
      mask: open,
      receiveBuffer: watchBuffer,
      onFlows: (batch) => {
        // The kernel compares marks with one value only, so those of no service come, too.
        const letIn = batch.filter(({ flow }) => this.#marks.indexOf(flow.mark) !== 0);
        if (letIn.length > 0) onEvents(letIn);
      },
      onLost,
    });
  }

  /** Gives a connection to another service, or to none. False when it is gone. */
  assign(flow: ConntrackFlow, index: number | null): boolean {
    const ours = index === null ? 0 : this.#marks.opened(index);
    return this.#conntrack.setMark(flow, this.#marks.merge(flow.mark, ours));
  }

  /** False when it was gone already. */
  remove(flow: NewFlow): boolean {
    return this.#conntrack.remove(flow);
  }

  /**
   * Lets connections that were there before their port was guarded go on, the owner's own first of all:
   * those that conntrack knows get our mark, and established TCP sockets of this box that it does not know
   * are made known to it. A half-open connection was not there yet. Returns how many were kept.
   */
  keepExisting(guarded: readonly GuardedPorts[]): number {
    // The tables of connections and of sockets may be long, and most changes guard no new port.
    if (guarded.length === 0) return 0;
    const ports = guarded.flatMap((place) => place.ports);
    const sockets = establishedSockets(ports).filter((flow) => isAtAny(guarded, flow));
    const known = new Set(sockets.map(({ original }) => tupleKey(original)));
    const marked = this.#conntrack
      .list(0, this.#marks.open, ports)
      .filter(
        (flow) => flow.established || known.has(tupleKey(flow.original)) || known.has(tupleKey(flow.reply)),
      )
      .filter((flow) => isAtAny(guarded, flow))
      .filter((flow) => this.assign(flow, 0));
    const inserted = sockets.filter((flow) => this.#conntrack.insert(flow, this.#marks.opened(0)));
    return marked.length + inserted.length;
  }
}

function tupleKey({ source, sourcePort, destination, destinationPort }: ConntrackTuple): string {
  return `${source} ${sourcePort} ${destination} ${destinationPort}`;
}

/** Established TCP sockets at some of the ports of this network namespace, each as the flow its peer would have opened. */
function establishedSockets(ports: readonly PortRange[]): NewFlow[] {
  const tcp = ports.filter(({ protocol }) => protocol === 'tcp');
  if (tcp.length === 0) return [];
  const isWanted = (port: number): boolean => tcp.some(({ from, to }) => from <= port && port <= to);
  return ['/proc/self/net/tcp', '/proc/self/net/tcp6'].flatMap((file) => readSockets(file, isWanted));
}

/** Columns: `sl local_address rem_address st …`; state 01 is ESTABLISHED (Documentation/networking/proc_net_tcp.rst). */
function readSockets(file: string, isWanted: (port: number) => boolean): NewFlow[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/);
    if (state !== '01' || !isWanted(portOf(local))) return [];
    const [here, there] = [addressOf(local), addressOf(remote)];
    if (here === null || there === null) return [];
    const [sourcePort, destinationPort] = [portOf(remote), portOf(local)];
    const original = { source: there, destination: here, sourcePort, destinationPort };
    return [{ protocol: 'tcp' as const, original }];
  });
}

/** `0100007F:0016`: the address as 32-bit words in host byte order, the port as a number. */
function addressOf(endpoint: string): string | null {
  const [words = ''] = endpoint.split(':');
  if (!/^([0-9A-F]{8}|[0-9A-F]{32})$/.test(words)) return null;
  const bytes = Buffer.from(words, 'hex');
  return networkFromBytes(littleEndian ? bytes.swap32() : bytes);
}

function portOf(endpoint: string): number {
  return Number.parseInt(endpoint.slice(endpoint.indexOf(':') + 1), 16);
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
