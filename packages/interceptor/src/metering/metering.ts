// SPDX-License-Identifier: MIT
// Tells policy what metered sessions used, until it knows.
import { randomUUID } from 'node:crypto';
import type { ChargeReply, ChargeRequest } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from '../clock.ts';
import type { Balance } from './balances.ts';
import { ChargeBacklog } from './charge-backlog.ts';
import type { Use } from './meter.ts';
import { lengthOf, union } from './spans.ts';

export interface MeteringOptions {
  /** Rejects when there is no answer, or none that can be believed. */
  readonly charge: (request: ChargeRequest) => Promise<ChargeReply>;
  readonly onBalances: (balances: readonly Balance[]) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

export class Metering {
  readonly #options: MeteringOptions;
  readonly #backlog = new ChargeBacklog(randomUUID());
  #delivery: Promise<void> | undefined;
  #isSilent = false;

  constructor(options: MeteringOptions) {
    this.#options = options;
  }

  /** Takes note of what was used up to now: measured by the steady clock, as the one on the wall has it now. */
  note(uses: readonly Use[]): void {
    if (uses.length === 0) return;
    const { clock } = this.#options;
    const ahead = clock.wall() - clock.now();
    const spans = union(uses.flatMap((use) => use.spans));
    const [from, to] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0];
    const used = new Map(uses.map((use) => [use.account, lengthOf(use.spans)]));
    this.#backlog.add({ from: from + ahead, to: to + ahead, used });
  }

  /** Tells all that was not told yet, as long as it is answered. One telling is under way at a time. */
  deliver(): Promise<void> {
    this.#delivery ??= this.#deliverAll().finally(() => {
      this.#delivery = undefined;
    });
    return this.#delivery;
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
