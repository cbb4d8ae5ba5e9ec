// SPDX-License-Identifier: MIT
// A configuration asked by itself: the same decisions without a daemon, where nothing is used and nothing granted.
import {
  type Allowance,
  type Config,
  formatProblems,
  type Loaded,
  readConfig,
  type Source,
} from '@nftoggle/config';
import type { Refusal } from '@nftoggle/contracts';
import { type CompiledPolicy, compilePolicy, emptyWorld, type World } from '@nftoggle/decision';
import { openGeo } from '@nftoggle/geo';
import { CommandError, exitCodes } from '../exit-codes.ts';

export interface Offline {
  readonly policy: CompiledPolicy;
  readonly world: World;
  /** What the one who asks should know of every answer. */
  readonly notes: readonly string[];
}

/** Reads the file and asks it one question. @throws CommandError when the file is wrong or the question is refused */
export async function askOffline<T extends object>(
  file: string,
  question: (offline: Offline) => T | Refusal,
): Promise<{ readonly answer: T; readonly notes: readonly string[] }> {
  const loaded = await readConfig(file);
  if (!loaded.ok) throw new CommandError(exitCodes.cannotStart, formatProblems(loaded.problems));
  const { world, notes } = await offlineWorld(loaded);
  const answer = question({ policy: compilePolicy(loaded), world, notes });
  if ('error' in answer) throw refused(answer);
  return { answer, notes };
}

function refused({ error, message }: Refusal): CommandError {
  return new CommandError(error === 'wrong_time' ? exitCodes.usage : exitCodes.notFound, message);
}

async function offlineWorld({ config }: Loaded): Promise<Pick<Offline, 'world' | 'notes'>> {
  const problems: string[] = [];
  const geo = await openGeo({
    ...config.geo,
    onChange: () => {},
    onProblem: (problem) => problems.push(problem),
  });
  await geo.close();
  const world: World = { ...emptyWorld, placeOf: (address) => geo.placeOf(address) };
  return { world, notes: [...notesOf(config), ...problems] };
}

function notesOf(config: Config): string[] {
  const names = new Set(
    allSources(config).flatMap((source) => (source.kind === 'name' ? [source.name] : [])),
  );
  return [
    'this is what the file says by itself: grants that are open are not known here',
    ...(hasAllowance(config) ? ['allowances count as unused'] : []),
    ...(names.size === 0
      ? []
      : [`names are not looked up offline, so nobody is let in by ${[...names].join(', ')}`]),
  ];
}

function allSources({ groups, services }: Config): readonly Source[] {
  const rules = [...services.values()].flatMap(({ deny, allow }) => [...deny, ...allow]);
  return [...rules.flatMap(({ from }) => from), ...[...groups.values()].flat()];
}

function hasAllowance({ services, people }: Config): boolean {
  const limited = ({ allowance }: { readonly allowance: Allowance | null }): boolean => allowance !== null;
  return (
    [...services.values()].some(({ allow }) => allow.some(limited)) || [...people.values()].some(limited)
  );
}
