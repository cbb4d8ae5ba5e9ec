// SPDX-License-Identifier: MIT
// A waker among things that do as they are told.
import { type Network, parseNetwork, type Wake } from '@nftoggle/config';
import type { EventData, WakeRequest } from '@nftoggle/contracts';
import type { CommandRun } from './commands.ts';
import { FakeClock } from './fake-clock.fixture.ts';
import { expectationOf, type WakeEntry, withDuration } from './learned.ts';
import type { Neighbour } from './neighbours.ts';
import type { WakeEventType } from './news.ts';
import type { Sign } from './readiness.ts';
import type { Target, WakeHost } from './target.ts';
import { Waker } from './waker.ts';
import type { LocalAddress } from './way.ts';

export function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === null) throw new TypeError(text);
  return parsed;
}

export function local(name: string, cidr: string): LocalAddress {
  return {
    interface: name,
    address: cidr.split('/')[0] ?? '',
    network: network(cidr),
    loopback: name === 'lo',
  };
}

export interface HostChanges extends Partial<Omit<WakeHost, 'wake' | 'addresses'>> {
  readonly wake?: Partial<Wake>;
  readonly addresses?: readonly string[];
}

/** A NAS at 192.168.1.20 that sleeps, with what a test cares about replaced. */
export function aHost({ wake, addresses = ['192.168.1.20'], ...changes }: HostChanges = {}): WakeHost {
  return {
    name: 'nas',
    macs: ['00:11:32:aa:bb:cc'],
    addresses: addresses.map(network),
    wake: {
      ready: { kind: 'asked' },
      timeout: 60,
      minGap: 30,
      ports: [9, 7],
      password: null,
      broadcast: null,
      interface: null,
      run: null,
      ...wake,
    },
    ...changes,
  };
}

export function aRequest(changes: Partial<WakeRequest> = {}): WakeRequest {
  const port = { protocol: 'tcp', port: 25_565 } as const;
  return { device: 'nas', port, address: null, patience: 5_000, by: 'minecraft', ...changes };
}

interface Probe {
  readonly target: Target;
  readonly heard: (sign: Sign) => void;
}

interface FakeCommand {
  readonly argv: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
  killed: boolean;
  readonly end: (problem: string | null) => void;
}

export class Scene {
  readonly clock = new FakeClock();
  readonly hosts = new Map<string, WakeHost>();
  readonly probes: Probe[] = [];
  /** Every probe that was ever started. */
  probed = 0;
  /** When rounds of magic packets were sent, in milliseconds since the beginning. */
  readonly packets: number[] = [];
  sendProblem: string | null = null;
  readonly commands: FakeCommand[] = [];
  readonly events: { readonly type: WakeEventType; readonly data: unknown }[] = [];
  readonly entries = new Map<string, WakeEntry>();
  readonly neighbours: Neighbour[] = [];
  locals = [local('lo', '127.0.0.1/8'), local('eth0', '192.168.1.1/24')];
  readonly waker: Waker;

  constructor(...hosts: readonly WakeHost[]) {
    for (const host of hosts) this.hosts.set(host.name, host);
    this.waker = new Waker({
      host: (name) => this.hosts.get(name),
      clock: this.clock,
      probes: { start: (target, heard) => this.#probe({ target, heard }) },
      neighbours: {
        find: async () => null,
        withMac: async (mac) => this.neighbours.filter((each) => each.mac === mac),
      },
      sender: {
        send: async (_packet, destinations, ports) => {
          this.packets.push(this.clock.now() - 1_000);
          const problem = this.sendProblem;
          return destinations.flatMap((destination) => ports.map((port) => ({ destination, port, problem })));
        },
      },
      commands: { run: (argv, facts) => this.#run(argv, facts), close: () => undefined },
      surroundings: () => ({ locals: this.locals, container: false }),
      publish: (type, data) => this.events.push({ type, data }),
      expected: (device) => expectationOf(this.entries.get(device))?.median ?? null,
      learn: (device, ms) => this.entries.set(device, withDuration(this.entries.get(device), ms)),
    });
  }

  /** What probes of that port (of all, without one) hear. */
  say(sign: Sign, port?: number): void {
    for (const { target, heard } of [...this.probes]) {
      const { goal } = target;
      if (port === undefined || ('port' in goal && goal.port === port)) heard(sign);
    }
  }

  of<T extends WakeEventType>(wanted: T): readonly EventData<T>[] {
    return this.events.filter(({ type }) => type === wanted).map(({ data }) => data as EventData<T>);
  }

  #probe(probe: Probe): () => void {
    this.probed += 1;
    this.probes.push(probe);
    return () => {
      const index = this.probes.indexOf(probe);
      if (index >= 0) this.probes.splice(index, 1);
    };
  }

  #run(argv: readonly string[], facts: Readonly<Record<string, string>>): CommandRun {
    const { promise: ended, resolve: end } = Promise.withResolvers<string | null>();
    const command: FakeCommand = { argv, facts, killed: false, end };
    this.commands.push(command);
    return {
      ended,
      kill: () => {
        command.killed = true;
      },
    };
  }
}
