// SPDX-License-Identifier: MIT
// ufw and firewalld as Debian has them, at work in the network of a lab host, with files of their own: a Debian in a
// directory, entered by chroot. Neither /etc nor the network of the machine that the tests run on is touched.
import { join } from 'node:path';
import type { Child, Host, RunResult } from '@nftoggle/lab';
import { Machine, makeDirectory } from './machine.ts';
import { partPath, prepare } from './prepared.ts';

export class FirewallRoot implements AsyncDisposable {
  readonly #machine: Machine;
  readonly #root: string;

  private constructor(machine: Machine, root: string) {
    this.#machine = machine;
    this.#root = root;
  }

  static async start(host: Host): Promise<FirewallRoot> {
    await prepare('engine', 'firewalls');
    const machine = await Machine.start(host);
    const [root, upper, work] = ['root', 'upper', 'work'].map((name) =>
      makeDirectory(machine.directory, name),
    );
    const layers = `lowerdir=${join(partPath('firewalls'), 'root')},upperdir=${upper},workdir=${work}`;
    const mounts = [
      ['-t', 'overlay', 'overlay', '-o', layers, `${root}`],
      ['-t', 'proc', 'proc', `${root}/proc`],
      // What it says of interfaces is about the network that it is mounted in.
      ['-t', 'sysfs', 'sysfs', `${root}/sys`],
      ['-t', 'tmpfs', 'tmpfs', `${root}/run`],
      ['--rbind', '/dev', `${root}/dev`],
    ];
    for (const mount of mounts) await machine.run(['mount', ...mount]);
    return new FirewallRoot(machine, root ?? '');
  }

  run(...argv: readonly string[]): Promise<RunResult> {
    return this.#machine.run(['chroot', this.#root, ...argv], { env: systemPath });
  }

  start(...argv: readonly string[]): Child {
    return this.#machine.start(['chroot', this.#root, ...argv], { env: systemPath });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#machine[Symbol.asyncDispose]();
  }
}

const systemPath = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
