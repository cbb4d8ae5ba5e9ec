// SPDX-License-Identifier: MIT
// The configuration as daemons use it: every name resolved, every number in one unit, nothing optional
// that has a default. It is what the schema's text form becomes once it is known to be right.
import type { AtEnd, EventType, Id, Protocol } from '@nftoggle/contracts';
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
  readonly people: ReadonlyMap<Id, Person>;
  /** In the order of the file. */
  readonly services: ReadonlyMap<Id, Service>;
  readonly kernel: Kernel;
  readonly limits: Limits;
  readonly metering: Metering;
  readonly geo: Geo;
  readonly dns: Dns;
  readonly hooks: ReadonlyMap<Id, Hook>;
  readonly stats: Stats;
}

export interface Device {
  readonly name: Id;
  /** Lower case, with colons. */
  readonly macs: readonly string[];
  readonly addresses: readonly Network[];
  /** Null for one that is not woken. */
  readonly wake: Wake | null;
}

export const roles = ['admin', 'parent', 'member', 'child'] as const;
export type Role = (typeof roles)[number];

/** The unit a parent thinks in: somebody, and all that is theirs. */
export interface Person {
  readonly name: Id;
  readonly role: Role;
  readonly devices: readonly Id[];
  /** Shared by all devices of the person and all services that count toward it. */
  readonly allowance: Allowance | null;
  /** Services that count toward the allowance; null when all do. */
  readonly counts: readonly Id[] | null;
}

export interface Service {
  readonly name: Id;
  readonly ports: readonly PortRange[];
  /** Devices whose forwarded traffic is guarded; empty when the service is the box's own (or goes out). */
  readonly to: readonly Id[];
  /** Whether its first packets wake those devices of `to` that can be woken. */
  readonly wakes: boolean;
  /** The box's own ports lead to the one device of `to` as well; null when they do not. */
  readonly forward: Forward | null;
  readonly direction: 'in' | 'out';
  /** Only packets that come in by these; empty means by any. */
  readonly interfaces: readonly string[];
  /** How long a session lasts before the next connection is asked about again, in seconds. */
  readonly openFor: number;
  /** A session without a connection ends after this, in seconds. */
  readonly idleAfter: number;
  /** What a rule does that does not say. Grants go by it, too. */
  readonly atEnd: AtEnd;
  /** The answer when no decision arrives. */
  readonly fallback: 'deny' | 'allow';
  /** Looked at before `allow`. */
  readonly deny: readonly Rule[];
  readonly allow: readonly Rule[];
}

export interface Forward {
  /** The device sees the box's address instead of the client's. */
  readonly masquerade: boolean;
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
  /** ISO 3166-1 codes, upper case; null where the rule does not ask. */
  readonly countries: readonly string[] | null;
  readonly notCountries: readonly string[] | null;
  /** When the rule is in force; null for always. */
  readonly windows: WindowList | null;
  /** From then on the rule matches nobody, in milliseconds since the epoch; null for never. */
  readonly expires: number | null;
  /** One for each entry of `from`; null for no limit. Deny rules have none. */
  readonly allowance: Allowance | null;
  readonly atEnd: AtEnd;
}

/** Recurring local times, and dated exceptions. A window belongs to the day on which it begins. */
export interface WindowList {
  readonly weekly: readonly WeeklyWindow[];
  /** Days on which no window of `weekly` begins. */
  readonly except: readonly DateRange[];
  /** Windows beside the weekly ones, whatever `except` says. */
  readonly also: readonly DatedWindow[];
}

export interface WeeklyWindow extends DaySpan {
  /** ISO 8601 numbers: 1 is Monday, 7 is Sunday. Each once, ascending, at least one. */
  readonly days: readonly number[];
}

export interface DatedWindow extends DaySpan {
  readonly dates: DateRange;
}

/** What clocks on the wall show, in seconds after midnight. */
export interface DaySpan {
  /** 0 to 86,399. */
  readonly from: number;
  /** More than `from`, and at most a day more: a value beyond 86,400 is on the next day. */
  readonly to: number;
}

/** Local dates as `2026-12-24`; both ends are included. */
export interface DateRange {
  readonly first: string;
  readonly last: string;
}

/** Time budgets in seconds; 0 is none, null is unlimited. At least one of the three is not null. */
export interface Allowance {
  readonly daily: number | null;
  readonly weekly: number | null;
  readonly monthly: number | null;
  /** When use is not charged; null for never. */
  readonly uncharged: WindowList | null;
  /** Seconds left at which an event warns, most first. */
  readonly warnBefore: readonly number[];
}

