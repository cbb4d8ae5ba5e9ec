// SPDX-License-Identifier: MIT
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { withoutZone } from './way.ts';

/** What the kernel knows of an address on its links (ARP, neighbour discovery). */
export interface Neighbour {
  readonly address: string;
  readonly interface: string;
  /** Null while nobody answers for the address. */
  readonly mac: string | null;
  /** `known` is what a kernel says that does not tell more: it has a MAC address. */
  readonly state: 'reachable' | 'known' | 'stale' | 'asking' | 'failed';
}

export interface Neighbours {
  /** Null when the kernel has no entry for it, as for addresses behind a router. */
  find(address: string): Promise<Neighbour | null>;
  /** Those that answer with this MAC address; link-local ones last. */
  withMac(mac: string): Promise<readonly Neighbour[]>;
}

const run = promisify(execFile);
const deadline = 2_000;
/** Milliseconds for which one reading serves all who ask: it costs a process. */
const fresh = 200;

/** By `ip`, or by /proc/net/arp where there is no iproute2: that knows IPv4 alone, and less of it. */
class KernelNeighbours implements Neighbours {
  #read = -Infinity;
  #all: Promise<readonly Neighbour[]> = Promise.resolve([]);

  async find(address: string): Promise<Neighbour | null> {
    const [plain, zone] = address.split('%');
    const found = (await this.#list()).filter((each) => each.address === plain);
    return found.find((each) => zone === undefined || each.interface === zone) ?? null;
  }

  async withMac(mac: string): Promise<readonly Neighbour[]> {
    const all = (await this.#list()).filter((each) => each.mac === mac.toLowerCase());
    return all.sort((a, b) => Number(isLinkLocal(a.address)) - Number(isLinkLocal(b.address)));
  }

  #list(): Promise<readonly Neighbour[]> {
    const now = performance.now();
    if (now - this.#read > fresh) {
      this.#read = now;
      this.#all = readNeighbours();
    }
    return this.#all;
  }
}

export const kernelNeighbours: Neighbours = new KernelNeighbours();

async function readNeighbours(): Promise<readonly Neighbour[]> {
  try {
    const { stdout } = await run('ip', ['-j', 'neigh', 'show'], {
      timeout: deadline,
      maxBuffer: 16 * 2 ** 20,
    });
    return parseIpNeigh(stdout);
  } catch {
    return parseProcArp(await readFile('/proc/net/arp', 'utf8').catch(() => ''));
  }
}

interface IpNeigh {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
}

/** The output of `ip -j neigh`. */
export function parseIpNeigh(json: string): readonly Neighbour[] {
  const entries = JSON.parse(json.trim() === '' ? '[]' : json) as readonly IpNeigh[];
  return entries.map(({ dst, dev, lladdr, state }) => ({
    address: dst,
    interface: dev,
    mac: lladdr?.toLowerCase() ?? null,
    state: stateOf(state?.[0], lladdr !== undefined),
  }));
}

/** `NUD_` states of the kernel. In DELAY and PROBE it uses a stale address while it asks again. */
function stateOf(word: string | undefined, hasMac: boolean): Neighbour['state'] {
  switch (word) {
    case 'REACHABLE':
      return 'reachable';
    case 'STALE':
    case 'DELAY':
    case 'PROBE':
      return 'stale';
    case 'INCOMPLETE':
      return 'asking';
    case 'FAILED':
      return 'failed';
    default:
      return hasMac ? 'known' : 'failed';
  }
}

/** Columns: address, hardware type, flags, MAC address, mask, device. Flag 2 is ATF_COM: it has a MAC address. */
export function parseProcArp(text: string): readonly Neighbour[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [address, , flags, mac, , device] = line.trim().split(/\s+/);
      if (address === undefined || mac === undefined || device === undefined) return [];
      const complete = (Number(flags) & 2) === 2;
      const state = complete ? ('known' as const) : ('failed' as const);
      return [{ address, interface: device, mac: complete ? mac.toLowerCase() : null, state }];
    });
}

export function addressText({ address, interface: name }: Neighbour): string {
  return isLinkLocal(address) ? `${withoutZone(address)}%${name}` : address;
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}
