// SPDX-License-Identifier: MIT
import type { Who } from '@nftoggle/contracts';

/** `leo's console (192.168.1.30)`, `203.0.113.66 (FR)`: who somebody is, as far as is known, and the address. */
export function whoText({ device, person, country }: Who, address: string): string {
  const name = whoName({ device, person });
  if (name !== null) return `${name} (${address})`;
  return country === null ? address : `${address} (${country})`;
}

/** Null for somebody who has no name here. */
export function whoName({ device, person }: Pick<Who, 'device' | 'person'>): string | null {
  if (device === null) return person;
  return person === null ? device : `${person}'s ${device}`;
}
