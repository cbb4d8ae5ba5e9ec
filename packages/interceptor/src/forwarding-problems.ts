// SPDX-License-Identifier: MIT
// What keeps `forward` from working although the kernel took its rules.
import { readFileSync } from 'node:fs';
import type { Config } from '@nftoggle/config';
import { firstAddress } from './wake-target.ts';

const switches = {
  4: { name: 'net.ipv4.ip_forward', file: '/proc/sys/net/ipv4/ip_forward' },
  6: { name: 'net.ipv6.conf.all.forwarding', file: '/proc/sys/net/ipv6/conf/all/forwarding' },
} as const;

/** In words, with the remedy. `read` gives the text of a file. */
export function forwardingProblems(config: Config, read: (file: string) => string = readText): string[] {
  return ([4, 6] as const).flatMap((family) => {
    const services = forwarding(config, family);
    const { name, file } = switches[family];
    if (services.length === 0 || isOn(read, file)) return [];
    const what = services.length === 1 ? `the connections of ${services[0]}` : services.join(' and ');
    return [
      `IPv${family} forwarding is off in this kernel, so ${what} cannot be forwarded: ` +
        `\`sysctl -w ${name}=1\`, and the same line in /etc/sysctl.d to keep it`,
    ];
  });
}

/** The services that forward connections of a family. */
function forwarding({ services, devices, mode }: Config, family: 4 | 6): string[] {
  if (mode === 'watch') return [];
  return [...services.values()]
    .filter(({ forward }) => forward !== null)
    .filter(({ to }) => to.some((name) => hasFamily(devices.get(name), family)))
    .map(({ name }) => name);
}

function hasFamily(device: Parameters<typeof firstAddress>[0] | undefined, family: 4 | 6): boolean {
  return device !== undefined && firstAddress(device, family) !== undefined;
}

/** A file that cannot be read tells nothing. */
function isOn(read: (file: string) => string, file: string): boolean {
  try {
    return read(file).trim() !== '0';
  } catch {
    return true;
  }
}

function readText(file: string): string {
  return readFileSync(file, 'utf8');
}
