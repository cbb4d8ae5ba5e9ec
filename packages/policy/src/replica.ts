// SPDX-License-Identifier: MIT
import { uptime } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '@nftoggle/bus';
import type { Grant } from '@nftoggle/contracts';
import type { DaemonContext } from '@nftoggle/daemon';
import { type CompiledPolicy, compilePolicy, grantOverrides, type World } from '@nftoggle/decision';
import { type GeoDatabases, openGeo } from '@nftoggle/geo';
import { ClockTrust } from './clock-trust.ts';
import { ClockWatch } from './clock-watch.ts';
import { GrantBook } from './grant-book.ts';
import { GrantSweep } from './grant-sweep.ts';
import { Grants } from './grants.ts';
import { Known } from './known.ts';
import { Ledger } from './ledger.ts';
import { localTimeText } from './local-time-text.ts';
import { NameBook } from './names/name-book.ts';
import { PermissionNews, type Publish } from './news.ts';
import type { Store } from './store.ts';

/** What policy needs of the process around it. */
export interface PolicyContext
  extends Pick<DaemonContext, 'bus' | 'loaded' | 'metrics' | 'onConfig' | 'onStop' | 'status'> {
  readonly log: Pick<DaemonContext['log'], 'info' | 'warn' | 'error'>;
}

/** One policy daemon: all that it knows and keeps. */
export class Replica {
  readonly ledger: Ledger;
  readonly grants: Grants;
  readonly book: GrantBook;
  readonly names: NameBook;
  readonly geo: GeoDatabases;
  readonly #context: PolicyContext;
  readonly #trust: ClockTrust;
  readonly clock: ClockWatch;
  readonly #sweep: GrantSweep;
  readonly #ledgerKnown: Known;
  #policy: CompiledPolicy;

  static async open(context: PolicyContext): Promise<Replica> {
    const news = new PermissionNews(publisher(context.bus));
    const first = context.loaded();
    const geo = await openGeo({
      ...first.config.geo,
      onChange: () => news.changed('countries', null),
      onProblem: (problem) => context.log.warn(problem),
    });
    const replica = new Replica(context, geo, news);
    if (context.loaded() !== first) replica.#reconfigure();
    return replica;
  }

  private constructor(context: PolicyContext, geo: GeoDatabases, news: PermissionNews) {
    const { bus, loaded } = context;
    const publish = publisher(bus);
    const policy = (): CompiledPolicy => this.#policy;
    this.#context = context;
    this.#policy = compilePolicy(loaded());
    this.#trust = aClockTrust(policy);
    this.clock = new ClockWatch({ trust: this.#trust, store: bus.store('clock'), publish, news });
    this.ledger = new Ledger({ store: bus.store('ledger'), policy, clock: this.#trust, publish, news });
    this.#ledgerKnown = new Known(bus.store('ledger'), () => performance.now());
    const ends = { store: bus.store('grants'), now: Date.now, publish };
    this.book = new GrantBook({ ...ends, news });
    this.#sweep = new GrantSweep({
      ...ends,
      book: this.book,
      isTrusted: () => this.#trust.peek() === null,
    });
    this.grants = new Grants({
      ...ends,
      book: this.book,
      policy,
      config: () => loaded().config,
      remarks: (grant) => this.#remarks(grant),
    });
    this.names = openNames(context, news);
    this.geo = geo;
    bus.store('ledger').onReady((ready) => ready && news.changed('allowance', null));
    bus.store('grants').onChange(() => this.#followNames());
    context.onConfig(() => this.#reconfigure());
    context.onStop('policy', () => this.#close());
    this.#followNames();
  }

  /** The configuration in force. */
  get policy(): CompiledPolicy {
    return this.#policy;
  }

  /** What is known now. To be asked for with each question, and forgotten with its answer. */
  world(): World {
    return {
      clockProblem: this.clock.isKnown ? this.#trust.peek() : seenUnknown,
      addressesOf: (name) => this.names.addressesOf(name),
      placeOf: (address) => this.geo.placeOf(address),
      ledger: this.#ledgerKnown.yes ? (account) => this.ledger.entry(account) : null,
      grants: (service) => this.book.of(service),
    };
  }

  /**
   * Resolves when all that was kept has been read, or after `patience` milliseconds. Before that an answer would be
   * made of nothing: it would turn out whom the same question let in a moment ago.
   */
  async settled(patience: number): Promise<void> {
    const stores = (['grants', 'ledger', 'clock'] as const).map((name) => this.#context.bus.store(name));
    const read = Promise.all(stores.map(whenReady));
    await Promise.race([read, delay(patience, undefined, { ref: false })]);
  }

  /** Have grants and the ledger been read, and can they be written? */
  get ready(): boolean {
    const { bus } = this.#context;
    return bus.store('grants').ready && bus.store('ledger').ready;
  }

  #remarks({ service, source, until }: Grant) {
    const { overrides, because, notes } = grantOverrides(
      this.#policy,
      this.world(),
      service,
      source,
      Date.now(),
      Date.parse(until),
    );
    return {
      overrides,
      ...(because === null ? {} : { overrides_reason: because }),
      notes: [...notes],
    };
  }

  #reconfigure(): void {
    const { loaded, log } = this.#context;
    const { geo } = loaded().config;
    this.#policy = compilePolicy(loaded());
    this.#followNames();
    this.geo.reconfigure(geo.countries, geo.asn).catch((error) => log.error({ err: error }, 'geo'));
  }

  /** Those of the configuration, and of grants: a grant may be for a name that no rule has. */
  #followNames(): void {
    const ofGrants = this.book
      .open(Date.now())
      .flatMap(({ source }) => this.#policy.matcherOf(source)?.names ?? []);
    this.names.follow(new Set([...this.#policy.names, ...ofGrants]));
  }

  async #close(): Promise<void> {
    this.clock.close();
    this.names.close();
    await Promise.all([this.#sweep.close(), this.geo.close()]);
  }
}

const seenUnknown =
  'what the clock showed before is not known yet: windows and allowances wait until it was read';

function whenReady(store: Pick<Store<unknown>, 'ready' | 'onReady'>): Promise<void> {
  return new Promise((resolve) => {
    store.onReady((ready) => ready && resolve());
    if (store.ready) resolve();
  });
}

function publisher(bus: Bus): Publish {
  return (type, data, about) => bus.publish(type, data, about);
}

/** Uptime counts the time that the machine slept, unlike the other clocks that nobody sets. */
function aClockTrust(policy: () => CompiledPolicy): ClockTrust {
  const timeText = (instant: number): string => localTimeText(policy().timezone, instant);
  return new ClockTrust({ wall: Date.now, uptime: () => uptime() * 1_000, seen: null, timeText });
}

function openNames({ loaded, log }: PolicyContext, news: PermissionNews): NameBook {
  return new NameBook({
    servers: () => loaded().config.dns.servers,
    now: () => performance.now(),
    onChange: () => news.changed('names', null),
    onProblem: (name, problem) => {
      if (problem === null) log.info(`${name}: its address is known again`);
      else log.warn(`${name}: ${problem}`);
    },
  });
}
