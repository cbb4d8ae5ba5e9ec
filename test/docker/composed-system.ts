// SPDX-License-Identifier: MIT
// The whole system, started by `docker compose up -d` from the docker-compose.yml that everybody gets, on a real engine
// inside a host of the lab.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host, RunOptions, RunResult } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { type BusAccess, type DaemonName, RunningSystem } from '../e2e/running-system.ts';
import { statusNow } from '../e2e/system-health.ts';
import { composedImages } from './composed-images.ts';
import { Engine, type EngineOptions } from './engine.ts';

export const project = join(import.meta.dirname, '../..');
export const composeFile = join(project, 'docker-compose.yml');

export interface ComposedOptions {
  readonly engine?: EngineOptions;
  /** Compose files after the product's own: what an owner adds to it in a docker-compose.override.yml. */
  readonly files?: readonly string[];
  /** As in `.env`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Images of another version than that of this checkout, as `buildImages` returns them. */
  readonly images?: string;
}

/** One container of the project, as `docker compose ps` has it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  /** `running`, `restarting`, `exited` … */
  readonly state: string;
  /** `healthy`, `unhealthy`, `starting`; empty without a check. */
  readonly health: string;
  readonly exitCode: number;
}

/** One directory more for a service, by the same path as outside: the file is written into it. */
export function withVolume(service: string, directory: string): ComposedOptions {
  const file = join(directory, 'docker-compose.override.yml');
  const volumes = [`${directory}:${directory}`];
  writeFileSync(file, JSON.stringify({ services: { [service]: { volumes } } }));
  return { files: [file] };
}

/** From nothing to an answer of every daemon, on a machine with other things to do. */
const upMs = 120_000;

export class ComposedSystem extends RunningSystem {
  readonly engine: Engine;
  readonly #options: ComposedOptions;

  private constructor(host: Host, directory: string, engine: Engine, options: ComposedOptions) {
    super(host, directory);
    this.engine = engine;
    this.#options = options;
  }

  /** An engine with the images of this checkout, and all of docker-compose.yml: resolves when it guards. */
  static async start(host: Host, config: string, options: ComposedOptions = {}): Promise<ComposedSystem> {
    const system = await ComposedSystem.prepare(host, options);
    try {
      system.writeConfig(config);
      await system.up();
      return system;
    } catch (error) {
      await system[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The engine and the images; nothing is started, and there is no configuration. */
  static async prepare(host: Host, options: ComposedOptions = {}): Promise<ComposedSystem> {
    const images = await composedImages(options.images);
    const directory = mkdtempSync(join(tmpdir(), 'nftoggle-e2e-'));
    // As /etc is: most daemons are not root.
    chmodSync(directory, 0o755);
    const engine = await Engine.start(host, { ...options.engine, images });
    await engine.keepForwarding();
    return new ComposedSystem(host, directory, engine, options);
  }

  /** The volume `state`, by a path of the machine that the tests run on. */
  get state(): string {
    return join(this.engine.dataRoot, 'volumes/nftoggle_state/_data');
  }

  override get socket(): string {
    return join(this.state, 'api/daemon.sock');
  }

  override get bus(): BusAccess {
    return { port: '4222', seed: join(this.state, 'secrets/tap.seed') };
  }

  /** Runs `docker compose ARGV…` for this project. */
  compose(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const files = [composeFile, ...(this.#options.files ?? [])].flatMap((file) => ['--file', file]);
    const environment = { NFTOGGLE_CONFIG_DIRECTORY: this.directory, ...this.#options.environment };
    return this.engine.docker(['compose', '--project-directory', project, ...files, ...argv], {
      ...options,
      env: { ...environment, ...options.env },
    });
  }

  /** `docker compose up -d ARGV…`; resolves when all daemons answer and the ports are guarded (or watched). */
  override async up(argv: readonly string[] = []): Promise<void> {
    await this.compose(['up', '--detach', ...argv], { timeoutMs: upMs });
    try {
      await eventually(() => this.#isWell(), { withinMs: upMs });
    } catch (error) {
      throw new Error(`not up: ${(error as Error).message}\n${await this.logs()}`, { cause: error });
    }
  }

  async #isWell(): Promise<boolean> {
    const status = await statusNow(this);
    const guards = status.interceptor?.guard === 'guarding' || status.interceptor?.guard === 'watching';
    if (!status.healthy || !guards) throw new Error(JSON.stringify(status));
    return true;
  }

  /** The last lines of every container. */
  async logs(lines = 20): Promise<string> {
    const options = { allowFailure: true, timeoutMs: 30_000 };
    const { stdout, stderr } = await this.compose(['logs', '--no-color', `--tail=${lines}`], options);
    return stdout + stderr;
  }

  /** By the command line that the image of the api has; it runs there. */
  override run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { env = {}, ...others } = options;
    const variables = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
    return this.engine.docker(['exec', ...variables, 'nftoggle-api-1', 'nftoggle', ...argv], others);
  }

  /** All containers of the project, also those that have ended. */
  async containers(): Promise<readonly Container[]> {
    const { stdout } = await this.compose(['ps', '--all', '--format', 'json']);
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Record<string, string | number>).map(asContainer);
  }

  override pidOf(name: DaemonName): number {
    const [pid] = this.pidsOf(name);
    if (pid === undefined) throw new Error(`no ${name} runs`);
    return pid;
  }

  /** Those of all replicas: of the program itself, by which it is known outside of its container. */
  pidsOf(name: DaemonName): readonly number[] {
    return this.processesWith(name === 'nats-server' ? name : `/opt/nftoggle/packages/${name}/src/main.js`);
  }

  /** In a container of the project, with this argument; those who only look after it are left out. */
  processesWith(argument: string): readonly number[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry) && this.#isOurs(entry))
      .filter((pid) => readProc(pid, 'cmdline').split('\0').includes(argument))
      .filter((pid) => !readProc(pid, 'cmdline').startsWith('/sbin/docker-init'))
      .map(Number);
  }

  #isOurs(pid: string): boolean {
    return readProc(pid, 'cgroup').includes(`/${this.engine.machine.cgroup}/`);
  }

  /** `docker compose stop`: containers stay, the guard too. */
  override async stop(): Promise<void> {
    await this.compose(['stop']);
  }

  /** `docker compose down ARGV…`: containers and networks go; the guard stays, and so does the volume. */
  async down(argv: readonly string[] = []): Promise<void> {
    await this.compose(['down', ...argv]);
  }

  override async remove(): Promise<void> {
    await this.down();
    await this.host.run(['nft', 'delete', 'table', 'inet', 'nftoggle']);
  }

  /** With the engine and all that it has. */
  protected override async end(): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It has just ended.
    return '';
  }
}

function asContainer(line: Readonly<Record<string, string | number>>): Container {
  const { ID, Name, Service, State, Health, ExitCode } = line;
  return {
    id: String(ID),
    name: String(Name),
    service: String(Service),
    state: String(State),
    health: String(Health ?? ''),
    exitCode: Number(ExitCode),
  };
}
