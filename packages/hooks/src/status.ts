// SPDX-License-Identifier: MIT
import type { Hook } from '@nftoggle/config';
import type { DaemonStatus, HooksStatus } from '@nftoggle/contracts';
import type { Tally } from './tally.ts';

export interface StatusTools {
  readonly hooks: () => ReadonlyMap<string, Hook>;
  readonly tally: Tally;
  readonly waiting: (hook: string) => Promise<number | null>;
  readonly letters: () => Promise<number | null>;
}

export async function statusOf(
  daemon: DaemonStatus,
  { hooks, tally, waiting, letters }: StatusTools,
): Promise<HooksStatus> {
  const each = [...hooks().values()].map(async (hook) => ({
    hook: hook.name,
    ...targetOf(hook),
    ...tally.of(hook.name),
    waiting: await waiting(hook.name),
  }));
  const [count, ...rest] = await Promise.all([letters(), ...each]);
  return { ...daemon, daemon: 'hooks', hooks: rest, letters: count };
}

/** The host of a webhook and no more: the rest of its URL may be a secret. */
function targetOf({ action }: Hook): Pick<HooksStatus['hooks'][number], 'kind' | 'target'> {
  if (action.kind === 'script') return { kind: 'script', target: action.argv[0] ?? '' };
  return { kind: 'webhook', target: new URL(action.url).host };
}
