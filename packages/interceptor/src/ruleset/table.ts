// SPDX-License-Identifier: MIT
// Our nftables table in the kernel: put there, kept as it should be, taken away.
import type { PortRange } from '@nftoggle/config';
import type { ListedSet, Native } from '../native.ts';
import { parsePortKeys } from './gate-ports.ts';
import { keyTypeOf } from './key-type.ts';
import {
  bootChain,
  gateBaseChain,
  lastingChains,
  panicTable,
  parseCounter,
  parseServiceChain,
  sessionSets,
  table,
} from './names.ts';
import {
  baseLine,
  type QueueMechanism,
  queueChains,
  type Ruleset,
  type SetDeclaration,
  setLines,
} from './render.ts';

/** Packets of a service. */
export interface ServiceCounts {
  /** Of sources without a session, to ask about. */
  readonly asked: number;
  /** That came to the gate without the mark of a connection that was let in. */
  readonly entered: number;
  /** That the gate let in: of each connection the first, or the first few that came at once. */
  readonly opened: number;
}

export type TableState = 'intact' | 'table_removed' | 'table_altered' | 'panic';

/** Sets that stay with their elements, and sets that go: unknown ones, and those that become another set. */
interface SetChanges {
  readonly kept: readonly string[];
  readonly gone: readonly string[];
}

/** How often a change is tried anew because others changed the table while it was prepared. */
const attempts = 10;

const setIdentity = ({ type, size, ruleTimeout = 0 }: SetDeclaration): string =>
  `${keyTypeOf(type)} ${size} ${ruleTimeout * 1_000}`;

const listedIdentity = ({ keyType, size, timeout }: ListedSet): string => `${keyType} ${size} ${timeout}`;

export class Table {
  readonly #nft: InstanceType<Native['Nftables']>;
  readonly #messages: InstanceType<Native['NftMessages']>;
  #expected = '';

  constructor(native: Native) {
    this.#nft = new native.Nftables();
    this.#messages = new native.NftMessages();
  }

  /**
   * How this kernel hands packets over: the `queue` statement of its own, or the xtables target inside an
   * nftables rule. Null when it has neither.
   */
  probeQueue(): QueueMechanism | null {
    const scratch = `${table}-probe`;
    const lines = [`add table inet ${scratch}`, `add chain inet ${scratch} probe`];
    try {
      this.#nft.check([...lines, `add rule inet ${scratch} probe queue num 0`].join('\n'));
      return 'nft_queue';
    } catch {
      // Refused: this kernel has no nft_queue. The scratch table has no base chain, so making it is harmless.
    }
    this.#nft.run(lines.join('\n'));
    try {
      this.#messages.setQueueRule(scratch, 'probe', 0);
      return 'xt_NFQUEUE';
    } catch {
      return null;
    } finally {
      this.#nft.run(`delete table inet ${scratch}`);
    }
  }

  exists(): boolean {
    return this.#messages.fingerprint(table).length > 0;
  }

  /** True when the table was loaded at boot, and is nobody's former life. */
  isOfBoot(): boolean {
    return this.#messages.listChains(table).includes(bootChain);
  }

  /** The mark index of each service that the table in the kernel knows. */
  serviceIndexes(): Map<string, number> {
    const services = this.#messages.listChains(table).map(parseServiceChain);
    return new Map(services.filter((service) => service !== null).map(({ name, index }) => [name, index]));
  }

  /** Services whose session sets the table in the kernel has. One that only watches has none. */
  sessionServices(): string[] {
    const names = this.#messages.listSets(table).map(({ name }) => name);
    return [...this.serviceIndexes().keys()].filter((service) =>
      Object.values(sessionSets(service)).every((set) => names.includes(set)),
    );
  }

