// SPDX-License-Identifier: MIT
// The established connections of guarded services, as the kernel's conntrack knows them.
import { readFileSync } from 'node:fs';
import { contains, type Network, parseAddress } from '@nftoggle/config';
import { networkFromBytes } from './bytes.ts';
import { type GuardedPorts, isAtAny } from './guarded-ports.ts';
import type { Marks } from './marks.ts';
import type { ConntrackFlow, ConntrackTuple, Native } from './native.ts';

type NewFlow = Pick<ConntrackFlow, 'protocol' | 'original'>;

export class Connections {
  readonly #conntrack: InstanceType<Native['Conntrack']>;
  readonly #marks: Marks;

  constructor(native: Native, marks: Marks) {
    this.#conntrack = new native.Conntrack();
    this.#marks = marks;
  }

  /** Ends the connections of one source with one service, and returns how many those were. */
  cut(index: number, source: Network): number {
    const flows = this.#conntrack.list(this.#marks.opened(index), this.#marks.mask);
    // Where conntrack found the connection half-way, the server may stand there as the one who opened it.
    const own = flows.filter(({ original }) =>
      [original.source, original.destination].some((text) => {
        const address = parseAddress(text);
        return address !== null && contains(source, address);
      }),
    );
    return own.filter((flow) => this.#conntrack.remove(flow)).length;
  }

  /** Takes our mark from every connection of a service that is guarded no more. */
  release(index: number): void {
    for (const flow of this.#conntrack.list(this.#marks.opened(index), this.#marks.mask)) {
      this.#conntrack.setMark(flow, this.#marks.merge(flow.mark, 0));
    }
  }

  /**
   * Lets connections that were there before their port was guarded go on, the owner's own first of all:
   * those that conntrack knows get our mark, and established TCP sockets of this box that it does not know
   * are made known to it. A half-open connection was not there yet. Returns how many were kept.
   */
  keepExisting(guarded: readonly GuardedPorts[]): number {
    const open = this.#marks.opened(0);
    const sockets = establishedSockets().filter((flow) => isAtAny(guarded, flow));
    const known = new Set(sockets.map(({ original }) => tupleKey(original)));
    const marked = this.#conntrack
      .list(0, 0)
      .filter(
        (flow) => flow.established || known.has(tupleKey(flow.original)) || known.has(tupleKey(flow.reply)),
      )
      .filter((flow) => isAtAny(guarded, flow) && (flow.mark & this.#marks.open) === 0)
      .filter((flow) => this.#conntrack.setMark(flow, this.#marks.merge(flow.mark, open)));
    const inserted = sockets.filter((flow) => this.#conntrack.insert(flow, open));
    return marked.length + inserted.length;
  }
}

function tupleKey({ source, sourcePort, destination, destinationPort }: ConntrackTuple): string {
  return `${source} ${sourcePort} ${destination} ${destinationPort}`;
}

/** The established TCP sockets of this network namespace, each as the flow its peer would have opened. */
function establishedSockets(): NewFlow[] {
  return [...readSockets('/proc/self/net/tcp'), ...readSockets('/proc/self/net/tcp6')];
}

/** Columns: `sl local_address rem_address st …`; state 01 is ESTABLISHED (Documentation/networking/proc_net_tcp.rst). */
function readSockets(file: string): NewFlow[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/);
    const [here, there] = [parseEndpoint(local), parseEndpoint(remote)];
    if (state !== '01' || here === null || there === null) return [];
    return [
      {
        protocol: 'tcp' as const,
        original: {
          source: there.address,
          destination: here.address,
          sourcePort: there.port,
          destinationPort: here.port,
        },
      },
    ];
  });
}

/** `0100007F:0016`: the address as 32-bit words in host byte order, the port as a number. */
function parseEndpoint(text: string): { address: string; port: number } | null {
  const [words = '', port = ''] = text.split(':');
  if (!/^([0-9A-F]{8}|[0-9A-F]{32})$/.test(words)) return null;
  const bytes = Buffer.from(words, 'hex');
  return {
    address: networkFromBytes(littleEndian ? bytes.swap32() : bytes),
    port: Number.parseInt(port, 16),
  };
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
