// SPDX-License-Identifier: MIT
// Sessions that the kernel kept while no interceptor ran.
import { parseAddress, widen } from '@nftoggle/config';
import { nobody } from '@nftoggle/contracts';
import type { Clock } from './clock.ts';
import type { Native } from './native.ts';
import { sessionSets, table } from './ruleset/names.ts';
import { parseComment } from './session-comment.ts';
import { derivedSessionId } from './session-id.ts';
import { formatAddress } from './session-place.ts';
import type { OpenSession } from './sessions.ts';

/** An element of a set with timeouts, as libnftables-json(5) lists it; `concat` where the key has two parts. */
interface ListedElement {
  readonly elem: {
    readonly val: string | { readonly concat: readonly [address: string, link: string] };
    readonly expires?: number;
    readonly comment?: string;
  };
}

/** Reads the live sessions of a service out of its sets. */
export function listKernelSessions(
  nft: InstanceType<Native['Nftables']>,
  service: string,
  ipv6Prefix: number,
  clock: Clock,
): OpenSession[] {
  const { v4, v6, v6Link, v6Prefix } = sessionSets(service);
  const sets = [
    { set: v4, prefix: 32 },
    { set: v6, prefix: 128 },
    { set: v6Link, prefix: 128 },
    { set: v6Prefix, prefix: ipv6Prefix },
  ];
  return sets.flatMap(({ set, prefix }) =>
    listElements(nft, set).flatMap(({ elem }) => {
      const [text, link] = typeof elem.val === 'string' ? [elem.val, null] : elem.val.concat;
      const address = parseAddress(text);
      if (address === null) return [];
      const until = clock.now() + (elem.expires ?? 0) * 1_000;
      const written = parseComment(elem.comment ?? '', clock.wall());
      const place = { service, covers: widen(address, prefix), link, since: written.since };
      // Who it is, and what its use is charged to, is too much for a comment: policy says it again at the first review.
      const began = clock.now() + written.since - clock.wall();
      const facts = { address: formatAddress(place.covers), who: nobody, began, until, accounts: [] };
      return [{ ...written, ...place, ...facts, id: written.id ?? derivedSessionId(place) }];
    }),
  );
}

function listElements(nft: InstanceType<Native['Nftables']>, set: string): ListedElement[] {
  const { nftables } = JSON.parse(nft.list(`list set inet ${table} ${set}`)) as {
    nftables: { set?: { elem?: ListedElement[] } }[];
  };
  return nftables.flatMap((item) => item.set?.elem ?? []);
}