  /** The ports that the table in the kernel guards. A table that only watches guards none. */
  guardedPorts(): PortRange[] {
    return parsePortKeys(this.#messages.listMapKeys(table, gateBaseChain));
  }

  /** What was counted of each service since this was called last; none when there is no table. */
  takeCounts(): Map<string, ServiceCounts> {
    const counts = new Map<string, ServiceCounts>();
    for (const { name, packets } of this.#messages.takeCounters(table)) {
      const counter = parseCounter(name);
      if (counter === null) continue;
      const { what, service } = counter;
      const sum = counts.get(service) ?? { asked: 0, entered: 0, opened: 0 };
      counts.set(service, { ...sum, [what]: sum[what] + packets });
    }
    return counts;
  }

  /**
   * Makes the kernel's table be `ruleset`, in place: chains are flushed and filled in one transaction, so
   * no packet meets a half-made table, and no base chain goes, so no held packet is lost.
   * @returns true when a set became another one (of a new size, say) and lost its elements by that
   * @throws Error with nftables' own words; the table is then as it was
   */
  apply(ruleset: Ruleset, mechanism: QueueMechanism, firstQueue: number): boolean {
    const before = this.#fingerprint();
    let emptied: boolean;
    try {
      emptied = this.#load(ruleset, mechanism, firstQueue);
    } catch (error) {
      if (before === '') this.remove();
      // The queue chains were filled anew by then, which is no damage.
      else if (before === this.#expected) this.#remember();
      throw error;
    }
    this.#remember();
    return emptied;
  }

  /** Compares the kernel's table with what apply() left. */
  state(): TableState {
    const now = this.#fingerprint();
    if (now === this.#expected) return 'intact';
    if (this.#messages.fingerprint(panicTable).length > 0) return 'panic';
    return now === '' ? 'table_removed' : 'table_altered';
  }

  /** True when the owner took the guard away by `panic` and has not started it again. */
  isPanic(): boolean {
    return this.#messages.fingerprint(panicTable).length > 0;
  }

  /** Our table and everything in it, in one transaction. Idempotent. */
  remove(): void {
    this.#nft.run(`add table inet ${table}\ndelete table inet ${table}`);
  }

  #fingerprint(): string {
    return this.#messages.fingerprint(table).toString('latin1');
  }

  /** What is there now is right. Where it cannot be read, state() will find it altered, and it is put there again. */
  #remember(): void {
    try {
      this.#expected = this.#fingerprint();
    } catch {
      this.#expected = '';
    }
  }

  /** One transaction fails as a whole when others change the table between our look at it and that. */
  #load(ruleset: Ruleset, mechanism: QueueMechanism, firstQueue: number): boolean {
    for (let attempt = 1; ; attempt++) {
      this.#prepareQueueChains();
      if (mechanism === 'xt_NFQUEUE') this.#fillQueueChains(firstQueue);
      const seen = this.#fingerprint();
      const sets = this.#compareSets(ruleset.sets);
      try {
        this.#nft.run(this.#commands(ruleset, mechanism, sets));
        return sets.gone.some((name) => ruleset.sets.some((set) => set.name === name));
      } catch (error) {
        if (attempt === attempts || this.#fingerprint() === seen) throw error;
      }
    }
  }

  /** No-op where they are; somebody may have taken them away. */
  #prepareQueueChains(): void {
    const chains = Object.values(queueChains).map((name) => `add chain inet ${table} ${name}`);
    this.#nft.run([`add table inet ${table}`, ...chains].join('\n'));
  }

  #fillQueueChains(firstQueue: number): void {
    this.#messages.setQueueRule(table, queueChains.known, firstQueue);
    this.#messages.setQueueRule(table, queueChains.strangers, firstQueue + 1);
  }

  #commands(
    { counters, sets, chains }: Ruleset,
    mechanism: QueueMechanism,
    { kept, gone }: SetChanges,
  ): string {
    const isQueueChain = (name: string): boolean => (Object.values(queueChains) as string[]).includes(name);
    const untouched = (name: string): boolean => mechanism === 'xt_NFQUEUE' && isQueueChain(name);
    const existing = this.#messages.listChains(table).filter((name) => !untouched(name));
    const wanted = chains.filter(({ name }) => !untouched(name));
    const isLasting = (name: string): boolean => (Object.values(lastingChains) as string[]).includes(name);
    const stale = existing.filter(
      (name) => !isQueueChain(name) && !isLasting(name) && !chains.some((chain) => chain.name === name),
    );
    const counting = this.#messages.listCounters(table);
    return [
      `add table inet ${table}`,
      ...existing.map((name) => `flush chain inet ${table} ${name}`),
      ...counting
        .filter((name) => !counters.includes(name))
        .map((name) => `delete counter inet ${table} ${name}`),
      // Those that count already are let alone: what adding them again does is up to the kernel.
      ...counters
        .filter((name) => !counting.includes(name))
        .map((name) => `add counter inet ${table} ${name}`),
      ...gone.map((name) => `delete set inet ${table} ${name}`),
      ...sets
        .filter(({ name }) => !kept.includes(name))
        .map((set) => `add set inet ${table} ${set.name} { ${setLines(set).join('; ')}; }`),
      ...wanted.map(
        ({ name, hook, type }) =>
          `add chain inet ${table} ${name}${hook === undefined ? '' : ` { ${baseLine(hook, type)} }`}`,
      ),
      ...wanted.flatMap(({ name, rules }) => rules.map((rule) => `add rule inet ${table} ${name} ${rule}`)),
      ...stale.map((name) => `delete chain inet ${table} ${name}`),
    ].join('\n');
  }

  #compareSets(wanted: readonly SetDeclaration[]): SetChanges {
    const listed = this.#messages.listSets(table);
    const isKept = (set: ListedSet): boolean =>
      wanted.some((other) => other.name === set.name && setIdentity(other) === listedIdentity(set));
    return {
      kept: listed.filter(isKept).map(({ name }) => name),
      gone: listed.filter((set) => !isKept(set)).map(({ name }) => name),
    };
  }
}
