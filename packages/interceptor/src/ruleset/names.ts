// SPDX-License-Identifier: MIT
// Names within our one nftables table. The index of a service stands in the names of its chains, so the
// table itself says after a restart which mark belongs to which service.
import type { Id } from '@nftoggle/contracts';

export const table = 'nftoggle';
/** An empty table that means: the owner took the guard away by `panic`, leave it away. */
export const panicTable = 'nftoggle-panic';

/** The base chain that lets nothing through to a guarded port without a mark or a session. */
export const gateBaseChain = 'gate';

/** An empty chain that means: this table was loaded at boot, and no interceptor has had it yet. */
export const bootChain = 'boot';

/**
 * Base chains that not every configuration needs: once made they stay, empty perhaps, for as long as the table does.
 * A base chain that goes takes every packet with it that any queue holds.
 */
export const lastingChains = {
  dnat: 'forward_dnat',
  masquerade: 'forward_masquerade',
  unreachable: 'unreachable',
} as const;

export interface Indexed {
  readonly name: Id;
  readonly index: number;
}

export const askChain = ({ index, name }: Indexed): string => `ask_${index}_${name}`;
export const gateChain = ({ index, name }: Indexed): string => `gate_${index}_${name}`;
export const openChain = ({ index, name }: Indexed): string => `open_${index}_${name}`;
export const watchChain = ({ index, name }: Indexed): string => `watch_${index}_${name}`;

/** What is counted of a service, in packets: see ServiceCounts. */
export const countedThings = ['asked', 'entered', 'opened'] as const;
export type Counted = (typeof countedThings)[number];

/** The kernel takes names of objects up to 255 characters (NFT_OBJ_MAXNAMELEN), and ids have 63 at most. */
export const counterOf = (what: Counted, { index, name }: Indexed): string => `${what}_${index}_${name}`;

/** The session sets of a service: IPv4 addresses, IPv6 addresses, link-local ones with their link, IPv6 prefixes. */
export const sessionSets = (name: Id) =>
  ({ v4: `v4_${name}`, v6: `v6_${name}`, v6Link: `v6l_${name}`, v6Prefix: `v6p_${name}` }) as const;

/** Reads back from the name of a counter what it counts, and of which service. */
export function parseCounter(counter: string): { readonly what: Counted; readonly service: string } | null {
  const match = /^(asked|entered|opened)_\d+_(.+)$/.exec(counter);
  const what = countedThings.find((thing) => thing === match?.[1]);
  return what !== undefined && match?.[2] !== undefined ? { what, service: match[2] } : null;
}

/** Reads service and index back from the name of a gate or watch chain. */
export function parseServiceChain(chain: string): Indexed | null {
  const match = /^(?:gate|watch)_(\d+)_(.+)$/.exec(chain);
  return match?.[1] !== undefined && match[2] !== undefined
    ? { index: Number(match[1]), name: match[2] }
    : null;
}
