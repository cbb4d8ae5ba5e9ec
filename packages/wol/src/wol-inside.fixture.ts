// SPDX-License-Identifier: MIT
// A waker with real sockets, for startInside: it runs in a process of its own inside a network namespace.
import { parseNetwork, type Wake } from '@nftoggle/config';
import type { WakeReply, WakeRequest, WakeTraceReply, WakeTraceRequest } from '@nftoggle/contracts';
import { Processes } from '@nftoggle/daemon';
import { systemClock } from './clock.ts';
import { readLocalAddresses } from './local-addresses.ts';
import { kernelNeighbours } from './neighbours.ts';
import type { WakeEventType } from './news.ts';
import { goalText, type WakeHost } from './target.ts';
import { realProbes } from './wake-await.ts';
import { type Sending, udpSender } from './wake-send.ts';
import { Waker } from './waker.ts';

export interface HostText {
  readonly macs: readonly string[];
  readonly addresses: readonly string[];
  readonly wake?: Partial<Wake>;
}

const hosts = new Map<string, WakeHost>();
const events: { readonly type: WakeEventType; readonly data: unknown }[] = [];
const sendings: Sending[] = [];

const defaults: Wake = {
  ready: { kind: 'asked' },
  timeout: 20,
  minGap: 0,
  ports: [9, 7],
  password: null,
  broadcast: null,
  interface: null,
  run: null,
};

/** Says on its output who refuses, once: calls wait for each other, and cannot ask meanwhile. */
const refusing = new Set<string>();
const probes = realProbes({ neighbours: kernelNeighbours });

const waker = new Waker({
  host: (name) => hosts.get(name),
  clock: systemClock,
  probes: {
    start: (target, heard) =>
      probes.start(target, (sign) => {
        const who = `${target.address} refuses ${goalText(target.goal)}`;
        if (sign.kind === 'refused' && !refusing.has(who)) console.log(who);
        if (sign.kind === 'refused') refusing.add(who);
        heard(sign);
      }),
  },
  neighbours: kernelNeighbours,
  sender: {
    send: async (...args) => {
      const sent = await udpSender.send(...args);
      sendings.push(...sent);
      return sent;
    },
  },
  commands: new Processes(),
  surroundings: () => ({ locals: readLocalAddresses(), container: false }),
  publish: (type, data) => events.push({ type, data }),
  expected: () => null,
  learn: () => undefined,
});

/** Forgets what was sent and published before. */
export function configure(name: string, { macs, addresses, wake }: HostText): void {
  const networks = addresses.flatMap((address) => parseNetwork(address) ?? []);
  hosts.set(name, { name, macs, addresses: networks, wake: { ...defaults, ...wake } });
  events.length = 0;
  sendings.length = 0;
}

/** Asks as the interceptor does, again and again, until it is known how it ends; says when, by the clock on the wall. */
export async function ask(
  request: Omit<WakeRequest, 'patience' | 'by'>,
): Promise<{ reply: WakeReply; at: number }> {
  for (;;) {
    const reply = await waker.ask({ ...request, patience: 5_000, by: 'test' });
    if ('error' in reply || reply.state !== 'waking') return { reply, at: Date.now() };
  }
}

export function trace(request: WakeTraceRequest): Promise<WakeTraceReply> {
  return waker.trace(request);
}

export const published = (): typeof events => events;
export const sent = (): readonly Sending[] => sendings;
