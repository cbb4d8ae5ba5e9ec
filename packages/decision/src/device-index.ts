// SPDX-License-Identifier: MIT
import type { Config, Device, Network } from '@nftoggle/config';
import type { Id } from '@nftoggle/contracts';
import { type AddressNumbers, AddressSet, addressNumbers } from './address-set.ts';

/** A device that an address or MAC address tells, and whose it is. */
export interface KnownDevice {
  readonly device: Id;
  /** The first in the file of those who have it; null for nobody's. */
  readonly person: Id | null;
  /** Place among the devices of the file. */
  readonly order: number;
}

/** Devices as rules know them, looked up at once: there may be hundreds, and every first packet asks. */
export class DeviceIndex {
  readonly #byMac = new Map<string, KnownDevice>();
  readonly #byV4 = new Map<number, KnownDevice>();
  readonly #byV6 = new Map<bigint, KnownDevice>();
  readonly #addresses: AddressSet;

  constructor({ devices, people }: Pick<Config, 'devices' | 'people'>) {
    const owners = new Map<Id, Id>();
    for (const person of people.values())
      for (const device of person.devices) if (!owners.has(device)) owners.set(device, person.name);
    for (const [order, device] of [...devices.values()].entries())
      this.#add(device, owners.get(device.name) ?? null, order);
    this.#addresses = new AddressSet([...devices.values()].flatMap(({ addresses }) => addresses));
  }

  /** A rule is for a device by its MAC address or by one of its addresses; of several devices the first in the file. */
  find(address: AddressNumbers, mac: string | undefined): KnownDevice | null {
    const byMac = mac === undefined ? undefined : this.#byMac.get(mac);
    const byAddress = address.v4 >= 0 ? this.#byV4.get(address.v4) : this.#byV6.get(address.v6);
    if (byMac === undefined || byAddress === undefined) return byMac ?? byAddress ?? null;
    return byMac.order <= byAddress.order ? byMac : byAddress;
  }

  /** Does the IPv6 network hold the address of a device? */
  hasOneIn(network: Network): boolean {
    return this.#addresses.share(network) !== 'none';
  }

  #add({ name, macs, addresses }: Device, person: Id | null, order: number): void {
    const known: KnownDevice = { device: name, person, order };
    for (const mac of macs) addFirst(this.#byMac, mac, known);
    for (const address of addresses) {
      const { v4, v6 } = addressNumbers(address);
      if (v4 >= 0) addFirst(this.#byV4, v4, known);
      else addFirst(this.#byV6, v6, known);
    }
  }
}

function addFirst<K>(map: Map<K, KnownDevice>, key: K, known: KnownDevice): void {
  if (!map.has(key)) map.set(key, known);
}
