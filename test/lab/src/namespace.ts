// SPDX-License-Identifier: MIT
import type { ChildProcess } from 'node:child_process';
import { Child, type ChildOptions } from './child.ts';
import { type RunOptions, type RunResult, runCommand } from './command.ts';
import { endWithOwner } from './lifetime.ts';
import { type HostPlan, linkLocalOf } from './topology.ts';

export type Family = 'ipv4' | 'ipv6';

/** One interface of a host, addresses without prefix length. */
export interface HostInterface {
  readonly name: string;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** The IPv6 address that the kernel derives from the MAC address; add `%interface` to use it. */
  readonly linkLocal: string;
}

/**
 * A machine of the lab: one network namespace. Mounts and processes are shared with the caller, so files
 * and programs are where they are; only the network is another one.
 */
export class Host {
  readonly name: string;
  /** The name that `ip netns` knows it by. */
  readonly namespace: string;
  readonly plan: HostPlan;
  readonly interfaces: readonly HostInterface[];
  readonly #running = new Set<ChildProcess | Child>();

  constructor(name: string, namespace: string, plan: HostPlan) {
    this.name = name;
    this.namespace = namespace;
    this.plan = plan;
    this.interfaces = plan.interfaces.map((each) => ({
      name: each.name,
      mac: each.mac,
      ipv4: withoutPrefix(each.ipv4),
      ipv6: withoutPrefix(each.ipv6),
      linkLocal: linkLocalOf(each.mac),
    }));
  }

  get path(): string {
    return `/run/netns/${this.namespace}`;
  }

  /** The interface with that name; without a name the first one (the gateway's is `wan`). */
  on(name?: string): HostInterface {
    const found = this.interfaces.find((entry) => name === undefined || entry.name === name);
    if (found === undefined) throw new TypeError(`${this.name} has no interface ${name ?? 'at all'}`);
    return found;
  }

  /** Address of the first interface. */
  get ipv4(): string {
    return this.on().ipv4;
  }

  get ipv6(): string {
    return this.on().ipv6;
  }

  /** Runs a program to its end. Throws `CommandFailed` unless it ended with 0 or failure is allowed. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return runCommand(this.argvInside(argv), options, (child) => {
      const release = this.#own(child);
      child.once('close', release);
    });
  }

  /** Starts a program that goes on until it is stopped, at the latest when the lab closes. */
  start(argv: readonly string[], options: ChildOptions = {}): Child {
    const child = new Child(this.argvInside(argv), options);
    void child.exited.then(this.#own(child));
    return child;
  }

  /** Runs `ip` commands, one a line of the batch. */
  async ip(commands: readonly string[]): Promise<void> {
    await runCommand(['ip', '-n', this.namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` });
  }

  async setSysctl(values: Readonly<Record<string, string | number>>): Promise<void> {
    const words = Object.entries(values).map(([key, value]) => `${key}=${value}`);
    await this.run(['sysctl', '-q', '-w', ...words]);
  }

  /** Loads nftables text; throws when the kernel or nft refuses it. */
  async loadRuleset(text: string): Promise<void> {
    await this.run(['nft', '-f', '-'], { input: text });
  }

  /** argv that runs inside this namespace whoever executes it. nsenter execs, so the pid is the program's. */
  argvInside(argv: readonly string[]): readonly string[] {
    if (argv.length === 0) throw new TypeError('argv is empty');
    return ['nsenter', `--net=${this.path}`, '--', ...argv];
  }

  /** Until the function that is returned is called, the child ends with this host, and with its owner. */
  #own(child: ChildProcess | Child): () => void {
    const release = endWithOwner(child);
    this.#running.add(child);
    return () => {
      release();
      this.#running.delete(child);
    };
  }

  /** Ends everything started here, politely first. */
  async stopAll(graceMs = 2000): Promise<void> {
    await Promise.all(
      [...this.#running].map((child) => {
        if (child instanceof Child) return child.stop('SIGTERM', graceMs);
        child.kill('SIGKILL');
        return undefined;
      }),
    );
  }
}

function withoutPrefix(address: string): string {
  return address.split('/')[0] ?? address;
}
