// SPDX-License-Identifier: MIT
import { Resolver } from 'node:dns/promises';
import { familyBits, type Network, parseAddress } from '@nftoggle/config';

/** What the DNS says of one family: `none` is an answer (there is no such record), `failed` is none. */
export type FamilyAnswer =
  | { readonly kind: 'addresses'; readonly addresses: readonly Network[]; readonly ttl: number }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

export interface Answers {
  readonly 4: FamilyAnswer;
  readonly 6: FamilyAnswer;
}

export interface LookupOptions {
  /** `address:port` of each; empty for those of the machine. Asked for before each lookup. */
  readonly servers: () => readonly string[];
  /** Milliseconds that the first attempt waits for an answer, and the number of attempts with each server. */
  readonly timeout: number;
  readonly tries: number;
}

interface TimedAddress {
  readonly address: string;
  /** In seconds. */
  readonly ttl: number;
}

/** Asks DNS servers for both families of a name at once. Aliases (CNAME) are followed by the resolver. */
export class NameLookup {
  readonly #options: LookupOptions;
  readonly #running = new Set<Resolver>();

  constructor(options: LookupOptions) {
    this.#options = options;
  }

  /** Never rejects. The hosts file and multicast DNS are not asked: their answers have no time to live. */
  async ask(name: string): Promise<Answers> {
    // A resolver of its own for each lookup: the servers of the machine change when it moves to another network.
    const { timeout, tries, servers } = this.#options;
    const resolver = new Resolver({ timeout, tries });
    this.#running.add(resolver);
    try {
      const wanted = servers();
      if (wanted.length > 0) resolver.setServers(wanted);
      const [v4, v6] = await Promise.all([
        answerOf(resolver.resolve4(name, { ttl: true })),
        answerOf(resolver.resolve6(name, { ttl: true })),
      ]);
      return { 4: v4, 6: v6 };
    } catch (error) {
      const failed = failure(error);
      return { 4: failed, 6: failed };
    } finally {
      this.#running.delete(resolver);
    }
  }

  /** Every lookup under way fails now. */
  cancel(): void {
    for (const resolver of this.#running) resolver.cancel();
  }
}

async function answerOf(question: Promise<readonly TimedAddress[]>): Promise<FamilyAnswer> {
  try {
    const records = await question;
    const addresses = records.flatMap(({ address }) => parseAddress(address) ?? []).filter(isSomebody);
    if (addresses.length === 0) return { kind: 'none', why: 'the name has no addresses' };
    return { kind: 'addresses', addresses, ttl: Math.min(...records.map(({ ttl }) => ttl)) };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): FamilyAnswer {
  const { code = 'unknown' } = error as { readonly code?: string };
  switch (code) {
    case 'ENOTFOUND':
      return { kind: 'none', why: 'there is no such name (NXDOMAIN)' };
    case 'ENODATA':
      return { kind: 'none', why: 'the name has no addresses' };
    case 'ETIMEOUT':
      return { kind: 'failed', why: 'no DNS server answered in time' };
    case 'ECONNREFUSED':
      return { kind: 'failed', why: 'no DNS server could be reached' };
    case 'ESERVFAIL':
      return { kind: 'failed', why: 'the DNS server could not find out (SERVFAIL)' };
    case 'EREFUSED':
      return { kind: 'failed', why: 'the DNS server refuses to answer (REFUSED)' };
    default:
      return { kind: 'failed', why: `the question to the DNS server failed (${code})` };
  }
}

/** 0.0.0.0 and :: are how filters of advertisements say that there is nobody. */
function isSomebody({ base, prefix, family }: Network): boolean {
  return base !== 0n && prefix === familyBits[family];
}
