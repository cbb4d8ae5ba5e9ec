// SPDX-License-Identifier: MIT
// What packets of a device, or of a person's devices, may look like.
import type { Device } from '@nftoggle/config';
import { Sender } from './asker.ts';
import type { CompiledPerson, CompiledPolicy } from './compile.ts';
import type { World } from './world.ts';

/** One for each address, with the first MAC address; one without an address where none is configured. */
export function deviceSenders(
  policy: CompiledPolicy,
  world: World,
  { addresses, macs }: Device,
): readonly [Sender, ...Sender[]] {
  const [first = null, ...others] = addresses;
  const senderAt = (address: typeof first) => new Sender(policy, world, address, macs[0]);
  return [senderAt(first), ...others.map(senderAt)];
}

export function personDevices(policy: CompiledPolicy, person: CompiledPerson): readonly Device[] {
  return person.devices.flatMap((name) => policy.devices.get(name) ?? []);
}
