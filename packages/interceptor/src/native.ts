// SPDX-License-Identifier: MIT
// The C++ addon as TypeScript sees it. What each call promises is written beside its code in native/.
import { createRequire } from 'node:module';
import type { PortRange } from '@nftoggle/config';
import type { Protocol, Traffic } from '@nftoggle/contracts';
import { StartError } from '@nftoggle/daemon';

/** A packet of the kernel: a flow, or bytes that are none. */
export type NativePacket = {
  readonly id: number;
  readonly mark: number;
  /** Interface it came in by; empty when the kernel did not say. */
  readonly interface: string;
  readonly mac?: string;
} & ParsedFlow;

export type ParsedFlow =
  | {
      readonly malformed?: undefined;
      readonly protocol: Protocol;
      readonly source: string;
      readonly destination: string;
      readonly sourcePort: number;
      readonly destinationPort: number;
      readonly sequence: number;
    }
  | { readonly malformed: string };

/**
 * `overrun`: packets were lost for want of room; `vanished`: id was gone; `unanswered`: errno of a verdict;
 * `small_buffer`: the bytes of room that the kernel granted, fewer than were asked for.
 */
export type QueueTrouble = 'overrun' | 'vanished' | 'unanswered' | 'small_buffer';

export interface NativePacketQueue {
  accept(id: number, mark: number): boolean;
  drop(id: number): boolean;
  expire(milliseconds: number): number[];
  held(): number;
  /** In bytes: what the kernel granted. */
  receiveBuffer(): number;
  close(): void;
}

export interface SetElement {
  readonly set: string;
  readonly key: Uint8Array;
}

export interface TimedElement extends SetElement {
  /** In milliseconds, at least 1000. */
  readonly timeout: number;
  /** Shown by `nft list set`; cut at 127 bytes. */
  readonly comment?: string;
}

export interface ListedSet {
  readonly name: string;
  /** nft's number of its data type, six bits for each part of a concatenation. */
  readonly keyType: number;
  /** 0 for no limit. */
  readonly size: number;
  /** In milliseconds; 0 for none. */
  readonly timeout: number;
}

/** Keys of a map, both ends included; one and the same for a single key. */
export interface ListedKeys {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

export interface ConntrackTuple {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface ConntrackFlow {
  readonly protocol: Protocol;
  readonly original: ConntrackTuple;
  readonly reply: ConntrackTuple;
  readonly mark: number;
  /** TCP: the handshake was completed. UDP: both sides have sent. */
  readonly established: boolean;
  /** TCP: both sides have closed it (LAST_ACK, TIME_WAIT, CLOSE); conntrack only remembers it for a while. */
  readonly closed?: boolean;
  /** Tells this connection from a later one with the same tuple (CTA_ID). */
  readonly id?: number;
  /** Absent where the kernel does not count (nf_conntrack_acct was off when it began). */
  readonly traffic?: FlowTraffic;
}

/** What went each way: `original` from whoever opened the connection, `reply` towards it. */
export interface FlowTraffic {
  readonly original: Traffic;
  readonly reply: Traffic;
}

/** `destroy` carries the final counters, and the mark and the id that the flow had while it lived. */
export interface ConntrackEvent {
  readonly kind: 'new' | 'destroy';
  readonly flow: ConntrackFlow;
}

/** A named counter of a table, as it stood when it was read and set to zero. */
export interface TakenCounter {
  readonly name: string;
  readonly packets: number;
  readonly bytes: number;
}

/** Who was heard on a link, by IPv4 or IPv6. */
export interface NativeNeighbour {
  readonly address: string;
  readonly mac: string;
  readonly interface: string;
}

export interface Native {
  readonly PacketQueue: new (options: {
    readonly number: number;
    readonly maxLength: number;
    readonly copyRange: number;
    readonly receiveBuffer: number;
    readonly onPackets: (batch: readonly NativePacket[]) => void;
    readonly onTrouble: (kind: QueueTrouble, value: number) => void;
  }) => NativePacketQueue;
  readonly PacketLog: new (options: {
    readonly group: number;
    readonly onPackets: (batch: readonly NativePacket[]) => void;
  }) => { close(): void };
  readonly Nftables: new () => {
    run(commands: string): string;
    check(commands: string): string;
    list(command: string): string;
  };
  readonly NftMessages: new () => {
    replaceElements(table: string, elements: readonly TimedElement[]): void;
    removeElements(table: string, elements: readonly SetElement[]): void;
    setQueueRule(table: string, chain: string, queue: number): void;
    fingerprint(table: string): Buffer;
    listChains(table: string): string[];
    listSets(table: string): ListedSet[];
    listMapKeys(table: string, chain: string): ListedKeys[];
    listCounters(table: string): string[];
    /** Reads the named counters and sets them to zero; none when there is no such table. */
    takeCounters(table: string): TakenCounter[];
  };
  readonly RulesetWatch: new (prefix: string, onChange: () => void) => { close(): void };
  readonly Conntrack: new () => {
    list(value: number, mask: number, ports?: readonly PortRange[]): ConntrackFlow[];
    remove(flow: Pick<ConntrackFlow, 'protocol' | 'original'>): boolean;
    setMark(flow: Pick<ConntrackFlow, 'protocol' | 'original'>, mark: number): boolean;
    insert(flow: Pick<ConntrackFlow, 'protocol' | 'original'>, mark: number): boolean;
  };
  readonly ConntrackWatch: new (options: {
    readonly value: number;
    readonly mask: number;
    /** In bytes, of the socket: what it cannot hold is lost. */
    readonly receiveBuffer: number;
    readonly onFlows: (batch: readonly ConntrackEvent[]) => void;
    readonly onLost: () => void;
  }) => { read(): void; close(): void };
  parseFlow(bytes: Uint8Array): ParsedFlow;
  listNeighbours(): NativeNeighbour[];
}

/** @throws StartError when the addon was not built, or not for this machine */
export function loadNative(): Native {
  const file = new URL('../native/build/nftoggle.node', import.meta.url);
  try {
    return createRequire(import.meta.url)(file.pathname) as Native;
  } catch (cause) {
    throw new StartError(
      `the native addon cannot be loaded (${(cause as Error).message.split('\n')[0]}): run \`./nftoggle setup\``,
      { cause },
    );
  }
}

/** The errno name that an error of the addon, or of Node, carries. */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** What the addon was doing when the kernel refused, as its message begins. */
export function errorStep(error: unknown): string | undefined {
  return (error as { readonly step?: string } | undefined)?.step;
}
