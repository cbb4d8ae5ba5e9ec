// SPDX-License-Identifier: MIT
// What tests with Docker run on, made by prepare.sh when it is missing.
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@nftoggle/lab';

export type Part = 'engine' | 'bases' | 'firewalls';

export const cache = join(import.meta.dirname, '../../.cache/docker');
export const partPath = (part: Part): string => join(cache, part);

/** The first run of a checkout fetches some 100 MB and takes minutes; later ones look and go on. */
export async function prepare(...parts: readonly Part[]): Promise<void> {
  await runCommand([join(import.meta.dirname, 'prepare.sh'), ...parts], { timeoutMs: 15 * 60_000 });
}

/** Path of `programs/NAME.c`, compiled to run in an image that has nothing else. */
export async function staticProgram(name: string): Promise<string> {
  const source = join(import.meta.dirname, 'programs', `${name}.c`);
  const target = join(cache, 'programs', name);
  if ((statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0) > statSync(source).mtimeMs) return target;
  mkdirSync(join(cache, 'programs'), { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  await runCommand(['cc', '-static', '-O2', '-Wall', '-Wextra', '-Werror', '-o', unfinished, source]);
  renameSync(unfinished, target);
  return target;
}
