// SPDX-License-Identifier: MIT
// One interceptor from start to stop: what happens when, and in which order.
import type { Config, Loaded } from '@nftoggle/config';
import type { Decision, EventData, EventType, Flow, InterceptorStatus } from '@nftoggle/contracts';
import { type DaemonContext, StartError } from '@nftoggle/daemon';
import { tellInterval } from './denials.ts';
import { Guard } from './guard.ts';
import { Interceptor } from './interceptor.ts';
import { Links } from './links.ts';
import type { Native } from './native.ts';
import { bindQueue } from './queue/native-queue.ts';
import type { Lane } from './queue/packet-queue.ts';
import { table } from './ruleset/names.ts';
import { SessionLife } from './session-life.ts';
import { Sessions } from './sessions.ts';
import { interceptorStatus } from './status.ts';

/** A packet that has been held this long was forgotten by everybody, in milliseconds. */
const longestHold = 10_000;
const sweepInterval = 1_000;

export class InterceptorDaemon {
  readonly #native: Native;
  readonly #context: DaemonContext;
  readonly #guard: Guard;
  readonly #links = new Links();
  readonly #sessions: Sessions;
  readonly #interceptor: Interceptor;
  readonly #lanes: ReadonlyMap<number, Lane>;
  readonly #life: SessionLife;
  /** What was in force at the start. Queue numbers, mark mask and prefix stay as they were then. */
  readonly #started: Config;
  #state: InterceptorStatus['guard'] = 'failed';
  #log: { close(): void } | undefined;

  constructor(native: Native, context: DaemonContext) {
    this.#native = native;
    this.#context = context;
    const { config } = context.loaded();
    this.#started = config;
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
      links: this.#links,
      config: () => context.loaded().config,
      decide: this.#decide,
      publish: this.#publish,
      log: context.log,
      now: Date.now,
    });
    this.#life = new SessionLife({
      sessions: this.#sessions,
      guard: this.#guard,
      loaded: context.loaded,
      ask: this.#ask,
      publish: this.#publish,
      log: context.log,
    });
  }

  /** The queues come before the table: until somebody listens nothing is sent there, and a failure changes nothing. */
  async start(): Promise<void> {
    await this.#bindQueues();
    if (this.#guard.adopted) this.#life.adopt(this.#native);
    this.#applyFirst();
    this.#followKernel();
    this.#startTimers();
    this.#context.bus.serve('interceptorStatus', () => this.#status());
    this.#context.onConfig((loaded) => this.#reconfigure(loaded));
    this.#review();
  }

  readonly #ask = (flow: Flow): Promise<Decision> => this.#context.bus.request('decide', { flow });

  /** An answer of an older revision may let somebody in whom the new one would not: it is looked at again. */
  readonly #decide = async (flow: Flow): Promise<Decision> => {
    const decision = await this.#ask(flow);
    if (decision.revision !== this.#context.loaded().revision) this.#life.reviewSoon();
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
    const { kept, emptied } = this.#guard.apply(
      { ...config, kernel: this.#started.kernel },
      this.#links.inside(config.lan),
    );
    this.#state = config.mode === 'watch' ? 'watching' : 'guarding';
    if (this.#state === 'watching') this.#life.endAll();
    else if (emptied) this.#sessions.restore(Date.now());
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
      group: this.#started.kernel.queue,
      onPackets: (batch) => {
        for (const packet of batch) void this.#interceptor.observe(packet);
      },
    });
  }

  #followKernel(): void {
    const watch = new this.#native.RulesetWatch(table, () => this.#repair());
    this.#context.onStop('ruleset watch', () => watch.close());
  }

  /** The ruleset names the interfaces of the LAN, and those come and go. */
  #followLinks(): void {
    if (this.#links.refresh() && this.#state !== 'removed') this.#reconfigure(this.#context.loaded());
  }

  #repair(): void {
    if (this.#state === 'removed') return;
    const damage = this.#guard.repair();
    if (damage === 'panic') {
      this.#state = 'removed';
      this.#life.endAll();
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
      setInterval(() => this.#life.expire(), sweepInterval),
      setInterval(() => this.#followLinks(), sweepInterval),
    ];
    this.#context.onStop('timers', () => {
      for (const timer of timers) clearInterval(timer);
      this.#life.stop();
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
    const fixed = changedAtStartOnly(this.#started, config);
    if (fixed.length > 0)
      this.#context.log.warn(`${fixed.join(', ')}: a change takes effect at the next start`);
    this.#interceptor.forgetAnswers();
    this.#review();
  }

  /** In `mode: watch` there are no sessions. */
  #review(): void {
    if (this.#state === 'guarding') this.#life.review();
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

/** Settings that held packets, live marks and the bus's subjects depend on. */
function changedAtStartOnly(started: Config, now: Config): string[] {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return [
    ...(same(started.kernel, now.kernel) ? [] : ['kernel']),
    ...(same(started.limits.held, now.limits.held) ? [] : ['limits.held']),
    ...(same(started.node, now.node) ? [] : ['node']),
  ];
}
