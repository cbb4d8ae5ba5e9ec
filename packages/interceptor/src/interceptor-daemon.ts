// SPDX-License-Identifier: MIT
// One interceptor from start to stop: what happens when, and in which order.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config, Loaded } from '@nftoggle/config';
import type { Decision, EventData, EventType, Flow, InterceptorStatus } from '@nftoggle/contracts';
import { type DaemonContext, StartError } from '@nftoggle/daemon';
import { tellInterval } from './denials.ts';
import { Guard } from './guard.ts';
import { Interceptor } from './interceptor.ts';
import type { Native } from './native.ts';
import { bindQueue } from './queue/native-queue.ts';
import type { Lane } from './queue/packet-queue.ts';
import { table } from './ruleset/names.ts';
import { listKernelSessions } from './session-adopt.ts';
import { reviewSessions } from './session-review.ts';
import { formatSource, type OpenSession, Sessions } from './sessions.ts';
import { interceptorStatus } from './status.ts';

/** A packet that has been held this long was forgotten by everybody, in milliseconds. */
const longestHold = 10_000;
const sweepInterval = 1_000;
/** Long enough for policy to have read a configuration that we have read, in milliseconds. */
const reviewDelay = 500;

export class InterceptorDaemon {
  readonly #native: Native;
  readonly #context: DaemonContext;
  readonly #guard: Guard;
  readonly #sessions: Sessions;
  readonly #interceptor: Interceptor;
  readonly #lanes: ReadonlyMap<number, Lane>;
  /** Queue numbers, mark mask and prefix are those of the start: held packets and live marks depend on them. */
  readonly #kernel: Config['kernel'];
  #state: InterceptorStatus['guard'] = 'failed';
  #log: { close(): void } | undefined;
  #reviewDue: NodeJS.Timeout | undefined;

