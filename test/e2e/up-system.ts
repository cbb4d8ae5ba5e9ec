// SPDX-License-Identifier: MIT
// The whole system, started by `nftoggle up` inside a host of the lab.
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Child, Host, RunOptions, RunResult } from '@nftoggle/lab';
import { patience } from '@nftoggle/testkit';
import { type BusAccess, type DaemonName, launcher, RunningSystem } from './running-system.ts';

/** Its state directory is that of its configuration. */
export class UpSystem extends RunningSystem {
  #up: Child | undefined;

  private constructor(host: Host) {
    super(host, mkdtempSync(join(tmpdir(), 'nftoggle-e2e-')));
  }

  /** Starts `nftoggle up` and resolves when it says that it guards. */
  static async start(host: Host, config: string): Promise<UpSystem> {
    const system = new UpSystem(host);
    system.writeConfig(config);
    await system.up();
    return system;
  }

  get child(): Child {
    if (this.#up === undefined) throw new TypeError('the system is not up');
    return this.#up;
  }

  override get socket(): string {
    return join(this.directory, 'run', 'daemon.sock');
  }

  override get bus(): BusAccess {
    return {
      port: readFileSync(join(this.directory, 'nats.port'), 'utf8').trim(),
      seed: join(this.directory, 'secrets', 'tap.seed'),
    };
  }

  override async up(): Promise<void> {
    this.#up = this.host.start([launcher, 'up', '--state', this.directory, '--verbose']);
    await this.#up.waitFor(/^(guarding|watching) /m, 30_000 * patience);
  }

  override run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.host.run([launcher, ...argv, '--state', this.directory], options);
  }

  override pidOf(name: DaemonName): number {
    return Number(readFileSync(join(this.directory, 'run', `${name}.pid`), 'utf8'));
  }

  /** As Ctrl-C does. */
  override async stop(): Promise<void> {
    const child = this.#up;
    this.#up = undefined;
    await child?.stop('SIGTERM', 10_000);
  }

  override async remove(): Promise<void> {
    await this.run(['down']);
  }
}
