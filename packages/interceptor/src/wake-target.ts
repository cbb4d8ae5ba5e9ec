// SPDX-License-Identifier: MIT
// What has to be awake before a packet goes on.
import {
  type Config,
  contains,
  type Device,
  formatNetwork,
  type Network,
  parseAddress,
  type Service,
  targetsToWake,
  deviceToWake as targetToWake,
} from '@nftoggle/config';
import type { Flow, Id, WakeRequest } from '@nftoggle/contracts';

/** A device, and where it has to answer. */
export type WakeTarget = Omit<WakeRequest, 'patience'>;

/**
 * Does the service wake anything? Its machine may fall asleep again while a source has a session, so every
 * first packet of such a service is looked at.
 */
export function wakesAny(service: Service, config: Config): boolean {
  return targetsToWake(config, service).length > 0;
}

/** The device that a flow needs awake; null when it needs none. Policy's decision says the same, where there is one. */
export function deviceToWake(flow: Flow, config: Config): Id | null {
  const service = config.services.get(flow.service);
  return service === undefined ? null : targetToWake(targetsToWake(config, service), flow.destination);
}

export function wakeTarget(flow: Flow, device: Id, config: Config): WakeTarget {
  const { protocol, destinationPort: port, service: by } = flow;
  return { device, port: { protocol, port }, address: addressOf(flow, config.devices.get(device)), by };
}

/** How many devices can be woken. */
export function wakeableDevices({ devices }: Config): number {
  return [...devices.values()].filter(({ wake }) => wake !== null).length;
}

/** The longest time that any device is waited for, in milliseconds. */
export function longestWake({ devices }: Config): number {
  return Math.max(0, ...[...devices.values()].map(({ wake }) => (wake?.timeout ?? 0) * 1_000));
}

/** Where the packet is going: what comes to the box's own address is forwarded to the first one of its family. */
function addressOf({ destination }: Flow, device: Device | undefined): string | null {
  const asked = parseAddress(destination);
  if (device === undefined || asked === null) return null;
  const address = hasAddress(device, asked) ? asked : firstAddress(device, asked.family);
  return address === undefined ? null : formatNetwork(address);
}

/** The one that forwarded connections of a family go to. */
export function firstAddress({ addresses }: Device, family: 4 | 6): Network | undefined {
  return addresses.find((address) => address.family === family);
}

function hasAddress({ addresses }: Device, address: Network): boolean {
  return addresses.some((own) => contains(own, address));
}
