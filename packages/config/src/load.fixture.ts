// SPDX-License-Identifier: MIT
// What tests of the loader say files with, and what they see of the answers.
import { parseConfig } from './load.ts';
import { formatProblem } from './problem.ts';
import type { Config } from './types.ts';

export const host = { file: 'nftoggle.yml', hostName: 'Home Box.lan', hostTimezone: 'Europe/Paris' };

/** `LINE:COLUMN: PATH: MESSAGE REMEDY` of each problem. */
export function problemsOf(text: string): readonly string[] {
  const result = parseConfig(text, host);
  return result.ok
    ? []
    : result.problems.map((problem) => formatProblem(problem).replace('nftoggle.yml:', ''));
}

export function configOf(text: string): Config {
  const result = parseConfig(text, host);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.config;
}

/** Lines after `version: 1`: the first of them is line 2. */
export function after(...lines: readonly string[]): string {
  return ['version: 1', ...lines, ''].join('\n');
}

export const nas = 'devices: { nas: { address: 192.168.1.20 }, tv: { mac: 00:11:32:aa:bb:cc } }';

/** A file whose lines from 7 on are keys of a rule, from column 9 on. */
export function rule(...keys: readonly string[]): string {
  const lines = keys.map((key) => `        ${key}`);
  return after('services:', '  a:', '    ports: [1/tcp]', '    allow:', '      - from: lan', ...lines);
}

/** What is wrong, the file, and the whole of what is said about it. */
export type Row = readonly [what: string, text: string, ...problems: readonly string[]];
