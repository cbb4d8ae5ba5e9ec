// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.ts';

const PROGRAMS = fileURLToPath(new URL('../programs/', import.meta.url));
const BUILD = fileURLToPath(new URL('../build/', import.meta.url));

const built = new Map<string, Promise<string>>();

/** Path of a compiled `programs/NAME.c`, built when the source is newer. Safe beside other processes. */
export function programPath(name: string): Promise<string> {
  const known = built.get(name) ?? build(name);
  built.set(name, known);
  return known;
}

/** argv of `programs/NAME.ts`. */
export function scriptArgv(name: string, args: readonly string[]): readonly string[] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', `${PROGRAMS}${name}.ts`, ...args];
}

async function build(name: string): Promise<string> {
  const source = `${PROGRAMS}${name}.c`;
  const target = BUILD + name;
  if (isNewer(target, [source, `${PROGRAMS}program.h`])) return target;
  mkdirSync(BUILD, { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  await runCommand(['cc', '-O2', '-Wall', '-Wextra', '-Werror', '-o', unfinished, source]);
  renameSync(unfinished, target); // whole or not at all, whoever else builds it now
  return target;
}

function isNewer(target: string, sources: readonly string[]): boolean {
  if (!existsSync(target)) return false;
  const { mtimeMs } = statSync(target);
  return sources.every((source) => statSync(source).mtimeMs < mtimeMs);
}
