// SPDX-License-Identifier: MIT
import type { Network } from '@nftoggle/config';
import { type AddressNumbers, addressNumbers, noAddress } from './address-set.ts';
import type { CompiledPolicy, LimitedPerson } from './compile.ts';
import type { KnownDevice } from './device-index.ts';
import type { Matcher } from './matcher.ts';
import type { Place, World } from './world.ts';

/** Who asks, as far as rules can see. */
export interface Asker {
  is(matcher: Matcher): boolean;
  /** Where the asker is; null for somebody who is in no country. */
  place(): Place | null;
  /** Those of the people who may be the asker, by one of their devices. */
  among(people: readonly LimitedPerson[]): readonly LimitedPerson[];
}

/**
 * The sender of a packet. What is looked up about it is looked up once, and only when a rule asks.
 * Without an address only conditions on the MAC address, and `any`, can be met.
 */
export class Sender implements Asker {
  readonly address: Network | null;
  readonly mac: string | undefined;
  /** A neighbour on the provider's side: whatever its address, it is not of the LAN. */
  readonly outside: boolean;
  readonly #numbers: AddressNumbers;
  readonly #policy: CompiledPolicy;
  readonly #world: World;
  /** Undefined until somebody asks. */
  #place: Place | null | undefined;
  #people: readonly LimitedPerson[] | undefined;
  #amongPeople: readonly LimitedPerson[] = [];

  constructor(
    policy: CompiledPolicy,
    world: World,
    address: Network | null,
    mac: string | undefined,
    outside = false,
  ) {
    this.#policy = policy;
    this.#world = world;
    this.address = address;
    this.#numbers = address === null ? noAddress : addressNumbers(address);
    this.mac = mac;
    this.outside = outside;
  }

  is(matcher: Matcher): boolean {
    if (matcher.any || (this.mac !== undefined && matcher.macs.has(this.mac))) return true;
    if ((this.outside ? matcher.addressesNamed : matcher.addresses).has(this.#numbers)) return true;
    return (matcher.names.length > 0 && this.#isNamed(matcher)) || (matcher.asksPlace && this.#isIn(matcher));
  }

  place(): Place | null {
    if (this.#place === undefined) this.#place = this.#lookUpPlace();
    return this.#place;
  }

  among(people: readonly LimitedPerson[]): readonly LimitedPerson[] {
    if (this.#people === people) return this.#amongPeople;
    this.#people = people;
    this.#amongPeople = people.filter((person) => this.is(person.matcher));
    return this.#amongPeople;
  }

  /** The device that the sender is, whichever rules there are. */
  knownDevice(): KnownDevice | null {
    return this.#policy.known.find(this.#numbers, this.mac);
  }

  /** Those that were looked at: none where no rule came to that. */
  get peopleAsked(): readonly LimitedPerson[] {
    return this.#people ?? [];
  }

  #lookUpPlace(): Place | null {
    if (this.address === null || this.outside || this.#policy.nowhere.has(this.#numbers)) return null;
    return this.#world.placeOf(this.address);
  }

  #isNamed(matcher: Matcher): boolean {
    for (const name of matcher.names) {
      if (this.#world.addressesOf(name)?.has(this.#numbers)) return true;
    }
    return false;
  }

  #isIn({ countries, asns }: Matcher): boolean {
    const place = this.place();
    if (place === null) return false;
    if (place.country !== null && countries.has(place.country)) return true;
    return place.asn !== null && asns.has(place.asn);
  }
}

/** Whoever a source stands for, and nobody in particular: is of that source and of `any`, and of no other. */
export class AnyOf implements Asker {
  readonly #matcher: Matcher;

  constructor(matcher: Matcher) {
    this.#matcher = matcher;
  }

  is(matcher: Matcher): boolean {
    return matcher.any || matcher === this.#matcher;
  }

  place(): null {
    return null;
  }

  among(people: readonly LimitedPerson[]): readonly LimitedPerson[] {
    return people.filter((person) => this.is(person.matcher));
  }
}
