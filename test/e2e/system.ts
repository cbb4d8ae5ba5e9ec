// SPDX-License-Identifier: MIT
// The whole system, started as a user starts it, inside a host of the lab.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Explanation, type InterceptorStatus, SystemStatus } from '@nftoggle/contracts';
import type { Child, Host, RunResult } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';

export const launcher = join(import.meta.dirname, '../../nftoggle');

export type DaemonName = 'interceptor' | 'policy' | 'wol' | 'hooks' | 'stats' | 'api' | 'nats-server';

export class System implements AsyncDisposable {
  readonly host: Host;
  /** State directory; the configuration is `nftoggle.yml` in it. */
  readonly directory: string;
  #up: Child | undefined;

  private constructor(host: Host) {
    this.host = host;
    this.directory = mkdtempSync(join(tmpdir(), 'nftoggle-e2e-'));
  }

  /** Starts `nftoggle up` and resolves when it says that it guards. */
  static async start(host: Host, config: string): Promise<System> {
    const system = new System(host);
    system.writeConfig(config);
    await system.up();
    return system;
  }

  get child(): Child {
    if (this.#up === undefined) throw new TypeError('the system is not up');
    return this.#up;
  }

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

  async up(): Promise<void> {
    this.#up = this.host.start([launcher, 'up', '--state', this.directory, '--verbose']);
    await this.#up.waitFor(/^(guarding|watching) /m, 30_000);
  }

  /** Runs a client command, such as `why`, against this system. */
  run(argv: readonly string[], options: { readonly allowFailure?: boolean } = {}): Promise<RunResult> {
    return this.host.run([launcher, ...argv, '--state', this.directory], options);
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

  pidOf(name: DaemonName): number {
    return Number(readFileSync(join(this.directory, 'run', `${name}.pid`), 'utf8'));
  }

  /** kill -9, as the kernel's own out-of-memory killer would. */
  kill(...names: readonly DaemonName[]): void {
    for (const pid of names.map((name) => this.pidOf(name))) process.kill(pid, 'SIGKILL');
  }

  /** Ends `up` as Ctrl-C does; the guard stays in the kernel. */
  async stop(): Promise<void> {
    const child = this.#up;
    this.#up = undefined;
    await child?.stop('SIGTERM', 10_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
