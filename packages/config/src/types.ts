// SPDX-License-Identifier: MIT
// The configuration as daemons use it: every name resolved, every number in one unit, nothing optional
// that has a default. It is what the schema's text form becomes once it is known to be right.
import type { Id, Protocol } from '@nftoggle/contracts';
import type { Network } from './network.ts';

export interface Config {
  readonly version: 1;
  /** Names this box on the bus; the host name where the file says nothing. */
  readonly node: Id;
  /** IANA name. */
  readonly timezone: string;
  /** `enforce` guards; `watch` decides and reports, and lets everything pass. */
  readonly mode: 'enforce' | 'watch';
  /** What `lan` means: private and link-local ranges, and the prefixes that the file adds. */
  readonly lan: readonly Network[];
  readonly devices: ReadonlyMap<Id, Device>;
  readonly groups: ReadonlyMap<Id, readonly Source[]>;
  /** In the order of the file. */
  readonly services: ReadonlyMap<Id, Service>;
  readonly kernel: Kernel;
  readonly limits: Limits;
}

export interface Device {
  readonly name: Id;
  /** Lower case, with colons. */
  readonly macs: readonly string[];
  readonly addresses: readonly Network[];
}

export interface Service {
  readonly name: Id;
  readonly ports: readonly PortRange[];
  /** Devices whose forwarded traffic is guarded; empty when the service is the box's own (or goes out). */
  readonly to: readonly Id[];
  readonly direction: 'in' | 'out';
  /** Only packets that come in by these; empty means by any. */
  readonly interfaces: readonly string[];
  /** How long a session lasts before the next connection is asked about again, in seconds. */
  readonly openFor: number;
  /** The answer when no decision arrives. */
  readonly fallback: 'deny' | 'allow';
  /** Looked at before `allow`. */
  readonly deny: readonly Rule[];
  readonly allow: readonly Rule[];
}

/** Both ends are included. */
export interface PortRange {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
}

export interface Rule {
  /** Where it stands in the file, such as `services.ssh.allow[1]`. */
  readonly path: string;
  readonly from: readonly Source[];
}

export type Source =
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'device'; readonly device: Id }
  | { readonly kind: 'group'; readonly group: Id }
  | { readonly kind: 'lan' }
  | { readonly kind: 'any' };

export interface Kernel {
  /** The first of two consecutive NFQUEUE numbers: known sources, then strangers. */
  readonly queue: number;
  /** The bits of packet and conntrack marks that are ours: at least 8, next to each other. */
  readonly markMask: number;
  /** The widest IPv6 prefix that one decision may open: 64 lets privacy addresses change within it. */
  readonly ipv6Prefix: number;
}

export interface Limits {
  /** Packets held at once. */
  readonly held: number;
  /** First packets per second that known sources, and strangers, may ask about. */
  readonly knownPerSecond: number;
  readonly strangersPerSecond: number;
  /** First packets per minute from one stranger's network (IPv4 /24, IPv6 /56). */
  readonly strangerPerMinute: number;
  /** Sessions of one service and address family. */
  readonly sessions: number;
}
