// SPDX-License-Identifier: MIT
// Looks at connections and listens to them, so that what sessions are used for is known.
import { type Config, parseAddress } from '@nftoggle/config';
import type { Logger } from '@nftoggle/daemon';
import { after, type Clock } from '../clock.ts';
import type { Watch } from '../connections.ts';
import type { Guard } from '../guard.ts';
import { logInterval } from '../log-interval.ts';
import type { ConntrackFlow } from '../native.ts';
import type { Sessions } from '../sessions.ts';
import type { Owner } from './flow-counts.ts';
import type { MeterSettings, Use } from './meter.ts';
import type { SessionUses } from './session-uses.ts';

export interface UseWatchOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'letIn' | 'serviceOf' | 'watch'>;
  readonly uses: SessionUses;
  readonly settings: () => Config['metering'];
  /** What is to be charged, as soon as it is known. */
  readonly onUsed: (uses: readonly Use[]) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * What can wait is looked at again after so many times as long as the last look took: with a hundred thousand
 * connections that is most of a second, in which packets wait.
 */
const share = 20;

export class UseWatch {
  readonly #options: UseWatchOptions;
  #watch: Watch | undefined;
  /** Takes back that somebody looks: events were lost, and nobody has looked since. */
  #cancel: (() => void) | undefined;
  #restUntil = Number.NEGATIVE_INFINITY;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(options: UseWatchOptions) {
    this.#options = options;
  }

  /** Events come from now on. Without them connections that come and go between two looks are not seen. */
  start(): void {
    const { guard, uses, clock, log } = this.#options;
    try {
      this.#watch = guard.watch(
        (events) => uses.hear(events, this.#ownerOf, clock.now()),
        () => this.#catchUp(),
      );
    } catch (err) {
      log.warn({ err }, 'beginnings and ends of connections are not heard of: short ones may not be counted');
    }
  }

  /** Before that a look that can wait would take more of all time than it is worth, by the clock's `now`. */
  get restUntil(): number {
    return this.#restUntil;
  }

  stop(): void {
    this.#caughtUp();
    this.#watch?.close();
    this.#watch = undefined;
  }

  /**
   * All connections that were let in and are there now; what they moved is counted, and when it was use.
   * `isAdopted`: see `SessionUses.look`.
   */
  letIn(isAdopted = false): ConntrackFlow[] {
    const { guard, uses, clock } = this.#options;
    const begin = clock.now();
    this.hear();
    const flows = guard.letIn();
    this.#caughtUp();
    uses.look(flows, this.#ownerOf, clock.now(), isAdopted);
    // To list connections makes the kernel forget those whose time is over: their ends are told by now.
    this.hear();
    this.#measure();
    // At the start there is more to be looked at.
    if (!isAdopted) this.#restUntil = clock.now() + share * (clock.now() - begin);
    return flows;
  }

  /** Counts what the kernel has told by now of connections that ended. */
  hear(): void {
    this.#watch?.read();
  }

  readonly #ownerOf = ({ mark, original }: ConntrackFlow): Owner | undefined => {
    const { sessions, guard } = this.#options;
    const service = guard.serviceOf(mark);
    if (service === undefined) return undefined;
    for (const [end, isReversed] of [
      [original.source, false],
      [original.destination, true],
    ] as const) {
      const peer = parseAddress(end);
      const session = peer === null ? undefined : sessions.ownerOf(service, peer);
      if (session !== undefined) return { session: session.id, isReversed };
    }
    return undefined;
  };

  #measure(): void {
    const { sessions, uses, settings, onUsed, clock } = this.#options;
    onUsed(uses.measure(sessions.list(), clock.now(), meterSettings(settings())));
  }

  /** Whoever looks before that has caught up as well. */
  #catchUp(): void {
    const { log, clock } = this.#options;
    const now = clock.now();
    if (now - this.#complainedAt >= logInterval) {
      this.#complainedAt = now;
      log.warn('the kernel lost events of connections: short ones may not be counted');
    }
    this.#cancel ??= after(Math.max(0, this.#restUntil - now), () => this.#lookAgain());
  }

  #caughtUp(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #lookAgain(): void {
    try {
      this.letIn();
    } catch (err) {
      this.#caughtUp();
      this.#options.log.error({ err }, 'connections could not be looked at');
    }
  }
}

function meterSettings({ tick, idleBytes }: Config['metering']): MeterSettings {
  return { tick: tick * 1_000, idleBytes };
}
