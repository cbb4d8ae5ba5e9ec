// SPDX-License-Identifier: MIT
// One interceptor from start to stop: what happens when, and in which order.
import { join } from 'node:path';
import type { Config, Loaded } from '@nftoggle/config';
import type { Decision, EventData, EventType, Flow, InterceptorStatus } from '@nftoggle/contracts';
import { type DaemonContext, StartError } from '@nftoggle/daemon';
import { Backoff } from './backoff.ts';
import { BootFile, bootFileOf } from './boot-file.ts';
import { after, systemClock } from './clock.ts';
import { forwardingProblems } from './forwarding-problems.ts';
import { Guard } from './guard.ts';
import { Interceptor } from './interceptor.ts';
import { followMetrics } from './interceptor-metrics.ts';
import { Links } from './links.ts';
import { logInterval } from './log-interval.ts';
import {
  conntrackSettings,
  meteringMode,
  switchOnAccounting,
  switchOnEvents,
} from './metering/accounting.ts';
import type { Native } from './native.ts';
import { neighbourTable } from './neighbours.ts';
import { bindQueue, inFlight } from './queue/native-queue.ts';
import type { Lane, PacketQueue } from './queue/packet-queue.ts';
import { table } from './ruleset/names.ts';
import { SessionFile } from './session-file.ts';
import { SessionLife } from './session-life.ts';
import { Sessions } from './sessions.ts';
import { interceptorStatus } from './status.ts';
import { longestWake } from './wake-target.ts';
import { Waking } from './waking.ts';

