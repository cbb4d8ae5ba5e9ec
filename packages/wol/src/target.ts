// SPDX-License-Identifier: MIT
import { isIP } from 'node:net';
import { familyBits, formatNetwork, type Network, type Readiness, type Wake } from '@nftoggle/config';
import type { Id, WakeRequest } from '@nftoggle/contracts';

/** A device that can be woken, as its configuration has it. */
export interface WakeHost {
  readonly name: Id;
  readonly macs: readonly string[];
  readonly addresses: readonly Network[];
  readonly wake: Wake;
}

/** What has to be seen of an address before it counts as ready. */
export type Goal =
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'udp'; readonly port: number }
  /** Any answer of the machine, of whatever protocol. */
  | { readonly kind: 'ping' }
  /** The same, or that of its network card for a while. */
  | { readonly kind: 'life' }
  | { readonly kind: 'settle'; readonly seconds: number };

export interface Target {
  readonly host: WakeHost;
  readonly address: string;
  readonly goal: Goal;
}

/** Asks for the same goal of the same address are one. */
export function targetKey({ host, address, goal }: Target): string {
  return `${host.name} ${address} ${goalText(goal)}`;
}

export function goalOf(ready: Readiness, asked: WakeRequest['port']): Goal {
  switch (ready.kind) {
    case 'tcp':
      return { kind: 'tcp', port: ready.port };
    case 'ping':
      return { kind: 'ping' };
    case 'settle':
      return { kind: 'settle', seconds: ready.seconds };
    case 'asked':
      return asked === null ? { kind: 'life' } : { kind: asked.protocol, port: asked.port };
  }
}

export function goalText(goal: Goal): string {
  switch (goal.kind) {
    case 'tcp':
    case 'udp':
      return `${goal.kind}/${goal.port}`;
    case 'ping':
      return 'an echo';
    case 'life':
      return 'any answer';
    case 'settle':
      return `${goal.seconds} s after the first answer`;
  }
}

/** Single addresses of a device; a prefix is nothing that one can knock at. */
export function addressesOf(host: WakeHost): readonly string[] {
  return host.addresses
    .filter(({ family, prefix }) => prefix === familyBits[family])
    .map((address) => formatNetwork(address));
}

/** Neither names nor anything else that would have to be looked up. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}
