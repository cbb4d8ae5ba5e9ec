// SPDX-License-Identifier: MIT
// For tests: worlds out of what a test cares about, and decisions as one line.
import { contains, type Network, parseMoment, parseNetwork, widen } from '@nftoggle/config';
import type { Decision, Grant, LedgerEntry } from '@nftoggle/contracts';
import { aLoaded } from '@nftoggle/testkit';
import { AddressSet } from './address-set.ts';
import { type CompiledPolicy, compilePolicy } from './compile.ts';
import { dateText } from './time-text.ts';
import type { World } from './world.ts';

export function aPolicy(yaml: string): CompiledPolicy {
  return compilePolicy(aLoaded(yaml));
}

export interface WorldParts {
  /** Networks and where they are: `FR`, or a number for an ASN. The longest prefix that holds an address counts. */
  readonly places?: Readonly<Record<string, string | number>>;
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** Minutes used, and added, by account and day; null: not known yet. */
  readonly used?: Readonly<
    Record<string, Readonly<Record<string, number | readonly [number, number]>>>
  > | null;
  readonly grants?: readonly Grant[];
  readonly clockProblem?: string | null;
}

export function aWorld(parts: WorldParts = {}): World {
  const { places = {}, names = {}, used = {}, grants = [], clockProblem = null } = parts;
  const networks = Object.entries(places).map(([text, place]) => ({ network: networkOf(text), place }));
  return {
    clockProblem,
    addressesOf: (name) => {
      const addresses = names[name];
      return addresses === undefined ? undefined : new AddressSet(addresses.map(networkOf));
    },
    placeOf: (address) => {
      const holding = networks
        .filter(({ network }) => contains(network, address))
        .sort((a, b) => b.network.prefix - a.network.prefix);
      const countries = holding.flatMap(({ place }) => (typeof place === 'string' ? [place] : []));
      const asns = holding.flatMap(({ place }) => (typeof place === 'number' ? [place] : []));
      const prefix = Math.max(0, ...networks.map(({ network }) => bitsAlike(network, address)));
      return { country: countries[0] ?? null, asn: asns[0] ?? null, prefix };
    },
    ledger: used === null ? null : ledgerOf(used),
    grants: (service) => grants.filter((grant) => grant.service === service),
  };
}

export function aGrant(service: string, source: string, until: string, id = 'aaaaaaaa'): Grant {
  const issued = '2026-01-01T00:00:00.000Z';
  return { id, service, source, issued, until: new Date(until).toISOString(), by: 'anna', why: null };
}

/** When clocks in `zone` show it: `2026-11-23 14:30`; or an instant with its offset. */
export function moment(text: string, zone: string): number {
  const parsed = parseMoment(text.replace(' ', 'T'), 0, zone);
  if (!parsed.ok) throw new TypeError(`${parsed.message} ${parsed.remedy}`);
  return parsed.value;
}

/** `allow[0] until 2026-11-23 18:00 window_end`, `deny outside_window allow[0] next 2026-11-24 16:00`. */
export function answerText(decision: Decision, zone: string): string {
  const { reason, rule, grant, until, bound, next_allowed: next } = decision;
  const local = (instant: string) => dateText(zone, Date.parse(instant));
  const by = rule?.replace(/^services\.[a-z0-9_-]+\./, '') ?? '-';
  if (until !== null) return `${grant === null ? by : `grant over ${by}`} until ${local(until)} ${bound}`;
  return `deny ${reason} ${by}${next === null ? '' : ` next ${local(next)}`}`;
}

/** How many leading bits of the address say that it is in the network, or that it is not. */
function bitsAlike(network: Network, address: Network): number {
  if (network.family !== address.family) return 0;
  for (let bits = 0; bits < network.prefix; bits++) {
    if (!contains(widen(network, bits), address)) return bits;
  }
  return network.prefix;
}

function ledgerOf(used: NonNullable<WorldParts['used']>): (account: string) => LedgerEntry | undefined {
  const entries = Object.entries(used).map(([account, minutes]) => [account, ledgerEntry(minutes)] as const);
  const ledger = new Map(entries);
  return (account) => ledger.get(account);
}

function ledgerEntry(minutes: Readonly<Record<string, number | readonly [number, number]>>): LedgerEntry {
  const days = Object.entries(minutes).map(([day, value]) => {
    const [used, bonus] = typeof value === 'number' ? [value, 0] : value;
    return [day, { used: used * 60_000, bonus: bonus * 60_000 }] as const;
  });
  return { days: Object.fromEntries(days), meters: {} };
}

function networkOf(text: string) {
  const network = parseNetwork(text);
  if (network === null) throw new TypeError(text);
  return network;
}
