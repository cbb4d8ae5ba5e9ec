// SPDX-License-Identifier: MIT
import type { Id } from '@nftoggle/contracts';
import type { DeviceText, WakeText } from './schema-device.ts';
import type { Device, Wake } from './types.ts';

export function resolveDevice(name: Id, { mac, address, wake }: DeviceText): Device {
  return {
    name,
    macs: mac ?? [],
    addresses: address ?? [],
    wake: wake === null ? null : resolveWake(wake),
  };
}

function resolveWake(text: WakeText): Wake {
  return {
    ready: text.ready,
    timeout: text.timeout,
    minGap: text.min_gap,
    ports: [...new Set(text.ports)],
    password: text.password ?? null,
    broadcast: text.broadcast ?? null,
    interface: text.interface ?? null,
    run: text.run ?? null,
  };
}
