// SPDX-License-Identifier: MIT
import type {
  Id,
  Refusal,
  WakeReply,
  WakeRequest,
  WakeState,
  WakeTraceReply,
  WakeTraceRequest,
} from '@nftoggle/contracts';
import { Awaiting } from './awaiting.ts';
import { shown } from './clock.ts';
import { examine } from './doctor.ts';
import { Episodes } from './episodes.ts';
import { type Ending, Memory } from './memory.ts';
import type { Neighbours } from './neighbours.ts';
import { addressText } from './neighbours.ts';
import { addressesOf, goalOf, goalText, isAddress, type Target, targetKey, type WakeHost } from './target.ts';
import type { Trace } from './trace.ts';
import { Wake, type WakeTools } from './wake.ts';
import type { Probes } from './wake-await.ts';

export interface WakerOptions extends WakeTools {
  /** A device of the configuration in force that can be woken; undefined for every other name. */
  readonly host: (name: Id) => WakeHost | undefined;
  readonly probes: Probes;
  readonly neighbours: Neighbours;
}

/**
 * How long a machine has to answer before it is taken to sleep, in milliseconds. One on a LAN answers within a few,
 * one that dozes on Wi-Fi within 200; a magic packet too many does no harm.
 */
export const headStart = 300;

export const limits = {
  /** Devices that are woken at once. */
  wakes: 64,
  /** Targets that are probed at once. */
  targets: 256,
  /** Questions that wait for an answer. */
  asks: 2_000,
} as const;

/** A target that is probed, with all who wait for it. */
interface Pending {
  readonly key: string;
  readonly awaiting: Awaiting;
  readonly trace: Trace;
  readonly by: string;
  wake: Wake | null;
  ending: Ending | null;
  cancelHeadStart: () => void;
  readonly waiting: Set<() => void>;
}

/**
 * Answers who asks for a device: probes it, wakes it if it sleeps, once however many ask, and remembers for a moment
 * how that ended.
 */
export class Waker {
  readonly #options: WakerOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #wakes = new Map<Id, Wake>();
  readonly #memory: Memory;
  readonly #episodes: Episodes;
  #asks = 0;

  constructor(options: WakerOptions) {
    this.#options = options;
    this.#memory = new Memory(options.clock.now);
    this.#episodes = new Episodes(options.clock);
  }

