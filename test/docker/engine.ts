// SPDX-License-Identifier: MIT
// A real Docker engine, Debian's, inside a host of the lab: `network_mode: host` is that host, and published ports are
// ports of it. Nothing of the machine that the tests run on is touched.
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, type Host, type RunOptions, type RunResult, runCommand } from '@nftoggle/lab';
import { copyDataRoot } from './data-root.ts';
import { Machine, makeDirectory } from './machine.ts';
import { partPath, prepare } from './prepared.ts';

export interface EngineOptions {
  /** Docker's own relay for what DNAT does not reach. Default: true, as Docker's. */
  readonly userlandProxy?: boolean;
  /** Without it Docker writes no rules at all, for somebody else to write them. Default: true, as Docker's. */
  readonly firewall?: boolean;
  /** Containers outlive the daemon. Default: false, as Docker's. */
  readonly liveRestore?: boolean;
  /** A data root with images to begin with, as `dataRootWith` makes it; it stays as it is. */
  readonly images?: string;
}

/** What a daemon is told beside where its files are. */
export interface Setting {
  readonly flags: readonly string[];
  /** Images, containers and volumes; without it they go with the engine. */
  readonly dataRoot?: string;
  /** What a data root without a place of its own begins with. */
  readonly images?: string;
  readonly lock?: string;
}

const startMs = 60_000;

export class Engine implements AsyncDisposable {
  readonly machine: Machine;
  readonly #setting: Setting;
  #dockerd: Child | undefined;

  private constructor(machine: Machine, setting: Setting) {
    this.machine = machine;
    this.#setting = setting;
  }

  /** An engine with Docker's own network in a host of the lab. Resolves when it answers. */
  static async start(host: Host, options: EngineOptions = {}): Promise<Engine> {
    const { userlandProxy = true, firewall = true, liveRestore = false, images } = options;
    // Until version 27 Docker calls its ip6tables experimental.
    const rules = ['--experimental', `--iptables=${firewall}`, `--ip6tables=${firewall}`];
    const proxy = `--userland-proxy=${userlandProxy}`;
    const flags = [...rules, proxy, ...(liveRestore ? ['--live-restore'] : [])];
    return Engine.startWith(host, images === undefined ? { flags } : { flags, images });
  }

  static async startWith(host: Host | undefined, setting: Setting): Promise<Engine> {
    await prepare('engine');
    const machine = await Machine.start(host, setting.lock === undefined ? {} : { lock: setting.lock });
    const engine = new Engine(machine, setting);
    try {
      symlinkSync(join(partPath('engine'), 'client/cli-plugins'), join(engine.#client(), 'cli-plugins'));
      if (setting.images !== undefined) await copyDataRoot(setting.images, engine.dataRoot);
      await engine.#startContainerd();
      await engine.startDaemon();
      return engine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs `docker ARGV…`. */
  docker(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return runCommand([join(partPath('engine'), 'usr/bin/docker'), ...argv], {
      timeoutMs: 120_000,
      ...options,
      env: { ...this.environment, ...options.env },
    });
  }

  /** For programs that speak with this engine by themselves. */
  get environment(): Readonly<Record<string, string>> {
    return {
      DOCKER_HOST: `unix://${this.machine.path('/run/docker.sock')}`,
      DOCKER_CONFIG: this.#client(),
      // Compose tells its progress to whoever can see it move.
      COMPOSE_ANSI: 'never',
    };
  }

  /** Images, containers and volumes, by a path of the machine that the tests run on. */
  get dataRoot(): string {
    return this.#setting.dataRoot ?? join(this.machine.directory, 'docker');
  }

  /** Runs `iptables-save`, say, as the engine has it, in the network of its machine. */
  iptables(argv: readonly string[], input = ''): Promise<RunResult> {
    const [name = '', ...rest] = argv;
    return this.machine.run([join(partPath('engine'), 'usr/sbin', name), ...rest], {
      input,
      env: engineEnvironment(),
    });
  }

  /** Makes an image of one layer: the root of `tar`, and what to do, as in `CMD ["/program"]`. */
  async import(tar: string, name: string, ...changes: readonly string[]): Promise<void> {
    await this.docker(['import', ...changes.flatMap((each) => ['--change', each]), tar, name]);
  }

  /** Loads images that `docker save` has written. */
  async load(tar: string): Promise<void> {
    await this.docker(['load', '--quiet', '--input', tar], { timeoutMs: 300_000 });
  }

  /** Starts dockerd, the first time or again. Resolves when it answers. */
  async startDaemon(): Promise<void> {
    this.#dockerd = this.machine.start(
      [
        join(partPath('engine'), 'usr/sbin/dockerd'),
        '--containerd=/run/containerd/containerd.sock',
        `--cgroup-parent=/${this.machine.cgroup}`,
        `--data-root=${this.dataRoot}`,
        ...this.#setting.flags,
      ],
      { env: engineEnvironment() },
    );
    await this.#dockerd.waitFor(/API listen on/, startMs);
  }

  /** A box that forwards goes on to: for IPv6 Docker sets the policy to drop, as if nobody but it ever forwarded. */
  async keepForwarding(): Promise<void> {
    await this.machine.run(['ip6tables', '--policy', 'FORWARD', 'ACCEPT'], { env: engineEnvironment() });
  }

  /** Ends dockerd, and no container of it: as the system would, or as its out-of-memory killer would. */
  async endDaemon(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const pid = readFileSync(this.machine.path('/run/docker.pid'), 'utf8').trim();
    await this.machine.run(['kill', signal === 'SIGTERM' ? '-TERM' : '-KILL', pid]);
    await this.#dockerd?.exited;
    this.#dockerd = undefined;
  }

  async restartDaemon(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.endDaemon(signal);
    await this.startDaemon();
  }

  /** Ends dockerd as the system would, then the machine with all that is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // What it has written is whole then: a data root may be used again.
      if (this.#setting.dataRoot !== undefined && this.#dockerd?.running) await this.endDaemon();
    } finally {
      await this.machine[Symbol.asyncDispose]();
    }
  }

  /** In a process of its own, as Debian runs it: containers must outlive a dockerd that is killed. */
  async #startContainerd(): Promise<void> {
    const root = this.#setting.dataRoot ?? this.machine.directory;
    const containerd = this.machine.start(
      [join(partPath('engine'), 'usr/bin/containerd'), '--root', makeDirectory(root, 'containerd')],
      { env: engineEnvironment() },
    );
    await containerd.waitFor(/containerd successfully booted/, startMs);
  }

  #client(): string {
    return makeDirectory(this.machine.directory, 'client');
  }
}

/** Libraries and iptables as they come with the engine, not the machine's. */
function engineEnvironment(): Readonly<Record<string, string>> {
  const root = partPath('engine');
  const libraries = join(
    root,
    'usr/lib',
    process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu',
  );
  return {
    PATH: `${root}/usr/sbin:${root}/usr/bin:${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
    LD_LIBRARY_PATH: libraries,
    XTABLES_LIBDIR: join(libraries, 'xtables'),
  };
}
