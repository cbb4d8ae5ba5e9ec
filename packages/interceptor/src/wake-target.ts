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
} from '@nftoggle/config';
import type { Flow, Id, WakeRequest } from '@nftoggle/contracts';

/** A device, and where it has to answer. */
export type WakeTarget = Omit<WakeRequest, 'patience'>;

/**
 * Does the service wake anything? Its machine may fall asleep again while a source has a session, so every
 * first packet of such a service is looked at.
 */
export function wakesAny({ wakes, to }: Service, { devices }: Config): boolean {
  return wakes && to.some((name) => canBeWoken(devices.get(name)));
}

/** The device that a flow needs awake; null when it needs none. Policy's decision says the same, where there is one. */
export function deviceToWake(flow: Flow, config: Config): Id | null {
  const service = config.services.get(flow.service);
  if (service === undefined || !wakesAny(service, config)) return null;
  const devices = service.to.flatMap((name) => config.devices.get(name) ?? []);
  const destination = parseAddress(flow.destination);
  // A packet to none of them came to the box itself, which forwards it to the one device there is.
  const device = devices.find((each) => destination !== null && hasAddress(each, destination)) ?? devices[0];
  return device !== undefined && canBeWoken(device) ? device.name : null;
}

export function wakeTarget(flow: Flow, device: Id, config: Config): WakeTarget {
  const { protocol, destinationPort: port, service: by } = flow;
  return { device, port: { protocol, port }, address: addressOf(flow, config.devices.get(device)), by };
}

/** How many devices can be woken. */
export function wakeableDevices({ devices }: Config): number {
  return [...devices.values()].filter(canBeWoken).length;
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

function canBeWoken(device: Device | undefined): boolean {
  return device !== undefined && device.wake !== null;
}
