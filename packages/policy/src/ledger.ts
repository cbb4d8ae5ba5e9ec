// SPDX-License-Identifier: MIT
import type { AccountId, ChargeReply, ChargeRequest, LedgerEntry, Refusal } from '@nftoggle/contracts';
import {
  type CompiledAccount,
  type CompiledPolicy,
  charge,
  chargesByDay,
  type Interval,
  withBonus,
} from '@nftoggle/decision';
import { type AccountMoment, crossing, isNews, leftOf } from './account-state.ts';
import type { ClockTrust } from './clock-trust.ts';
import { Lines } from './lines.ts';
import type { PermissionNews, Publish } from './news.ts';
import type { Store } from './store.ts';
import { type Update, update } from './update.ts';

export interface LedgerOptions {
  readonly store: Store<LedgerEntry>;
  readonly policy: () => CompiledPolicy;
  readonly clock: Pick<ClockTrust, 'peek' | 'chargeTime'>;
  readonly publish: Publish;
  readonly news: PermissionNews;
}

type Charge = ChargeRequest['charges'][number];
type Balance = Extract<ChargeReply, { balances: unknown }>['balances'][number];

/** Older spans were measured by a clock that had not been set yet: no meter keeps a charge for so long. */
const oldestSpan = 31 * 86_400_000;

/** What was used of each allowance, kept so that nothing is lost, and nothing charged twice. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #lines = new Lines();
  /**
   * The entries as they were when last heard of, to tell what a change of them changed. Nobody removes one: those
   * that are gone are lost, with the storage of the bus, and count on as they were.
   */
  readonly #heard = new Map<string, LedgerEntry>();

  constructor(options: LedgerOptions) {
    this.#options = options;
    options.store.onChange((key, entry) => this.#hear(key, entry));
  }

  /** Can it be written? */
  get ready(): boolean {
    return this.#options.store.ready;
  }

  entry(account: AccountId): LedgerEntry | undefined {
    return this.#options.store.get(account)?.value ?? this.#heard.get(account);
  }

  /** Charges each account by itself: where one fails, the same request again charges what is missing. */
  async charge(request: ChargeRequest): Promise<ChargeReply> {
    if (!this.ready) return notReady;
    const span = this.#spanOf(request);
    const charged = request.charges.map((one) => this.#chargeOne(request, span, one));
    // All of them, so that nothing of this request is under way any more when the next attempt comes.
    const settled = await Promise.allSettled(charged);
    const balances = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return balances.length === settled.length ? { balances } : unconfirmed;
  }

  /**
   * More or less for today, to each of the accounts once.
   * @throws NoAnswerError, ConflictError when not all of them have it for certain
   */
  async addBonus(accounts: readonly CompiledAccount[], seconds: number): Promise<void> {
    const { periods } = this.#options.policy();
    const now = this.#options.clock.chargeTime();
    const add = (entry: LedgerEntry | undefined) => withBonus(entry, periods.day(now), seconds * 1_000);
    for (const account of accounts) await this.#write({ account, periods, now }, add);
  }

  /** A rule that went away while its use was measured leaves nothing to charge. */
  async #chargeOne(
    request: ChargeRequest,
    span: Interval,
    { account: id, seconds }: Charge,
  ): Promise<Balance> {
    const { accounts, periods } = this.#options.policy();
    const account = accounts.get(id);
    if (account === undefined) return { account: id, left: null };
    const { meter, sequence } = request;
    const days = chargesByDay(span, seconds * 1_000, periods, unchargedOf(account));
    const moment = { account, periods, now: this.#options.clock.chargeTime() };
    const { after } = await this.#write(moment, (entry) => charge(entry, meter, sequence, days) ?? entry);
    return { account: id, left: leftOf(moment, after) / 1_000 };
  }

  /** In line: of several changes of an account at once only those of other replicas can get in the way. */
  async #write(
    moment: AccountMoment,
    change: (entry: LedgerEntry | undefined) => LedgerEntry | undefined,
  ): Promise<Update<LedgerEntry>> {
    const { store, publish } = this.#options;
    const { account } = moment.account;
    const written = await this.#lines.run(account, () =>
      update(store, account, (entry) => change(entry ?? this.#heard.get(account))),
    );
    const crossed = crossing(moment, written.before, written.after);
    if (crossed !== null) publish(crossed.type, crossed.data, moment.account.service ?? undefined);
    return written;
  }

  /** The span as it was measured; by a clock that was wrong, as long a span that ends now. */
  #spanOf({ from, to }: ChargeRequest): Interval {
    const now = this.#options.clock.chargeTime();
    const span = { from: Date.parse(from), to: Date.parse(to) };
    const isPlausible = this.#options.clock.peek() === null && now - oldestSpan < span.from && span.to <= now;
    return isPlausible ? span : { from: now - Math.max(0, span.to - span.from), to: now };
  }

  #hear(key: string, after: LedgerEntry | undefined): void {
    if (after === undefined) {
      void this.#putBack(key);
      return;
    }
    const before = this.#heard.get(key);
    this.#heard.set(key, after);
    const { accounts, periods } = this.#options.policy();
    const account = accounts.get(key);
    if (account === undefined) return;
    const moment = { account, periods, now: this.#options.clock.chargeTime() };
    if (isNews(moment, before, after)) this.#options.news.changed('allowance', account.services);
  }

  /** The first replica that gets there does it for all. */
  async #putBack(account: AccountId): Promise<void> {
    const { store } = this.#options;
    try {
      await this.#lines.run(account, () =>
        update(store, account, (entry) => entry ?? this.#heard.get(account)),
      );
    } catch {
      // The bus is away again: the next charge writes all of the entry.
    }
  }
}

function unchargedOf({ allowances }: CompiledAccount) {
  return allowances.map(({ uncharged }) => uncharged);
}

const notReady: Refusal = {
  error: 'not_ready',
  message: 'What has been used is not known yet. Try again in a moment.',
};

const unconfirmed: Refusal = {
  error: 'not_ready',
  message: 'The bus did not confirm all of it. Repeat the same request.',
};
