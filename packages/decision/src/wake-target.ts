// SPDX-License-Identifier: MIT
import { type Config, formatNetwork, parseAddress, type Service } from '@nftoggle/config';
import type { Id } from '@nftoggle/contracts';

/** A device that a service leads to, and whether it has to be awake first. */
export interface WakeTarget {
  readonly device: Id;
  readonly addresses: ReadonlySet<string>;
  readonly canBeWoken: boolean;
}

/** Empty where nothing is woken: the service says so, or none of its devices can be. */
export function wakeTargets(config: Config, { to, wakes }: Service): readonly WakeTarget[] {
  const targets = to.flatMap((name): readonly WakeTarget[] => {
    const device = config.devices.get(name);
    if (device === undefined) return [];
    const addresses = new Set(device.addresses.map(formatNetwork));
    return [{ device: name, addresses, canBeWoken: device.wake !== null }];
  });
  return wakes && targets.some(({ canBeWoken }) => canBeWoken) ? targets : [];
}

/**
 * Whom a packet to this destination needs awake. One to none of the devices came to the box itself, which forwards it
 * to the one device there is.
 */
export function deviceToWake(targets: readonly WakeTarget[], destination: string | undefined): Id | null {
  const parsed = destination === undefined ? null : parseAddress(destination);
  const address = parsed === null ? '' : formatNetwork(parsed);
  const target = targets.find(({ addresses }) => addresses.has(address)) ?? targets[0];
  return target?.canBeWoken === true ? target.device : null;
}