  /** Wakes under way. */
  get wakes(): readonly Wake[] {
    return [...this.#wakes.values()];
  }

  /** Answers when it is known how it ends, or after the patience of who asks. */
  async ask(request: WakeRequest): Promise<WakeReply> {
    const target = await this.#targetOf(request);
    if ('error' in target) return target;
    const known = this.#memory.ending(targetKey(target));
    if (known !== undefined) return this.#stateOf(target.host.name, known);
    if (this.#asks >= limits.asks) return tooMany;
    const pending = this.#follow(target, request.by);
    if (pending === null) return tooMany;
    await this.#settled(pending, request.patience);
    return pending.ending === null
      ? this.#underWay(pending)
      : this.#stateOf(target.host.name, pending.ending);
  }

  /** The steps of the wake under way or of the last one; a question from the beginning starts one. */
  async trace(request: WakeTraceRequest): Promise<WakeTraceReply> {
    const { device, after, patience, by } = request;
    const target = await this.#targetOf({ device, by, port: null, address: null });
    if ('error' in target) return target;
    if (this.#asks >= limits.asks) return tooMany;
    const trace = request.doctor ? this.#examined(target, after) : this.#traced(target, after, by);
    if (trace === null) return tooMany;
    this.#asks += 1;
    const steps = await trace.read(after, patience);
    this.#asks -= 1;
    return steps;
  }

  close(): void {
    for (const pending of [...this.#pending.values()]) this.#end(pending, endedWithUs);
    for (const wake of this.#wakes.values()) wake.close();
    this.#wakes.clear();
    this.#episodes.close();
  }

  async #targetOf(
    request: Pick<WakeRequest, 'device' | 'port' | 'address' | 'by'>,
  ): Promise<Target | Refusal> {
    const host = this.#options.host(request.device);
    if (host === undefined) return unknown(`${request.device} is no device that can be woken`);
    if (request.address !== null && !isAddress(request.address))
      return unknown(`not an address: ${request.address}`);
    const address = request.address ?? addressesOf(host)[0] ?? (await this.#addressByMac(host));
    if (address === undefined) {
      return unknown(
        `${host.name} has no address in the configuration, and none of its MAC addresses is known here`,
      );
    }
    return { host, address, goal: goalOf(host.wake.ready, request.port) };
  }

  async #addressByMac({ macs }: WakeHost): Promise<string | undefined> {
    const found = await Promise.all(macs.map((mac) => this.#options.neighbours.withMac(mac)));
    return found.flat().map(addressText)[0];
  }

  #follow(target: Target, by: string): Pending | null {
    return this.#pending.get(targetKey(target)) ?? this.#begin(target, by);
  }

  #begin(target: Target, by: string): Pending | null {
    if (this.#pending.size >= limits.targets) return null;
    const { clock, probes } = this.#options;
    const key = targetKey(target);
    const trace = this.#episodes.begin(target.host.name, key);
    const awaiting = new Awaiting({ target, clock, probes, trace, onReady: () => this.#ready(pending) });
    const pending: Pending = {
      key,
      awaiting,
      trace,
      by,
      wake: null,
      ending: null,
      cancelHeadStart: () => undefined,
      waiting: new Set(),
    };
    this.#pending.set(key, pending);
    const wake = this.#wakes.get(target.host.name);
    // An answer in mid-wake is not that of a machine that was up already.
    if (wake !== undefined) this.#join(pending, wake);
    else pending.cancelHeadStart = clock.after(headStart, () => this.#asleep(pending));
    return pending;
  }

  #ready(pending: Pending): void {
    const { wake, awaiting, trace } = pending;
    if (wake === null) {
      const { address, goal } = awaiting.target;
      const took = Math.round(this.#options.clock.now() - awaiting.begun);
      trace.add('ready', true, `${address} ${goalText(goal)}: ready, it was up already (${took} ms)`);
    }
    this.#end(pending, { state: 'ready', wake: wakeTimes(wake), retryAt: null, problem: null });
    wake?.ready(awaiting);
  }

  /** Nothing was ready within the head start. */
  #asleep(pending: Pending): void {
    const { awaiting, trace, by } = pending;
    const { host, address, goal } = awaiting.target;
    const what = awaiting.seen.refused ? 'refused' : 'no answer';
    trace.add('probe', null, `${address} ${goalText(goal)}: ${what} within ${headStart} ms`);
    const failure = this.#memory.failure(host.name) ?? this.#memory.failure(pending.key);
    const running = this.#wakes.get(host.name);
    if (running === undefined && this.#memory.wasReady(host.name)) {
      // It was up a moment ago, at another port or address: the kernel may have asked for this one while it slept.
      pending.cancelHeadStart = this.#options.clock.after(headStart, () => this.#asleep(pending));
      return;
    }
    if (failure !== undefined) this.#tooSoon(pending, failure);
    else if (running !== undefined) this.#join(pending, running);
    else if (this.#wakes.size >= limits.wakes) this.#end(pending, tooManyWakes);
    else {
      const wake = this.#newWake(host, address, by, trace);
      this.#join(pending, wake);
      wake.start();
    }
  }

  #tooSoon(pending: Pending, failure: Ending): void {
    const at = shown(this.#options.clock, failure.retryAt ?? 0);
    pending.trace.add('failed', false, `not woken again before ${at}: ${failure.problem}`);
    this.#end(pending, failure);
  }

  #join(pending: Pending, wake: Wake): void {
    pending.wake = wake;
    wake.join(pending.awaiting);
  }

  #newWake(host: WakeHost, address: string, by: string, trace: Trace): Wake {
    this.#episodes.show(host.name);
    const wake = new Wake({
      host,
      address,
      by,
      trace,
      tools: this.#options,
      onFailed: (awaiting, problem) => this.#failed(awaiting, wake, problem),
      onEnd: (ready) => this.#ended(wake, ready),
    });
    this.#wakes.set(host.name, wake);
    return wake;
  }

  #failed(awaiting: Awaiting, wake: Wake, problem: string): void {
    const pending = this.#pending.get(targetKey(awaiting.target));
    if (pending === undefined) return;
    const retryAt = this.#options.clock.now() + wake.host.wake.minGap * 1_000;
    const ending: Ending = { state: 'failed', wake: wakeTimes(wake), retryAt, problem };
    this.#memory.fail(pending.key, ending);
    this.#end(pending, ending);
  }

  /** A machine of which nothing was ready is left alone, whatever is asked for. */
  #ended(wake: Wake, ready: boolean): void {
    this.#wakes.delete(wake.host.name);
    if (ready) return;
    const retryAt = this.#options.clock.now() + wake.host.wake.minGap * 1_000;
    const problem = this.#memory.lastProblem(wake.host.name) ?? 'it did not get ready in time';
    this.#memory.fail(wake.host.name, { state: 'failed', wake: wakeTimes(wake), retryAt, problem });
  }

  #end(pending: Pending, ending: Ending): void {
    pending.cancelHeadStart();
    pending.awaiting.close();
    pending.ending = ending;
    this.#pending.delete(pending.key);
    if (ending !== endedWithUs) this.#memory.remember(pending.key, ending);
    // Its own last words come first.
    queueMicrotask(() =>
      this.#episodes.end(pending.awaiting.target.host.name, pending.key, ending.state === 'ready'),
    );
    for (const go of pending.waiting) go();
  }

  async #settled(pending: Pending, patience: number): Promise<void> {
    if (pending.ending !== null || patience === 0) return;
    this.#asks += 1;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        cancel();
        pending.waiting.delete(go);
        resolve();
      };
      const cancel = this.#options.clock.after(patience, go);
      pending.waiting.add(go);
    });
    this.#asks -= 1;
  }

