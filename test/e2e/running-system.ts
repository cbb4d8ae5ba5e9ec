// SPDX-License-Identifier: MIT
// The whole system in a host of the lab, as tests see it, whoever started it: `nftoggle up` or `docker compose up`.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Explanation, type InterceptorStatus, SystemStatus } from '@nftoggle/contracts';
import type { Host, RunOptions, RunResult } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';

export const launcher = join(import.meta.dirname, '../../nftoggle');

export type DaemonName = 'interceptor' | 'policy' | 'wol' | 'hooks' | 'stats' | 'api' | 'nats-server';

/** How to get onto its bus as a person does, from the host that it runs in. */
export interface BusAccess {
  /** On 127.0.0.1. */
  readonly port: string;
  /** The file with the seed of `tap`. */
  readonly seed: string;
}

export abstract class RunningSystem implements AsyncDisposable {
  readonly host: Host;
  /** What the configuration may name lies here, beside `nftoggle.yml`. */
  readonly directory: string;

  protected constructor(host: Host, directory: string) {
    this.host = host;
    this.directory = directory;
  }

  /** Starts all daemons; again, after `stop`. Resolves when the system guards and all of them answer. */
  abstract up(): Promise<void>;

  /** Ends all daemons as their user does; the guard stays in the kernel. */
  abstract stop(): Promise<void>;

  /** Ends all daemons and removes the guard: the ports are open again. */
  abstract remove(): Promise<void>;

  /** Runs a client command, such as `why`, against this system. */
  abstract run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;

  /** The socket of the api, by a path of the machine that the tests run on. */
  abstract get socket(): string;

  /** As it is at the moment: `up` finds its bus another port where one is taken. */
  abstract get bus(): BusAccess;

  /** Of the process itself, not of who looks after it. Throws when there is none. */
  abstract pidOf(name: DaemonName): number;

  get configFile(): string {
    return join(this.directory, 'nftoggle.yml');
  }

  writeConfig(text: string): void {
    writeFileSync(this.configFile, text);
  }

  /** Writes a new configuration and waits until interceptor and policy run it. */
  async reconfigure(text: string): Promise<void> {
    const before = await this.status();
    this.writeConfig(text);
    await eventually(async () => {
      const { interceptor, policy } = await this.status();
      return (
        interceptor?.revision === policy?.revision && interceptor?.revision !== before.interceptor?.revision
      );
    });
  }

  async status(): Promise<SystemStatus> {
    const { stdout } = await this.run(['status', '-o', 'json']);
    return SystemStatus.parse(JSON.parse(stdout));
  }

  async interceptor(): Promise<InterceptorStatus> {
    const { interceptor } = await this.status();
    if (interceptor === null) throw new Error('the interceptor does not answer');
    return interceptor;
  }

  /** Packets that the kernel ever handed to user space, over both queues. */
  async packetsQueued(): Promise<number> {
    return (await this.interceptor()).queues.reduce((sum, { total }) => sum + total, 0);
  }

  async why(source: string, service: string): Promise<Explanation> {
    const { stdout } = await this.run(['why', source, service, '-o', 'json']);
    return JSON.parse(stdout) as Explanation;
  }

  /** kill -9, as the kernel's own out-of-memory killer would. */
  kill(...names: readonly DaemonName[]): void {
    for (const pid of names.map((name) => this.pidOf(name))) process.kill(pid, 'SIGKILL');
  }

  /** Ends all daemons and forgets what they kept; the guard stays in the kernel. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** As `stop`, for the last time. */
  protected end(): Promise<void> {
    return this.stop();
  }
}
