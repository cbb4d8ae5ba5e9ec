// SPDX-License-Identifier: MIT
// Packet → flow → decision → verdict.
//
// A held packet is a courtesy: the kernel may throw it away at any moment. What lets a connection in is the
// session in the kernel or the mark of the verdict, and the client's own retry does the rest.
import { BadAnswerError } from '@nftoggle/bus';
import { type Config, type Network, parseAddress } from '@nftoggle/config';
import type { Decision, EventData, EventType, Flow, Reason } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { type Clock, shown } from './clock.ts';
import { type Denial, Denials } from './denials.ts';
import type { Guard } from './guard.ts';
import type { Links } from './links.ts';
import type { NativePacket, QueueTrouble } from './native.ts';
import { type FlowPacket, type Held, Questions } from './questions.ts';
import type { PacketQueue, PacketQueueHandler } from './queue/packet-queue.ts';
import { facts, newSession, type Permission, permissionOf, sessionStarted } from './session-new.ts';
import type { OpenSession, Sessions } from './sessions.ts';

export interface InterceptorOptions {
  readonly guard: Pick<Guard, 'marks' | 'serviceOf'>;
  readonly sessions: Sessions;
  readonly links: Pick<Links, 'isOnLink' | 'isOutside'>;
  readonly config: () => Config;
  /** Rejects when there is no answer, or none that can be believed. */
  readonly decide: (flow: Flow) => Promise<Decision>;
  readonly publish: <T extends EventType>(type: T, data: EventData<T>, service: string) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/** How long an open session lasts when the fallback of a service allows, in milliseconds. */
const fallbackSession = 60_000;

/** An answer as the interceptor acts on it: a decision, or the fallback where none came. */
interface Answer extends Permission {
  readonly allow: boolean;
  /** Of a refusal: see `Decision`. */
  readonly nextAllowed: string | null;
}

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
  readonly #denials: Denials;
  /** Questions without an answer that were not told of yet; while policy is away they come by the hundred. */
  #unanswered = 0;
  #isSilent = false;
  /** Sources that could not be remembered since the last flush, and why. */
  #unremembered: { count: number; error: unknown } = { count: 0, error: undefined };

  constructor(options: InterceptorOptions) {
    this.#options = options;
    this.questions = new Questions(options.config().limits.held);
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
    if (this.#unanswered > 0) this.#tellUnanswered('policy does not answer');
    else this.#isSilent = false;
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
    const answer = flow === undefined ? undefined : await this.#ask(flow);
    this.counts.packets += 1;
    if (packet.malformed !== undefined) this.counts.malformed += 1;
    else if (flow === undefined || answer === undefined) this.counts.denied += 1;
    else if (answer.allow) this.counts.allowed += 1;
    else this.#deny(flow, questionKey(flow), answer, 1);
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
    const now = this.#options.clock.now();
    const key = questionKey(flow);
    if (this.#sessionOf(flow, now) !== undefined) this.#accept(flow, [held]);
    else if (!this.#repeatDenial(key, held, now)) this.#hold(key, flow, held);
  }

  /** The session may have been opened while this packet was on its way to us. */
  #sessionOf(flow: Flow, now: number): OpenSession | undefined {
    const address = parseAddress(flow.source.address);
    return address === null
      ? undefined
      : this.#options.sessions.find(flow.service, address, flow.interface, now);
  }

  #repeatDenial(key: string, held: Held, now: number): boolean {
    const denial = this.#denials.recent(key, now);
    if (denial === undefined) return false;
    held.queue.drop(held.packet.id);
    this.counts.denied += 1;
    this.#denials.add(key, denial, now, false);
    return true;
  }

  #hold(key: string, flow: Flow, held: Held): void {
    const outcome = this.questions.hold(key, held);
    if (outcome === 'full') {
      held.queue.drop(held.packet.id);
      this.#deny(flow, key, refusal('overload'), 1);
    } else if (outcome === 'replaced') this.counts.replaced += 1;
    else if (outcome === 'first') void this.#settle(key, flow);
  }

  async #settle(key: string, flow: Flow): Promise<void> {
    const answer = await this.#ask(flow);
    const opened = answer.allow ? this.#open(flow, answer) : undefined;
    const held = this.questions.take(key);
    if (opened !== undefined) {
      this.#accept(flow, held);
      this.#remember(opened.session);
      if (opened.isNew) this.#publishStarted(flow, opened.session, answer.reason);
      return;
    }
    for (const { queue, packet } of held) queue.drop(packet.id);
    this.#deny(flow, key, answer.allow ? refusal('session_not_added') : answer, held.length);
  }

  async #ask(flow: Flow): Promise<Answer> {
    try {
      const decision = await this.#options.decide(flow);
      const openFor = this.#options.config().services.get(flow.service)?.openFor ?? 0;
      return {
        ...permissionOf(decision, openFor, this.#options.clock),
        allow: decision.decision === 'allow',
        nextAllowed: decision.next_allowed,
      };
    } catch (error) {
      return this.#fallback(flow, error);
    }
  }

  #fallback(flow: Flow, error: unknown): Answer {
    this.counts.fallback += 1;
    const reason = error instanceof BadAnswerError ? 'bad_answer' : 'no_answer';
    this.#unanswered += 1;
    if (!this.#isSilent) this.#tellUnanswered((error as Error).message);
    this.#isSilent = true;
    const service = this.#options.config().services.get(flow.service);
    const { prefix = 0 } = parseAddress(flow.source.address) ?? {};
    return {
      ...refusal(reason),
      allow: service?.fallback === 'allow',
      until: this.#options.clock.now() + fallbackSession,
      atEnd: service?.atEnd ?? 'cut',
      prefix,
    };
  }

  #tellUnanswered(problem: string): void {
    this.#options.log.warn({ questions: this.#unanswered }, `no decision, the fallback applies: ${problem}`);
    this.#unanswered = 0;
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

function refusal(reason: Reason): Answer {
  return {
    allow: false,
    reason,
    rule: null,
    nextAllowed: null,
    until: 0,
    bound: 'session_time',
    atEnd: 'cut',
    accounts: [],
    prefix: 0,
  };
}

/** Packets ask the same question when the same sender, seen on the same interface, asks for the same service. */
function questionKey(flow: Flow): string {
  return `${flow.service} ${flow.source.address} ${flow.source.mac ?? ''} ${flow.interface}`;
}