  constructor(native: Native, context: DaemonContext) {
    this.#native = native;
    this.#context = context;
    const { config } = context.loaded();
    this.#kernel = config.kernel;
    this.#guard = new Guard(native, config);
    this.#lanes = new Map([
      [config.kernel.queue, 'known'],
      [config.kernel.queue + 1, 'strangers'],
    ]);
    const messages = new native.NftMessages();
    this.#sessions = new Sessions(
      {
        put: (elements) => messages.replaceElements(table, elements),
        remove: (elements) => messages.removeElements(table, elements),
      },
      config.kernel.ipv6Prefix,
    );
    this.#interceptor = new Interceptor({
      guard: this.#guard,
      sessions: this.#sessions,
      config: () => context.loaded().config,
      decide: this.#decide,
      publish: this.#publish,
      log: context.log,
      now: Date.now,
    });
  }

  /** The queues come before the table: until somebody listens nothing is sent there, and a failure changes nothing. */
  async start(): Promise<void> {
    await this.#bindQueues();
    this.#adoptSessions();
    this.#applyFirst();
    this.#followKernel();
    this.#startTimers();
    this.#context.bus.serve('interceptorStatus', () => this.#status());
    this.#context.onConfig((loaded) => this.#reconfigure(loaded));
    void this.#review();
  }

  readonly #ask = (flow: Flow): Promise<Decision> => this.#context.bus.request('decide', { flow });

  /** An answer of an older revision may let somebody in whom the new one would not: it is looked at again. */
  readonly #decide = async (flow: Flow): Promise<Decision> => {
    const decision = await this.#ask(flow);
    if (decision.revision !== this.#context.loaded().revision) this.#reviewSoon();
    return decision;
  };

  readonly #publish = <T extends EventType>(type: T, data: EventData<T>, service?: string): void =>
    this.#context.bus.publish(type, data, service);

  async #bindQueues(): Promise<void> {
    const { held } = this.#context.loaded().config.limits;
    for (const [number, lane] of this.#lanes) {
      const length = lane === 'known' ? held : Math.ceil(held / 4);
      const queue = await bindQueue(this.#native, lane, number, length, this.#interceptor);
      const sweep = setInterval(() => {
        const forgotten = queue.expire(longestHold);
        if (forgotten > 0)
          this.#context.log.error({ lane, forgotten }, 'packets nobody answered were dropped');
      }, sweepInterval);
      this.#context.onStop(`queue ${number}`, () => {
        clearInterval(sweep);
        queue.close();
      });
    }
  }

  #applyFirst(): void {
    if (this.#guard.table.isPanic()) {
      this.#state = 'removed';
      this.#context.log.warn('the guard was taken away by `panic` and stays away until `nftoggle up`');
      return;
    }
    try {
      this.#apply(this.#context.loaded().config);
    } catch (cause) {
      throw new StartError(`the ruleset could not be loaded: ${(cause as Error).message}`, { cause });
    }
  }

  #apply(config: Config): void {
    const hadSets = this.#state === 'guarding' || (this.#state === 'failed' && this.#guard.adopted);
    const { kept, emptied } = this.#guard.apply({ ...config, kernel: this.#kernel });
    this.#state = config.mode === 'watch' ? 'watching' : 'guarding';
    // `mode: watch` has no session sets; who was in before it has not lost the session.
    if (this.#state === 'guarding' && (emptied || !hadSets)) this.#sessions.restore(Date.now());
    this.#followCopies(config);
    const { mechanism } = this.#guard;
    this.#context.log.info({ services: config.services.size, mechanism, kept }, this.#state);
  }

  /** In `mode: watch` first packets are copied to us and go on by themselves. */
  #followCopies(config: Config): void {
    this.#log?.close();
    this.#log = undefined;
    if (config.mode !== 'watch') return;
    this.#log = new this.#native.PacketLog({
      group: this.#kernel.queue,
      onPackets: (batch) => {
        for (const packet of batch) void this.#interceptor.observe(packet);
      },
    });
  }

  /** Read before the table is changed: a change may empty its sets, and they are filled again from here. */
  #adoptSessions(): void {
    if (!this.#guard.adopted) return;
    const nft = new this.#native.Nftables();
    const { services } = this.#context.loaded().config;
    for (const service of this.#guard.table.sessionServices().filter((name) => services.has(name))) {
      const sessions = listKernelSessions(nft, service, this.#kernel.ipv6Prefix, Date.now());
      for (const session of sessions) this.#sessions.adopt(session);
    }
    this.#context.log.info({ sessions: this.#sessions.list().length }, 'took over the table that was there');
  }

  #followKernel(): void {
    const watch = new this.#native.RulesetWatch(table, () => this.#repair());
    this.#context.onStop('ruleset watch', () => watch.close());
  }

  #repair(): void {
    if (this.#state === 'removed') return;
    const damage = this.#guard.repair();
    if (damage === 'panic') {
      this.#state = 'removed';
      this.#context.log.warn('`panic` took the guard away: ports are open as if nftoggle were not there');
    } else if (damage !== 'intact') {
      this.#sessions.restore(Date.now());
      this.#interceptor.counts.restored += 1;
      this.#context.log.warn({ damage }, 'somebody else changed our nftables table: it is back');
      this.#publish('ruleset_restored', { damage });
    }
  }

  #startTimers(): void {
    const timers = [
      setInterval(() => this.#interceptor.flush(), tellInterval),
      setInterval(() => {
        for (const session of this.#sessions.takeExpired(Date.now())) this.#publishEnded(session, 'expired');
      }, sweepInterval),
    ];
    this.#context.onStop('timers', () => {
      for (const timer of timers) clearInterval(timer);
      clearTimeout(this.#reviewDue);
      this.#interceptor.flush();
    });
  }

  #reconfigure({ config }: Loaded): void {
    if (this.#state === 'removed') return;
    try {
      this.#apply(config);
    } catch (error) {
      this.#context.log.error(
        { err: error },
        'the kernel refused the new ruleset: the one before stays in force',
      );
      return;
    }
    if (JSON.stringify(config.kernel) !== JSON.stringify(this.#kernel)) {
      this.#context.log.warn('changes below `kernel:` take effect at the next start');
    }
    this.#interceptor.forgetAnswers();
    void this.#review();
  }

  #reviewSoon(): void {
    this.#reviewDue ??= setTimeout(() => {
      this.#reviewDue = undefined;
      void this.#review();
    }, reviewDelay);
  }

  /** What an older configuration let in and this one would not is ended, established connections included. */
  async #review(): Promise<void> {
    const { services } = this.#context.loaded().config;
    const [known, orphaned] = [
      this.#sessions.list().filter(({ service }) => services.has(service)),
      this.#sessions.list().filter(({ service }) => !services.has(service)),
    ];
    for (const session of orphaned) this.#sessions.forget(session);
    await reviewSessions(known, {
      decide: this.#ask,
      revision: () => this.#context.loaded().revision,
      end: (session) => this.#revoke(session),
      wait: sleep,
    });
  }

  #revoke(session: OpenSession): void {
    this.#sessions.close(session, { cut: true });
    const index = this.#guard.indexes.get(session.service);
    const connections = index === undefined ? 0 : this.#guard.connections.cut(index, session.covers);
    this.#context.log.info({ service: session.service, connections }, 'a session was revoked');
    this.#publishEnded(session, 'revoked');
  }

  #publishEnded(session: OpenSession, reason: EventData<'session_ended'>['reason']): void {
    const covers = formatSource(session);
    const since = new Date(session.since).toISOString();
    this.#publish('session_ended', { service: session.service, covers, reason, since }, session.service);
  }

  #status(): InterceptorStatus {
    return interceptorStatus({
      daemon: this.#context.status(),
      guardState: this.#state,
      guard: this.#guard,
      interceptor: this.#interceptor,
      sessions: this.#sessions,
      services: this.#context.loaded().config.services.values(),
      lanes: this.#lanes,
    });
  }
}