export type Source =
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'device'; readonly device: Id }
  | { readonly kind: 'group'; readonly group: Id }
  | { readonly kind: 'person'; readonly person: Id }
  /** A DNS name, lower case, without a dot at its end. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'country'; readonly country: string }
  | { readonly kind: 'asn'; readonly asn: number }
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
  /** How many of them may wait for devices that are being woken; at most `held`. */
  readonly waking: number;
  /** First packets per second that known sources, and strangers, may ask about. */
  readonly knownPerSecond: number;
  readonly strangersPerSecond: number;
  /** First packets per minute from one stranger's network (IPv4 /24, IPv6 /56). */
  readonly strangerPerMinute: number;
  /** Sessions of one service and address family. */
  readonly sessions: number;
}

export interface Metering {
  /** Seconds between two measurements. */
  readonly tick: number;
  /** A session that moved fewer bytes in a tick was idle, and is not charged for it. */
  readonly idleBytes: number;
  /** Seconds after midnight at which the day of allowances begins. */
  readonly dayStarts: number;
}

/** Database files of the user's own; null for the built-in one (countries) or none (ASN). */
export interface Geo {
  readonly countries: string | null;
  readonly asn: string | null;
}

export interface Dns {
  /** `address:port` of each; empty for those of the machine. */
  readonly servers: readonly string[];
}

/** How a device that sleeps is woken, and how one knows that it is ready. All times in seconds. */
export interface Wake {
  readonly ready: Readiness;
  /** Longest time that packets are held for it. */
  readonly timeout: number;
  /** Least time between the end of one wake that failed and the next one. */
  readonly minGap: number;
  /** UDP ports that magic packets are sent to. */
  readonly ports: readonly number[];
  /** SecureOn password: 4 or 6 bytes; null for none. */
  readonly password: Uint8Array | null;
  /** Where magic packets go beside what is computed; null: only that. */
  readonly broadcast: Network | null;
  /** The interface that they leave by; null: by every one that has an address in the device's network. */
  readonly interface: string | null;
  /** Run instead of sending magic packets: a program and its arguments, never a shell. Null: magic packets. */
  readonly run: readonly string[] | null;
}

/** `asked`: the port that somebody wants to use answers. `settle`: so long after the first sign of life. */
export type Readiness =
  | { readonly kind: 'asked' }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'ping' }
  | { readonly kind: 'settle'; readonly seconds: number };

/** What is done when something happens. Events pass when every filter that is not null lets them pass. */
export interface Hook {
  readonly name: Id;
  /** At least one. */
  readonly on: readonly EventType[];
  /** Events about no service do not pass a filter of services; the same of sources and people. */
  readonly services: readonly Id[] | null;
  /** As rules name them, but for DNS names and autonomous systems, which an event does not tell. */
  readonly sources: readonly Source[] | null;
  readonly people: readonly Id[] | null;
  readonly action: Webhook | Script;
  /** Of one attempt, in seconds. */
  readonly timeout: number;
  /** An event older than this is tried once more at most, in seconds. */
  readonly retryFor: number;
}

export const webhookFormats = [
  'json',
  'text',
  'ntfy',
  'gotify',
  'discord',
  'slack',
  'home_assistant',
] as const;
export type WebhookFormat = (typeof webhookFormats)[number];

export interface Webhook {
  readonly kind: 'webhook';
  /** http or https, without a user or password in it. */
  readonly url: string;
  readonly format: WebhookFormat;
  /** File with the key of the signature; null: none. */
  readonly secretFile: string | null;
  /** File with a token that is sent as `Authorization: Bearer` (`X-Gotify-Key` for Gotify); null: none. */
  readonly tokenFile: string | null;
  readonly headers: ReadonlyMap<string, string>;
  /** Host names and addresses that may lead to this machine or to its links; in lower case. */
  readonly allowLocal: readonly string[];
}

export interface Script {
  readonly kind: 'script';
  /** A program and its arguments, never a shell. The program is an absolute path. */
  readonly argv: readonly string[];
  /** User that it runs as, where the daemon is root. Never root. */
  readonly runAs: string;
}

export interface Stats {
  /** How long raw events are kept, in seconds. Sums by day are kept for ever. */
  readonly keep: number;
  /** How large the database may become before the oldest raw events go, in bytes. */
  readonly maxBytes: number;
}
