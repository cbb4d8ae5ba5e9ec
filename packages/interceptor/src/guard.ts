// SPDX-License-Identifier: MIT
// Keeps the kernel in step with the configuration: our table, its service indexes, and the connections that
// carry them. Restores the table when somebody else takes it away.
import { type Config, formatNetwork } from '@nftoggle/config';
import { StartError } from '@nftoggle/daemon';
import { Connections, type Watch } from './connections.ts';
import { type GuardedPorts, newlyGuarded } from './guarded-ports.ts';
import type { Inside } from './links.ts';
import { Marks } from './marks.ts';
import type { ConntrackEvent, ConntrackFlow, Native } from './native.ts';
import { findOrphans, type Orphan } from './orphans.ts';
import { formatBoot, renderBoot } from './ruleset/boot.ts';
import { uncoveredPorts } from './ruleset/gate-ports.ts';
import { type QueueMechanism, renderRuleset } from './ruleset/render.ts';
import { type ServiceCounts, Table, type TableState } from './ruleset/table.ts';
import { ServiceIndexes } from './service-indexes.ts';

export class Guard {
  readonly marks: Marks;
  readonly connections: Connections;
  readonly mechanism: QueueMechanism;
  readonly table: Table;
  /** True when the table was there before us: it guards already. */
  readonly adopted: boolean;
  /** True when a life before left it: its sessions are to be taken over. What was loaded at boot has none. */
  readonly hasFormerLife: boolean;
  #indexes: ServiceIndexes;
  #applied: Config | undefined;
  #inside: Inside = { interfaces: [], networks: [] };
  /** Who guarded what when no connection was an orphan. */
  #settled: string | undefined;

  /** @throws StartError when this kernel cannot hand packets to user space; nothing has been changed then */
  constructor(native: Native, config: Config) {
    this.marks = new Marks(config.kernel.markMask);
    this.connections = new Connections(native, this.marks);
    this.table = new Table(native);
    this.mechanism = probe(this.table);
    this.adopted = this.table.exists();
    this.hasFormerLife = this.adopted && !this.table.isOfBoot();
    this.#indexes = new ServiceIndexes(this.table.serviceIndexes(), this.marks.maxIndex);
  }

  get indexes(): ReadonlyMap<string, number> {
    return this.#indexes.all;
  }

  serviceOf(mark: number): string | undefined {
    return this.#indexes.nameOf(this.marks.indexOf(mark));
  }

  /**
   * Makes the kernel guard what `config` says. Connections of newly guarded ports go on; those of services
   * that guard their port no more go on, too, as orphans.
   * @returns how many connections were there before and were kept, and whether session sets lost their elements
   * @throws Error in nftables' words; the kernel then guards what it guarded before
   */
  apply(config: Config, inside: Inside): { readonly kept: number; readonly emptied: boolean } {
    const indexes = this.#indexes.assign([...config.services.keys()], () => this.#carried());
    const kept = this.connections.keepExisting(this.#newlyGuarded(config));
    const emptied = this.#load(config, indexes, inside);
    this.#indexes = indexes;
    this.#applied = config;
    this.#inside = inside;
    // Marks of before are not kept in order while nothing is guarded.
    if (config.mode === 'watch') this.#settled = undefined;
    return { kept, emptied };
  }

  /** What shuts at boot what is guarded now: a script for `nft -f`. Null where that is nothing. */
  bootScript(): string | null {
    if (this.#applied === undefined) return null;
    const config = this.#applied;
    const ruleset = renderBoot({ config, indexes: this.indexes, marks: this.marks, inside: this.#inside });
    return ruleset === null ? null : formatBoot(ruleset);
  }

  /** Connections that a service let in, as opposed to our own outgoing ones and to those that were there before. */
  letIn(): ConntrackFlow[] {
    return this.connections.listOpen().filter(({ mark }) => this.marks.indexOf(mark) !== 0);
  }

  /** Tells of such connections as they begin and end: see Connections.watch. */
  watch(onEvents: (events: readonly ConntrackEvent[]) => void, onLost: () => void): Watch {
    return this.connections.watch(onEvents, onLost);
  }

  /** Packets of each service since this was called last, by its name; empty where there is no table. */
  takeCounts(): ReadonlyMap<string, ServiceCounts> {
    return this.table.takeCounts();
  }

  #carried(): ReadonlySet<number> {
    return new Set(this.letIn().map(({ mark }) => this.marks.indexOf(mark)));
  }

  /** Connections that pass by the mark of a service which does not guard their port any more. */
  orphans(): Orphan[] {
    if (this.#applied?.mode !== 'enforce') return [];
    const guarded = formatGuarded(this.#applied);
    if (guarded === this.#settled) return [];
    const orphans = findOrphans(this.letIn(), this.#applied, (mark) => this.serviceOf(mark));
    if (orphans.length === 0) this.#settled = guarded;
    return orphans;
  }

  /** An adopted table guards what its own configuration said, which may be less than this one says. */
  #newlyGuarded(config: Config): GuardedPorts[] {
    const fresh = newlyGuarded(this.#applied, config);
    if (this.#applied !== undefined || !this.adopted) return fresh;
    const already = this.table.guardedPorts();
    return fresh.map((guarded) => ({ ...guarded, ports: uncoveredPorts(guarded.ports, already) }));
  }

  /** Looks at the table and puts it back where somebody removed or altered it. Says what it found. */
  repair(): TableState {
    const state = this.table.state();
    const isDamaged = state === 'table_removed' || state === 'table_altered';
    if (isDamaged && this.#applied !== undefined) this.#load(this.#applied, this.#indexes, this.#inside);
    return state;
  }

  #load(config: Config, indexes: ServiceIndexes, inside: Inside): boolean {
    const ruleset = renderRuleset({
      config,
      indexes: indexes.all,
      marks: this.marks,
      queue: this.mechanism,
      inside,
    });
    return this.table.apply(ruleset, this.mechanism, config.kernel.queue);
  }
}

/** Who guards which ports in which place: while that stays as it is, no connection becomes an orphan. */
function formatGuarded({ services, devices, lan }: Config): string {
  const guarded = [...services.values()].map((service) => {
    const { name, ports, to, direction, interfaces, forward } = service;
    const addresses = to.flatMap((device) => devices.get(device)?.addresses.map(formatNetwork) ?? []);
    return { name, ports, addresses, direction, interfaces, isForwarded: forward !== null };
  });
  return JSON.stringify([guarded, lan.map(formatNetwork)]);
}

function probe(table: Table): QueueMechanism {
  const mechanism = table.probeQueue();
  if (mechanism !== null) return mechanism;
  throw new StartError(
    'this kernel can hand no packets to user space: it has neither nft_queue nor the xtables target NFQUEUE. ' +
      'Load one (`modprobe nft_queue`), or boot a kernel that has CONFIG_NFT_QUEUE',
  );
}
