// SPDX-License-Identifier: MIT
// Packet → flow → decision → verdict.
//
// A held packet is a courtesy: the kernel may throw it away at any moment. What lets a connection in is the
// session in the kernel or the mark of the verdict, and the client's own retry does the rest.
import { type Config, type Network, parseAddress } from '@nftoggle/config';
import {
  type Decision,
  type EventData,
  type EventType,
  type Flow,
  type Id,
  nobody,
  type Reason,
  type Who,
} from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { type Answer, Answers, refusal } from './answers.ts';
import { type Clock, shown } from './clock.ts';
import { type Denial, Denials } from './denials.ts';
import type { Guard } from './guard.ts';
import type { Links } from './links.ts';
import type { NativePacket, QueueTrouble } from './native.ts';
import { type FlowPacket, type Held, Questions } from './questions.ts';
import type { Lane, PacketQueue, PacketQueueHandler } from './queue/packet-queue.ts';
import { RecentDenials } from './recent-denials.ts';
import { facts, newSession } from './session-new.ts';
import type { OpenSession, Sessions } from './sessions.ts';
import { Unasked } from './unasked.ts';
import { deviceToWake, wakeableDevices, wakeTarget } from './wake-target.ts';
import type { Waking } from './waking.ts';
import { WakingRoom } from './waking-room.ts';

export interface InterceptorOptions {
  readonly guard: Pick<Guard, 'marks' | 'serviceOf' | 'takeCounts'>;
  readonly sessions: Sessions;
  readonly links: Pick<Links, 'isOnLink' | 'isOutside'>;
  readonly config: () => Config;
  /** Rejects when there is no answer, or none that can be believed. */
  readonly decide: (flow: Flow) => Promise<Decision>;
  readonly waking: Pick<Waking, 'isReady' | 'wait'>;
  /** Packets in the kernel's queues that we were not given yet. */
  readonly inFlight: () => number;
  /** How long an answer took, in seconds. */
  readonly onAnswered: (seconds: number) => void;
  /** A packet opened a session, and was let in. */
  readonly onStarted: (flow: Flow, session: OpenSession) => void;
  readonly publish: <T extends EventType>(type: T, data: EventData<T>, service?: string) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/** A permission that is older is asked for again before anybody is let in by it, in milliseconds. */
const freshFor = 1_000;

export class Interceptor implements PacketQueueHandler {
  readonly questions: Questions;
  readonly unasked: Unasked;
  /** What the status says of them is in contracts: `packets` is the sum of what became of each. */
  readonly counts = {
    packets: 0,
    allowed: 0,
    denied: 0,
    replaced: 0,
    fallback: 0,
    malformed: 0,
    vanished: 0,
    restored: 0,
  };
  readonly #options: InterceptorOptions;
  readonly #answers: Answers;
  readonly #denials: Denials;
  readonly #recent = new RecentDenials();
  /** Why the kernel's counters cannot be read; null while they can. */
  #unreadable: string | null = null;
  /** Sources that could not be remembered since the last flush, and why. */
  #unremembered: { count: number; error: unknown } = { count: 0, error: undefined };

