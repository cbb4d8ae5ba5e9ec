// SPDX-License-Identifier: MIT
// A machine for an engine: a network of the lab, or the one that the tests run in, with processes, mounts, /run and /etc
// of its own. Whatever an engine starts, containers included, ends with it, also when its owner is killed.
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Child,
  type ChildOptions,
  type Host,
  type RunOptions,
  type RunResult,
  runCommand,
} from '@nftoggle/lab';
import { partPath } from './prepared.ts';

const prefix = 'nftoggle-docker-';

export interface MachineOptions {
  /** Held for as long as the machine runs; whoever else wants it waits. */
  readonly lock?: string;
}

export class Machine implements AsyncDisposable {
  /** Under it: `etc` and `run` of the machine, and what its engine keeps. */
  readonly directory: string;
  readonly #first: Child;
  /** Its first process: everything in it ends with that. */
  readonly pid: number;

  private constructor(directory: string, first: Child, pid: string) {
    this.directory = directory;
    this.#first = first;
    this.pid = Number(pid);
  }

  /** In the network of a host of the lab; without one in the network that this process is in. */
  static async start(host: Host | undefined, { lock }: MachineOptions = {}): Promise<Machine> {
    removeStale();
    const directory = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
    const wait = lock === undefined ? [] : [...diesWithParent, 'flock', lock];
    const argv = [...wait, ...diesWithParent, ...ownNamespaces(directory)];
    const first = host === undefined ? new Child(argv) : host.start(argv);
    const [, pid = ''] = await first.waitFor(/^pid (\d+)$/, 15 * 60_000);
    return new Machine(directory, first, pid);
  }

  /** The name of its part of the tree of cgroups. */
  get cgroup(): string {
    return this.directory.slice(this.directory.lastIndexOf('/') + 1);
  }

  /** Where the machine's /etc and /run, or a directory of them, are for everybody else. */
  path(inside: `/etc${string}` | `/run${string}`): string {
    return join(this.directory, inside);
  }

  run(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return runCommand(this.#argvInside(argv), options);
  }

  /** Ends with the machine. Its pid is that of who entered, not of the program. */
  start(argv: readonly string[], options?: ChildOptions): Child {
    return new Child(this.#argvInside(argv), options);
  }

  #argvInside(argv: readonly string[]): readonly string[] {
    const namespaces = ['mnt', 'pid', 'net'].map((each) => `/proc/${this.pid}/ns/${each}`);
    const [mount, pid, net] = namespaces;
    return ['nsenter', `--mount=${mount}`, `--pid=${pid}`, `--net=${net}`, '--', ...argv];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The kernel ends every process of the machine with the first one.
    if (this.#first.running) process.kill(this.pid, 'SIGKILL');
    await this.#first.exited;
    removeMachine(this.directory);
  }
}

/** The kernel sends it, so it holds for a parent that is killed, too; for this one child and not for children of it. */
const diesWithParent = ['setpriv', '--pdeathsig', 'KILL'];

function ownNamespaces(directory: string): readonly string[] {
  const script = join(import.meta.dirname, 'machine.sh');
  const reaper = join(partPath('engine'), 'usr/bin/tini-static');
  const flags = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];
  return ['unshare', ...flags, script, directory, reaper];
}

/** Machines whose owner was killed: the kernel has ended all in them, directories and cgroups are left. */
function removeStale(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(prefix) ? name.slice(prefix.length).split('-')[0] : undefined;
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeMachine(join(tmpdir(), name));
  }
}

function removeMachine(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  const name = directory.slice(directory.lastIndexOf('/') + 1);
  for (const cgroup of globSync([`/sys/fs/cgroup/${name}`, `/sys/fs/cgroup/*/${name}`])) removeCgroup(cgroup);
}

/** A cgroup goes by rmdir, its children first; files in it are the kernel's. */
function removeCgroup(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeCgroup(join(path, entry.name));
  rmdirSync(path);
}

export function makeDirectory(...parts: readonly string[]): string {
  const path = join(...parts);
  mkdirSync(path, { recursive: true });
  return path;
}
