// SPDX-License-Identifier: MIT
// Packets that wait for a machine in a real kernel, for startInside: policy and wol are played, all else is as
// in the daemon.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision, EventData, EventType, Flow, WakeReply, WakeRequest } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { aLoaded } from '@nftoggle/testkit';
import { testedAddon } from './addon.fixture.ts';
import { after, systemClock } from './clock.ts';
import { anAllow } from './decision.fixture.ts';
import { Guard } from './guard.ts';
import { Interceptor } from './interceptor.ts';
import { Links } from './links.ts';
import { bindQueue } from './queue/native-queue.ts';
import { table } from './ruleset/names.ts';
import { sessionStarted } from './session-new.ts';
import { Sessions } from './sessions.ts';
import { deviceToWake } from './wake-target.ts';
import { Waking } from './waking.ts';

const native = testedAddon();
const messages = new native.NftMessages();

const told = {
  asked: [] as Flow[],
  wakes: [] as WakeRequest[],
  /** When a device was ready first. */
  ready: null as number | null,
  events: [] as { type: EventType; data: Partial<EventData<EventType>> }[],
};
let word: 'allow' | 'deny' = 'allow';
let isWolThere = true;
/** Does wol say that everything is ready, whatever it is? */
let isBlind = false;
let guard: Guard | undefined;
let links: Links | undefined;
let interceptor: Interceptor | undefined;
const queues: { close(): void }[] = [];

export const log = () => told;
export function say(decision: 'allow' | 'deny'): void {
  word = decision;
}
export function wol(isThere: boolean): void {
  isWolThere = isThere;
}
export function lie(): void {
  isBlind = true;
}
export const status = () => ({
  held: interceptor?.questions.held,
  waking: interceptor?.questions.waking,
  ...interceptor?.counts,
});

export async function begin(yamlText: string): Promise<void> {
  const { config } = aLoaded(yamlText);
  guard = new Guard(native, config);
  links = new Links();
  const ofTable = {
    put: (elements: Parameters<typeof messages.replaceElements>[1]) =>
      messages.replaceElements(table, elements),
    remove: (elements: Parameters<typeof messages.removeElements>[1]) =>
      messages.removeElements(table, elements),
  };
  interceptor = new Interceptor({
    guard,
    sessions: new Sessions(ofTable, config.kernel.ipv6Prefix),
    links,
    config: () => config,
    decide: async (flow): Promise<Decision> => {
      told.asked.push(flow);
      await sleep(1);
      if (word === 'deny') return anAllow({ decision: 'deny', reason: 'no_rule', rule: null });
      return anAllow({ wake: deviceToWake(flow, config) });
    },
    waking: new Waking({ wake, now: systemClock.now, after, log: { warn: () => undefined } }),
    inFlight: () => 0,
    onAnswered: () => undefined,
    onStarted: (flow, session) =>
      told.events.push({ type: 'session_started', data: sessionStarted(flow, session, systemClock) }),
    publish: (type, data) => told.events.push({ type, data }),
    log: { debug: () => undefined, warn: console.warn, error: console.error } as unknown as Logger,
    clock: systemClock,
  });
  const { queue } = config.kernel;
  queues.push(await bindQueue(native, 'known', queue, 1_024, interceptor));
  queues.push(await bindQueue(native, 'strangers', queue + 1, 1_024, interceptor));
  guard.apply(config, links.inside(config.lan));
}

export function apply(yamlText: string): void {
  const { config } = aLoaded(yamlText);
  if (links !== undefined) guard?.apply(config, links.inside(config.lan));
}

export const nftRun = (commands: string): string => new native.Nftables().run(commands);

/** The interceptor is gone, its table is not. */
export function die(): void {
  for (const queue of queues.splice(0)) queue.close();
}

const [mac, first] = ['020000000120', '192.168.1.20'];

/** What wol does, in short: a magic packet at each question until the port answers. */
async function wake(request: WakeRequest): Promise<WakeReply> {
  told.wakes.push(request);
  if (!isWolThere) throw new Error('nobody answers');
  const { device, port, address, patience } = request;
  const reply = { device, started: null, deadline: null, retryAt: null, expected: null, problem: null };
  if (isBlind) return { ...reply, state: 'ready' };
  const end = Date.now() + patience;
  if (await answers(address ?? first, port?.port ?? 0)) return { ...reply, state: 'ready' };
  await sendMagicPacket();
  while (Date.now() < end) {
    if (await answers(address ?? first, port?.port ?? 0)) {
      told.ready ??= Date.now();
      return { ...reply, state: 'ready' };
    }
    await sleep(20);
  }
  return { ...reply, state: 'waking' };
}

/** Of UDP, the TCP port next to it. */
function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: port === 19_132 ? 25_565 : port, timeout: 100 });
    const end = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.on('connect', () => end(true)).on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
}

export async function sendMagicPacket(): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((bound) => socket.bind(0, bound));
  socket.setBroadcast(true);
  const bytes = Buffer.from('ff'.repeat(6) + mac.repeat(16), 'hex');
  await new Promise<void>((sent) => socket.send(bytes, 9, '192.168.1.255', () => sent()));
  socket.close();
}