/** A packet that has been held so long, and longer than any device may take to wake, was forgotten, in milliseconds. */
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
  readonly #queues = new Map<number, PacketQueue>();
  readonly #life: SessionLife;
  readonly #boot: BootFile;
  /** What was in force at the start. Queue numbers, mark mask and prefix stay as they were then. */
  readonly #started: Config;
  /** What the kernel guards: the configuration of before, for as long as it does not take a new one. */
  #inForce: Loaded;
  /** Why the kernel does not guard by the newest configuration. */
  #problem: string | null = null;
  #state: InterceptorStatus['guard'] = 'failed';
  /** The sets were lost, and the sessions are not back in them yet. */
  #isEmptied = false;
  #metering: InterceptorStatus['metering'] = 'time';
  readonly #applyAgain = new Backoff();
  readonly #repairAgain = new Backoff();
  #log: { close(): void } | undefined;

  constructor(native: Native, context: DaemonContext) {
    this.#native = native;
    this.#context = context;
    this.#inForce = context.loaded();
    const { config } = this.#inForce;
    this.#started = config;
    this.#guard = new Guard(native, config);
    this.#boot = new BootFile(bootFileOf(context.settings.NFTOGGLE_STATE), context.log);
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
      config: () => this.#inForce.config,
      decide: this.#decide,
      waking: new Waking({
        wake: (request) => context.bus.request('wake', request),
        now: systemClock.now,
        after,
        log: context.log,
      }),
      inFlight: () => inFlight(this.#queues),
      onAnswered: (seconds) => context.metrics.observe('nftoggle_decision_seconds', {}, seconds),
      onStarted: (flow, session) => this.#life.started(flow, session),
      publish: this.#publish,
      log: context.log,
      clock: systemClock,
    });
    this.#life = new SessionLife({
      sessions: this.#sessions,
      guard: this.#guard,
      inForce: () => this.#inForce,
      isGuarding: () => this.#state === 'guarding',
      mayBeOutside: (address) => this.#links.mayBeOutside(address, this.#inForce.config.lan),
      neighbours: () => neighbourTable(native.listNeighbours()),
      ask: (flow) => context.bus.request('decide', { flow }),
      charge: (request) => context.bus.request('charge', request),
      memory: new SessionFile(join(context.settings.NFTOGGLE_RUN, 'interceptor', 'sessions.json')),
      publish: (type, data, service, identity) => context.bus.publish(type, data, service, identity),
      onStarted: (service) => context.metrics.count('nftoggle_sessions_started_total', { service }),
      onEnded: (service, reason) =>
        context.metrics.count('nftoggle_sessions_ended_total', { service, reason }),
      log: context.log,
      clock: systemClock,
    });
  }

  /** The queues come before the table: until somebody listens nothing is sent there, and a failure changes nothing. */
  async start(): Promise<void> {
    // Stops run backwards: this one when the queues are closed, and all that was in them is dropped.
    this.#context.onStop('refusals', () => this.#interceptor.close());
    this.#context.onStop('boot file', () => this.#boot.close());
    await this.#bindQueues();
    this.#life.begin(this.#native, this.#guard.hasFormerLife);
    this.#applyFirst();
    this.#countTraffic();
    this.#followKernel();
    this.#startTimers();
    this.#followPolicy();
    this.#context.bus.serve('interceptorStatus', () => this.#status());
    this.#context.onConfig(() => this.#reconfigure());
    followMetrics(this.#context.metrics, this.#interceptor, () => this.#status());
    this.#review();
  }

  readonly #decide = (flow: Flow): Promise<Decision> => this.#life.ask(flow);

  readonly #publish = <T extends EventType>(type: T, data: EventData<T>, service?: string): void =>
    void this.#context.bus.publish(type, data, service);

  async #bindQueues(): Promise<void> {
    const { held, waking } = this.#started.limits;
    for (const [number, lane] of this.#lanes) {
      // Packets that wait for a machine take no place from those that wait for a decision.
      const length = waking + (lane === 'known' ? held : Math.ceil(held / 4));
      const queue = await bindQueue(this.#native, lane, number, length, this.#interceptor);
      this.#queues.set(number, queue);
      this.#context.onStop(`queue ${number}`, () => {
        queue.close();
        this.#queues.delete(number);
      });
    }
  }

  #countTraffic(): void {
    const { log, settings } = this.#context;
    const files = conntrackSettings(settings.NFTOGGLE_SYSCTL_NET);
    const problem = switchOnAccounting(files.accounting);
    this.#metering = meteringMode(problem);
    if (problem !== null)
      log.warn(
        { problem },
        'connections cannot be counted: allowances are charged for all time that one is open',
      );
    const silence = switchOnEvents(files.events);
    if (silence !== null)
      log.info(
        { problem: silence },
        'short connections may not be counted: where nf_conntrack_events is 0 none, where it is 2 those from while we are away',
      );
  }

  #applyFirst(): void {
    if (this.#guard.table.isPanic()) {
      this.#state = 'removed';
      this.#context.log.warn('the guard was taken away by `panic` and stays away until `nftoggle up`');
      return;
    }
    try {
      this.#apply(this.#context.loaded());
    } catch (cause) {
      throw new StartError(`the ruleset could not be loaded: ${(cause as Error).message}`, { cause });
    }
  }

  #apply(loaded: Loaded): void {
    const { config } = loaded;
    // The counters of a service that is no more go with it, and its connections are nobody's.
    this.#interceptor.countUnasked();
    this.#life.count();
    const { kept, emptied } = this.#guard.apply(
      { ...config, kernel: this.#started.kernel },
      this.#links.inside(config.lan),
    );
    this.#inForce = loaded;
    this.#boot.keep(this.#guard.bootScript());
    this.#isEmptied ||= emptied;
    this.#state = stateOf(config);
    if (this.#state === 'watching') this.#life.endAll();
    this.#life.endDeparted();
    this.#restoreSessions();
    this.#followCopies(config);
    for (const problem of forwardingProblems(config)) this.#context.log.warn(problem);
    const { mechanism } = this.#guard;
    this.#context.log.info({ services: config.services.size, mechanism, kept }, this.#state);
  }

  #restoreSessions(): void {
    if (this.#isEmptied) this.#life.restore();
    this.#isEmptied = false;
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
    if (this.#links.refresh()) this.#reconfigure();
  }

  /** What policy allows changes with time and with people's grants; while the bus was away we heard of none of it. */
  #followPolicy(): void {
    const { bus } = this.#context;
    bus.follow('permissions_changed', ({ data: { services } }) =>
      this.#review(services && new Set(services)),
    );
    bus.onConnected(() => {
      this.#life.charge();
      this.#review();
    });
  }

  /** Somebody changed tables. While that goes on, even looking may fail: what fails is done again. */
  #repair(): void {
    if (this.#state === 'removed') return;
    try {
      this.#repairNow();
      this.#repairAgain.reset();
    } catch (err) {
      this.#repairAgain.again(() => this.#repair());
      if (this.#repairAgain.failures > 1) this.#state = 'failed';
      this.#context.log.error({ err }, 'our nftables table could not be put right: trying again');
    }
  }

  #repairNow(): void {
    const damage = this.#guard.repair();
    if (damage === 'panic') {
      this.#state = 'removed';
      this.#life.endAll();
      this.#context.log.warn('`panic` took the guard away: ports are open as if nftoggle were not there');
      return;
    }
    if (damage !== 'intact') {
      this.#isEmptied = true;
      this.#interceptor.counts.restored += 1;
      this.#context.log.warn({ damage }, 'somebody else changed our nftables table: it is back');
      this.#publish('ruleset_restored', { damage });
    }
    this.#restoreSessions();
    this.#state = stateOf(this.#inForce.config);
  }

  /** All at one moment: the process of a machine at rest wakes once a second. */
  #sweep(): void {
    this.#dropForgotten();
    this.#interceptor.tell();
    this.#life.sweep();
    this.#followLinks();
  }

  #dropForgotten(): void {
    const longest = longestHold + longestWake(this.#inForce.config);
    for (const queue of this.#queues.values()) {
      const forgotten = queue.expire(longest);
      const { lane } = queue;
      if (forgotten > 0) this.#context.log.error({ lane, forgotten }, 'packets nobody answered were dropped');
    }
  }

  #startTimers(): void {
    const timers = [
      setInterval(() => this.#interceptor.flush(), logInterval),
      setInterval(() => this.#sweep(), sweepInterval),
    ];
    this.#context.onStop('timers', () => {
      for (const timer of timers) clearInterval(timer);
      this.#applyAgain.reset();
      this.#repairAgain.reset();
      this.#interceptor.flush();
      return this.#life.stop();
    });
  }

  #reconfigure(): void {
    this.#applyAgain.reset();
    this.#applyNewest();
  }

  #applyNewest(): void {
    const loaded = this.#context.loaded();
    try {
      if (this.#state === 'removed') this.#inForce = loaded;
      else this.#apply(loaded);
    } catch (error) {
      this.#refused(error as Error);
      return;
    }
    this.#problem = null;
    this.#applyAgain.reset();
    if (this.#state === 'removed') return;
    const fixed = changedAtStartOnly(this.#started, loaded.config);
    if (fixed.length > 0)
      this.#context.log.warn(`${fixed.join(', ')}: a change takes effect at the next start`);
    this.#review();
  }

  /** It may be for a passing reason, such as another program that loads rules just then. */
  #refused(err: Error): void {
    const problem = `the kernel refused the new ruleset, and the one before stays in force: ${err.message}`;
    if (problem !== this.#problem) this.#context.log.error({ err }, problem);
    this.#problem = problem;
    this.#applyAgain.again(() => this.#applyNewest());
  }

  /** Answers may be others than before, about some services or about all. In `mode: watch` there are no sessions. */
  #review(services: ReadonlySet<string> | null = null): void {
    this.#interceptor.forgetAnswers();
    if (this.#state === 'guarding') this.#life.review(services);
  }

  #status(): InterceptorStatus {
    const daemon = this.#context.status();
    const { revision } = this.#inForce;
    return interceptorStatus({
      daemon: { ...daemon, revision, problem: this.#problem ?? daemon.problem },
      guardState: this.#state,
      guard: this.#guard,
      interceptor: this.#interceptor,
      sessions: this.#sessions,
      useOf: (session) => this.#life.useOf(session),
      services: this.#inForce.config.services.values(),
      lanes: this.#lanes,
      metering: this.#metering,
      clock: systemClock,
    });
  }
}

function stateOf({ mode }: Config): InterceptorStatus['guard'] {
  return mode === 'watch' ? 'watching' : 'guarding';
}

/** Settings that held packets, live marks and the bus's subjects depend on. */
function changedAtStartOnly(started: Config, now: Config): string[] {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return [
    ...(same(started.kernel, now.kernel) ? [] : ['kernel']),
    ...(same(started.limits.held, now.limits.held) ? [] : ['limits.held']),
    ...(same(started.limits.waking, now.limits.waking) ? [] : ['limits.waking']),
    ...(same(started.node, now.node) ? [] : ['node']),
  ];
}
