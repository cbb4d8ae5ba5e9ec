// SPDX-License-Identifier: MIT
import type { Network } from '@nftoggle/config';
import type { AccountId, Grant, Id, LedgerEntry } from '@nftoggle/contracts';
import type { AddressSet } from './address-set.ts';

/** What a decision depends on beside the configuration, the question and the time. Reading it must be cheap. */
export interface World {
  /** Why the clock is not to be believed; null when it is. */
  readonly clockProblem: string | null;
  /** What a DNS name stands for now; undefined while that is not known. */
  readonly addressesOf: (name: string) => AddressSet | undefined;
  readonly placeOf: (address: Network) => Place;
  /** What was used of an account, undefined for nothing. Null until it is known what was used at all. */
  readonly ledger: ((account: AccountId) => LedgerEntry | undefined) | null;
  /** The grants of a service that may be open; those whose time is over do not count. */
  readonly grants: (service: Id) => readonly Grant[];
}

/** Where an address is, as far as the databases know it. */
export interface Place {
  /** ISO 3166-1 code, upper case; null when unknown. Private addresses are in no country. */
  readonly country: string | null;
  readonly asn: number | null;
  /** Leading bits of the address for which the same is true. */
  readonly prefix: number;
}

/** No names, no databases, nothing used, nothing granted: what a configuration says by itself. */
export const emptyWorld: World = {
  clockProblem: null,
  addressesOf: () => undefined,
  placeOf: ({ prefix }) => ({ country: null, asn: null, prefix }),
  ledger: () => undefined,
  grants: () => [],
};
