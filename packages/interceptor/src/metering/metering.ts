// SPDX-License-Identifier: MIT
// Measures what metered sessions use, and tells policy until it knows.
import { randomUUID } from 'node:crypto';
import type { Config } from '@nftoggle/config';
import type { ChargeReply, ChargeRequest } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from '../clock.ts';
import type { ConntrackFlow } from '../native.ts';
import { flowsBySession } from '../session-flows.ts';
import { type OpenSession, type Sessions, sessionKey } from '../sessions.ts';
import type { Balance } from './balances.ts';
import { ChargeBacklog } from './charge-backlog.ts';
import { Meter, type MeterSettings, type Use } from './meter.ts';

export interface MeteringOptions {
  readonly sessions: Sessions;
  readonly serviceOf: (mark: number) => string | undefined;
  readonly settings: () => Config['metering'];
  /** Rejects when there is no answer, or none that can be believed. */
  readonly charge: (request: ChargeRequest) => Promise<ChargeReply>;
  readonly onBalances: (balances: readonly Balance[]) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

export class Metering {
  readonly #options: MeteringOptions;
  readonly #meter: Meter;
  readonly #backlog = new ChargeBacklog(randomUUID());
  #delivery: Promise<void> | undefined;
  #isSilent = false;

  constructor(options: MeteringOptions) {
    this.#options = options;
    this.#meter = new Meter(options.clock.now());
  }

  /** True when the connections have to be looked at to know what was used. */
  get isNeeded(): boolean {
    return this.#options.sessions.list().some(isMetered);
  }

  /** Nothing is metered at this tick. */
  pass(): void {
    this.#meter.pass(this.#options.clock.now());
  }

  /** Takes note of what was used up to now. `flows`: all connections that were let in. */
  measure(flows: readonly ConntrackFlow[]): void {
    const { sessions, serviceOf, clock } = this.#options;
    const metered = sessions.list().filter(isMetered);
    const now = clock.now();
    const own = flowsBySession(metered, flows, serviceOf);
    const uses = this.#meter.measure(
      metered.map((session) => ({
        key: sessionKey(session),
        accounts: session.accounts,
        opened: now - (clock.wall() - session.since),
        flows: (own.get(session) ?? []).map(({ flow }) => flow),
      })),
      flows,
      now,
      meterSettings(this.#options.settings()),
    );
    this.#note(uses, now);
  }

  /** Tells all that was not told yet, as long as it is answered. One telling is under way at a time. */
  deliver(): Promise<void> {
    this.#delivery ??= this.#deliverAll().finally(() => {
      this.#delivery = undefined;
    });
    return this.#delivery;
  }

  /** What was measured by the steady clock, as the one on the wall has it now. */
  #note(uses: readonly Use[], now: number): void {
    if (uses.length === 0) return;
    const ahead = this.#options.clock.wall() - now;
    const from = uses.reduce((least, use) => Math.min(least, use.from), now);
    const used = new Map(uses.map(({ account, ...use }) => [account, use.to - use.from]));
    this.#backlog.add({ from: from + ahead, to: now + ahead, used });
  }

  async #deliverAll(): Promise<void> {
    for (let request = this.#backlog.next(); request !== undefined; request = this.#backlog.next()) {
      const reply = await this.#tell(request);
      if (reply === undefined) return;
      this.#backlog.answered();
      if ('balances' in reply) this.#options.onBalances(reply.balances);
      else this.#options.log.warn({ refusal: reply }, 'policy does not take a charge: it is dropped');
    }
  }

  /** Undefined when it has to be told again. */
  async #tell(request: ChargeRequest): Promise<ChargeReply | undefined> {
    const { charge, log } = this.#options;
    try {
      const reply = await charge(request);
      if ('error' in reply && reply.error === 'not_ready') throw new Error(reply.message);
      if (this.#isSilent) log.info('policy takes charges again');
      this.#isSilent = false;
      return reply;
    } catch (err) {
      if (!this.#isSilent) log.warn({ err }, 'charges wait for policy');
      this.#isSilent = true;
      return undefined;
    }
  }
}

function isMetered({ accounts }: OpenSession): boolean {
  return accounts.length > 0;
}

function meterSettings({ tick, idleBytes }: Config['metering']): MeterSettings {
  return { tick: tick * 1_000, idleBytes };
}