  constructor(options: InterceptorOptions) {
    this.#options = options;
    const { held, waking } = options.config().limits;
    const room = new WakingRoom(waking, () => wakeableDevices(options.config()));
    this.questions = new Questions(held, room);
    this.#answers = new Answers({
      ...options,
      onFallback: () => {
        this.counts.fallback += 1;
      },
    });
    this.#denials = new Denials({ ...options, shown: (moment) => shown(options.clock, moment) });
    this.unasked = new Unasked(
      {
        takeCounts: () => options.guard.takeCounts(),
        inFlight: options.inFlight,
        onCounted: (service, packets, span) => this.#denials.addUnasked(service, packets, span),
      },
      options.clock.now(),
    );
  }

  /** Questions about each service, by what came of them. */
  get outcomes(): Answers['outcomes'] {
    return this.#answers.outcomes;
  }

  onPackets(queue: PacketQueue, batch: readonly NativePacket[]): void {
    for (const packet of batch) {
      this.counts.packets += 1;
      const service = this.#options.guard.serviceOf(packet.mark);
      if (service !== undefined) this.unasked.arrived(service);
      if (packet.malformed !== undefined) this.#dropMalformed(queue, packet);
      else this.#receive({ queue, packet });
    }
  }

  onTrouble(queue: PacketQueue, kind: QueueTrouble, value: number): void {
    const { lane } = queue;
    if (kind === 'vanished') this.counts.vanished += 1;
    else if (kind === 'small_buffer') {
      this.#options.log.warn(
        { lane, bytes: value },
        'a queue has a small socket buffer: raise net.core.rmem_max',
      );
    } else this.#options.log.warn({ lane, kind, value }, 'the kernel lost packets of a queue');
  }

  /** Reads what the kernel counted, and tells of refusals what is due. To be called each second or so. */
  tell(): void {
    this.countUnasked();
    this.#denials.tell(this.#options.clock.now());
  }

  /** Brings `unasked` up to date. */
  countUnasked(): void {
    try {
      this.unasked.read(this.#options.clock.now());
      this.#unreadable = null;
    } catch (err) {
      const { message } = err as Error;
      if (message !== this.#unreadable)
        this.#options.log.warn({ err }, "the kernel's counters could not be read: trying again");
      this.#unreadable = message;
    }
  }

  /** Tells of all that was refused. The queues are closed: what waited in them was dropped by the kernel. */
  close(): void {
    for (const key of this.questions.keys()) {
      const replaced = this.questions.replaced(key);
      const held = this.questions.take(key);
      const service = held[0] && this.#options.guard.serviceOf(held[0].packet.mark);
      if (service !== undefined) this.unasked.arrived(service, -(held.length + replaced));
    }
    this.countUnasked();
    this.#denials.tellAll(this.#options.clock.now());
  }

  /** Logs what was counted since the last call. */
  flush(): void {
    this.#answers.flush();
    const { count, error } = this.#unremembered;
    if (count > 0)
      this.#options.log.warn({ err: error, count }, 'sources that were let in are not remembered');
    this.#unremembered = { count: 0, error: undefined };
  }

  /** A new configuration is in force: answers given under the old one are not repeated. */
  forgetAnswers(): void {
    this.#recent.clear();
  }

  /** Decides about a packet that has gone on already, and reports: `mode: watch`. */
  async observe(packet: NativePacket): Promise<void> {
    const flow = packet.malformed === undefined ? this.#flowOf(packet) : undefined;
    const answer = flow === undefined ? undefined : await this.#answers.ask(flow);
    this.counts.packets += 1;
    if (packet.malformed !== undefined) this.counts.malformed += 1;
    else if (flow === undefined || answer === undefined) this.counts.denied += 1;
    else if (answer.allow) this.counts.allowed += 1;
    else {
      this.counts.denied += 1;
      this.#deny(flow, sourceKey(flow), answer, 1, 'strangers');
    }
  }

  /** One of no service is in none of the kernel's counts either. */
  #countSourceless({ mark }: NativePacket): void {
    const service = this.#options.guard.serviceOf(mark);
    if (service !== undefined) this.#denials.addRefused(service, 1, this.#options.clock.now());
  }

  #dropMalformed(queue: PacketQueue, packet: NativePacket): void {
    this.counts.malformed += 1;
    queue.drop(packet.id);
    this.#countSourceless(packet);
  }

  #receive(held: Held): void {
    const flow = this.#flowOf(held.packet);
    if (flow === undefined) {
      held.queue.drop(held.packet.id);
      this.counts.denied += 1;
      this.#countSourceless(held.packet);
      return;
    }
    const source = sourceKey(flow);
    const device = deviceToWake(flow, this.#options.config());
    if (this.#sessionOf(flow) !== undefined) this.#receiveKnown(source, flow, device, held);
    else if (!this.#repeatDenial(source, held))
      this.#hold(device === null ? source : targetKey(source, flow), flow, held);
  }

  /**
   * The source has a session: it was opened while this packet was on its way to us, or the service wakes a
   * machine, which may have fallen asleep again.
   */
  #receiveKnown(source: string, flow: Flow, device: Id | null, held: Held): void {
    if (device === null || this.#isReady(flow, device)) this.#accept(flow, [held]);
    else this.#hold(targetKey(source, flow), flow, held);
  }

  #sessionOf(flow: Flow): OpenSession | undefined {
    const { sessions, clock } = this.#options;
    const address = parseAddress(flow.source.address);
    return address === null ? undefined : sessions.find(flow.service, address, flow.interface, clock.now());
  }

  #isReady(flow: Flow, device: Id): boolean {
    const { waking, config } = this.#options;
    return waking.isReady(wakeTarget(flow, device, config()));
  }

  #repeatDenial(source: string, held: Held): boolean {
    const now = this.#options.clock.now();
    const denial = this.#recent.find(source, now);
    if (denial === undefined) return false;
    held.queue.drop(held.packet.id);
    this.counts.denied += 1;
    this.#denials.add(denial, laneOf(denial, held.queue.lane), 1, now);
    return true;
  }

  #hold(key: string, flow: Flow, held: Held): void {
    switch (this.questions.hold(key, held)) {
      case 'first':
        void this.#settle(key, flow);
        break;
      case 'replaced':
        this.counts.replaced += 1;
        break;
      case 'full':
        this.#refuse(flow, sourceKey(flow), refusal('overload'), [held]);
        break;
      case 'no_room':
        this.#refuse(flow, key, refusal('waking_overload'), [held]);
        break;
      case 'joined':
        break;
    }
  }

  async #settle(key: string, flow: Flow): Promise<void> {
    const answer = await this.#answerOf(key, flow);
    if (answer === 'session') {
      this.#accept(flow, this.questions.take(key));
      return;
    }
    const opened = answer.allow ? this.#open(flow, answer) : undefined;
    const replaced = this.questions.replaced(key);
    const held = this.questions.take(key);
    if (opened !== undefined) {
      this.#accept(flow, held);
      this.#remember(opened.session);
      if (opened.isNew) this.#options.onStarted(flow, opened.session);
      return;
    }
    const refused = answer.allow ? refusal('session_not_added', answer.who) : answer;
    // What a machine did not do is about that machine alone, and not repeated to its source.
    this.#refuse(flow, refused.reason === 'wake_failed' ? key : sourceKey(flow), refused, held, replaced);
  }

  /**
   * By what the packets of a question go their way, once the machine that they need is ready.
   * @returns `session` when the source has one, which is all the permission that it needs
   */
  async #answerOf(key: string, flow: Flow): Promise<Answer | 'session'> {
    const { config, clock } = this.#options;
    const since = clock.now();
    let asked = since;
    let answer = await this.#permissionOf(flow);
    for (let awake: Id | null = null; ; ) {
      const device = answer === 'session' ? deviceToWake(flow, config()) : answer.wake;
      if (device === null || device === awake) return answer;
      const who = (answer === 'session' ? this.#sessionOf(flow)?.who : answer.who) ?? nobody;
      const failure = await this.#awaken(key, flow, who, device, since);
      if (failure !== undefined) return refusal(failure, who);
      awake = device;
      // Meanwhile a window may have closed, and a grant may have been revoked.
      const isFresh = answer === 'session' ? this.#sessionOf(flow) : clock.now() - asked <= freshFor;
      if (isFresh) return answer;
      asked = clock.now();
      answer = await this.#permissionOf(flow);
    }
  }

  async #permissionOf(flow: Flow): Promise<Answer | 'session'> {
    if (this.#sessionOf(flow) !== undefined) return 'session';
    const answer = await this.#answers.ask(flow);
    return answer.allow ? answer : { ...answer, wake: null };
  }

  /** Resolves with a reason when the machine is not ready, or not waited for. `since`: when the question was asked. */
  async #awaken(key: string, flow: Flow, who: Who, device: Id, since: number): Promise<Reason | undefined> {
    const { waking, config } = this.#options;
    if (this.#isReady(flow, device)) return undefined;
    this.#refuse(flow, key, refusal('waking_overload', who), this.questions.waitFor(key, device));
    if (!this.questions.hasPackets(key)) return 'waking_overload';
    const timeout = config().devices.get(device)?.wake?.timeout ?? 0;
    const awakening = await waking.wait(wakeTarget(flow, device, config()), since + timeout * 1_000);
    return awakening === 'ready' ? undefined : 'wake_failed';
  }

  /** The session stands in the kernel before any packet is let go; if the kernel refuses it, nothing is. */
  #open(flow: Flow, answer: Answer): { readonly session: OpenSession; readonly isNew: boolean } | undefined {
    const { clock, sessions } = this.#options;
    const now = clock.now();
    const address = parseAddress(flow.source.address);
    if (address === null || !(answer.until > now)) return undefined;
    const session = newSession(flow, address, answer, sessions.ipv6Prefix, clock);
    try {
      return { session, isNew: sessions.open(session, now) };
    } catch (error) {
      this.#options.log.error({ err: error, service: flow.service }, 'the kernel did not take a session');
      return undefined;
    }
  }

  /** After the verdict: it costs nobody a wait, and who is not remembered is let in all the same. */
  #remember(session: OpenSession): void {
    try {
      this.#options.sessions.remember(session);
    } catch (error) {
      this.#unremembered = { count: this.#unremembered.count + 1, error };
    }
  }

  #accept(flow: Flow, held: readonly Held[]): void {
    const { marks } = this.#options.guard;
    for (const { queue, packet } of held) {
      const index = marks.indexOf(packet.mark);
      queue.accept(packet.id, marks.merge(packet.mark, marks.opened(index)));
    }
    this.counts.allowed += held.length;
    this.#options.log.debug({ flow, packets: held.length }, 'let in');
  }

  /** `replaced`: older copies of them that were dropped before, and are refused now. */
  #refuse(flow: Flow, key: string, answer: Answer, held: readonly Held[], replaced = 0): void {
    if (held.length + replaced === 0) return;
    for (const { queue, packet } of held) queue.drop(packet.id);
    this.counts.denied += held.length;
    this.#deny(flow, key, answer, held.length + replaced, held[0]?.queue.lane ?? 'strangers');
  }

  #deny(flow: Flow, key: string, answer: Answer, packets: number, lane: Lane): void {
    const enforced = this.#options.config().mode === 'enforce';
    const { who, reason, rule, nextAllowed } = answer;
    const denial: Denial = { ...facts(flow), who, reason, rule, next_allowed: nextAllowed, enforced };
    const now = this.#options.clock.now();
    this.#recent.remember(key, denial, now);
    this.#denials.add(denial, laneOf(denial, lane), packets, now);
  }

  #flowOf(packet: FlowPacket): Flow | undefined {
    const service = this.#options.guard.serviceOf(packet.mark);
    const address = parseAddress(packet.source);
    // No host sends from an IPv4-mapped address (RFC 6890); rules would read it as the IPv4 one.
    const isMapped = address?.family === 4 && packet.source.includes(':');
    if (service === undefined || address === null || isMapped) return undefined;
    return {
      service,
      protocol: packet.protocol,
      source: this.#sourceOf(packet, address),
      sourcePort: packet.sourcePort,
      destination: packet.destination,
      destinationPort: packet.destinationPort,
      interface: packet.interface,
    };
  }

  #sourceOf(packet: FlowPacket, address: Network): Flow['source'] {
    const { links, config } = this.#options;
    const isOnLink = links.isOnLink(packet.interface, address);
    const isOutside = links.isOutside(packet.interface, address, config().lan);
    return {
      address: packet.source,
      ...(isOnLink && packet.mac !== undefined ? { mac: packet.mac } : {}),
      ...(isOutside ? { outside: true } : {}),
    };
  }
}

/** The kernel takes every private address for one of the LAN; whoever has one on the provider's side is a stranger. */
function laneOf({ source }: Denial, lane: Lane): Lane {
  return source.outside === true ? 'strangers' : lane;
}

/** Packets ask the same question when the same sender, seen on the same interface, asks for the same service. */
function sourceKey(flow: Flow): string {
  return `${flow.service} ${flow.source.address} ${flow.source.mac ?? ''} ${flow.interface}`;
}

/** Where a machine has to be awake, they have to go to the same port of it as well. */
function targetKey(source: string, { protocol, destination, destinationPort }: Flow): string {
  return `${source} ${protocol} ${destination} ${destinationPort}`;
}