  #underWay({ wake, awaiting }: Pending): WakeState {
    const times = wakeTimes(wake);
    const state = { state: 'waking', wake: times, retryAt: null, problem: wake?.problem ?? null } as const;
    return this.#stateOf(awaiting.target.host.name, state);
  }

  #stateOf(device: Id, { state, wake, retryAt, problem }: Ending | UnderWay): WakeState {
    const { clock, expected } = this.#options;
    const text = (moment: number | null | undefined): string | null =>
      moment === null || moment === undefined ? null : shown(clock, moment);
    return {
      state,
      device,
      started: text(wake?.started),
      deadline: text(wake?.deadline),
      retryAt: text(retryAt),
      expected: expected(device),
      problem,
    };
  }

  #traced(target: Target, after: number, by: string): Trace | null {
    const { name } = target.host;
    const running = this.#episodes.running(name);
    const last = this.#episodes.last(name);
    // After a restart there is none: the wake begins again.
    if (running === undefined && after > 0 && last !== undefined) return last;
    const trace = running ?? this.#begin(target, by)?.trace ?? null;
    // Whoever reads its beginning reads on when it is over, so it is the last one from now on.
    if (after === 0) this.#episodes.show(name);
    return trace;
  }

  #examined(target: Target, after: number): Trace {
    const { name } = target.host;
    const last = this.#episodes.examination(name);
    if (last !== undefined && (after > 0 || last.ended === null)) return last;
    const { clock, probes, surroundings } = this.#options;
    const failure = this.#memory.failure(name);
    const tooSoon = failure === undefined ? null : shown(clock, failure.retryAt ?? 0);
    const trace = this.#episodes.beginExamination(name);
    void examine({ target, clock, probes, trace, surroundings: surroundings(), tooSoon });
    return trace;
  }
}

interface UnderWay extends Omit<Ending, 'state'> {
  readonly state: 'waking';
}

function wakeTimes(wake: Wake | null): Ending['wake'] {
  return wake === null ? null : { started: wake.started, deadline: wake.deadline };
}

function unknown(message: string): Refusal {
  return { error: 'unknown_name', message };
}

const tooMany: Refusal = { error: 'too_many', message: 'too many questions at once' };
const tooManyWakes: Ending = {
  state: 'failed',
  wake: null,
  retryAt: null,
  problem: `${limits.wakes} other devices are being woken`,
};
const endedWithUs: Ending = { state: 'failed', wake: null, retryAt: null, problem: 'wol is stopping' };
