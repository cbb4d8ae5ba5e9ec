// SPDX-License-Identifier: MIT
// Which machine a packet to a service needs awake: policy decides by it, the interceptor holds by it.
import type { Id } from '@nftoggle/contracts';
import { formatNetwork, parseAddress } from './network.ts';
import type { Config, Service } from './types.ts';

/** A device that a service leads to, and whether it has to be awake first. */
export interface ServiceTarget {
  readonly device: Id;
  readonly addresses: ReadonlySet<string>;
  readonly canBeWoken: boolean;
}

/** Empty where nothing is woken: the service says so, or none of its devices can be. */
export function targetsToWake(config: Config, { to, wakes }: Service): readonly ServiceTarget[] {
  const targets = to.flatMap((name): readonly ServiceTarget[] => {
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
export function deviceToWake(targets: readonly ServiceTarget[], destination: string | undefined): Id | null {
  const parsed = destination === undefined ? null : parseAddress(destination);
  const address = parsed === null ? '' : formatNetwork(parsed);
  const target = targets.find(({ addresses }) => addresses.has(address)) ?? targets[0];
  return target?.canBeWoken === true ? target.device : null;
}
