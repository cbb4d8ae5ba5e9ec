// SPDX-License-Identifier: MIT
// Packet → flow → decision → verdict.
//
// A held packet is a courtesy: the kernel may throw it away at any moment. What lets a connection in is the
// session in the kernel or the mark of the verdict, and the client's own retry does the rest.
import { type Config, type Network, parseAddress } from '@nftoggle/config';
import type { Decision, EventData, EventType, Flow, Id, Reason } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { type Answer, Answers, refusal } from './answers.ts';
import { type Clock, shown } from './clock.ts';
import { type Denial, Denials } from './denials.ts';
import type { Guard } from './guard.ts';
import type { Links } from './links.ts';
import type { NativePacket, QueueTrouble } from './native.ts';
import { type FlowPacket, type Held, Questions } from './questions.ts';
import type { PacketQueue, PacketQueueHandler } from './queue/packet-queue.ts';
import { facts, newSession, sessionStarted } from './session-new.ts';
import type { OpenSession, Sessions } from './sessions.ts';
import { deviceToWake, wakeableDevices, wakeTarget } from './wake-target.ts';
import type { Waking } from './waking.ts';
import { WakingRoom } from './waking-room.ts';

export interface InterceptorOptions {
  readonly guard: Pick<Guard, 'marks' | 'serviceOf'>;
  readonly sessions: Sessions;
  readonly links: Pick<Links, 'isOnLink' | 'isOutside'>;
  readonly config: () => Config;
  /** Rejects when there is no answer, or none that can be believed. */
  readonly decide: (flow: Flow) => Promise<Decision>;
  readonly waking: Pick<Waking, 'isReady' | 'wait'>;
  readonly publish: <T extends EventType>(type: T, data: EventData<T>, service: string) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/** A permission that is older is asked for again before anybody is let in by it, in milliseconds. */
const freshFor = 1_000;

export class Interceptor implements PacketQueueHandler {
  readonly questions: Questions;
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
    this.#denials = new Denials(
      (event) => options.publish('access_denied', event, event.service),
      (moment) => shown(options.clock, moment),
    );
  }

  onPackets(queue: PacketQueue, batch: readonly NativePacket[]): void {
    for (const packet of batch) {
      this.counts.packets += 1;
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

  /** Tells what was counted since the last call. */
  flush(): void {
    this.#denials.flush();
    this.#answers.flush();
    const { count, error } = this.#unremembered;
    if (count > 0)
      this.#options.log.warn({ err: error, count }, 'sources that were let in are not remembered');
    this.#unremembered = { count: 0, error: undefined };
  }

  /** A new configuration is in force: answers given under the old one are not repeated. */
  forgetAnswers(): void {
    this.#denials.forgetAnswers();
  }

  /** Decides about a packet that has gone on already, and reports: `mode: watch`. */
  async observe(packet: NativePacket): Promise<void> {
    const flow = packet.malformed === undefined ? this.#flowOf(packet) : undefined;
    const answer = flow === undefined ? undefined : await this.#answers.ask(flow);
    this.counts.packets += 1;
    if (packet.malformed !== undefined) this.counts.malformed += 1;
    else if (flow === undefined || answer === undefined) this.counts.denied += 1;
    else if (answer.allow) this.counts.allowed += 1;
    else this.#deny(flow, sourceKey(flow), answer, 1);
  }

  #dropMalformed(queue: PacketQueue, packet: NativePacket): void {
    this.counts.malformed += 1;
    queue.drop(packet.id);
  }

  #receive(held: Held): void {
    const flow = this.#flowOf(held.packet);
    if (flow === undefined) {
      held.queue.drop(held.packet.id);
      this.counts.denied += 1;
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
    const denial = this.#denials.recent(source, now);
    if (denial === undefined) return false;
    held.queue.drop(held.packet.id);
    this.counts.denied += 1;
    this.#denials.add(source, denial, now, false);
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
    const held = this.questions.take(key);
    if (opened !== undefined) {
      this.#accept(flow, held);
      this.#remember(opened.session);
      if (opened.isNew) this.#publishStarted(flow, opened.session, answer.reason);
      return;
    }
    const refused = answer.allow ? refusal('session_not_added') : answer;
    // What a machine did not do is about that machine alone, and not repeated to its source.
    this.#refuse(flow, refused.reason === 'wake_failed' ? key : sourceKey(flow), refused, held);
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
      const failure = await this.#awaken(key, flow, device, since);
      if (failure !== undefined) return refusal(failure);
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
  async #awaken(key: string, flow: Flow, device: Id, since: number): Promise<Reason | undefined> {
    const { waking, config } = this.#options;
    if (this.#isReady(flow, device)) return undefined;
    this.#refuse(flow, key, refusal('waking_overload'), this.questions.waitFor(key, device));
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

  #publishStarted(flow: Flow, session: OpenSession, reason: Reason): void {
    const { publish, clock } = this.#options;
    publish('session_started', sessionStarted(flow, session, reason, clock), flow.service);
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

  #refuse(flow: Flow, key: string, answer: Answer, held: readonly Held[]): void {
    if (held.length === 0) return;
    for (const { queue, packet } of held) queue.drop(packet.id);
    this.#deny(flow, key, answer, held.length);
  }

  #deny(flow: Flow, key: string, answer: Answer, packets: number): void {
    this.counts.denied += packets;
    const enforced = this.#options.config().mode === 'enforce';
    const { reason, rule, nextAllowed } = answer;
    const denial: Denial = { ...facts(flow), reason, rule, next_allowed: nextAllowed, enforced };
    this.#denials.add(key, denial, this.#options.clock.now(), true);
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

/** Packets ask the same question when the same sender, seen on the same interface, asks for the same service. */
function sourceKey(flow: Flow): string {
  return `${flow.service} ${flow.source.address} ${flow.source.mac ?? ''} ${flow.interface}`;
}

/** Where a machine has to be awake, they have to go to the same port of it as well. */
function targetKey(source: string, { protocol, destination, destinationPort }: Flow): string {
  return `${source} ${protocol} ${destination} ${destinationPort}`;
}
