// SPDX-License-Identifier: MIT
// What tests of waking have in common: machines on the LAN that sleep, and what passes their wire meanwhile.
import { setTimeout as pause } from 'node:timers/promises';
import { type Capture, type CapturedPackets, capturePackets, type Host } from '@nftoggle/lab';
import { expect } from 'vitest';
import type { EventTap } from './event-tap.ts';

/** A device of the configuration, with what its `wake` says. */
export function sleeper(name: string, host: Host, wake = 'true'): string {
  const { mac, ipv4, ipv6 } = host.on();
  return `  ${name}: { mac: "${mac}", address: [${ipv4}, "${ipv6}"], wake: ${wake} }\n`;
}

/** Entries of a list: addresses, of which those with colons need quotes. */
export const listed = (sources: readonly string[]): string =>
  sources.map((source) => `"${source}"`).join(', ');

export async function expectSilence(capture: Capture): Promise<CapturedPackets> {
  const captured = await capture.stop();
  expect(captured).toMatchObject({ lines: [], dropped: 0 });
  return captured;
}

/** What would end a client's connect() before its time, as far as it is sent to the client. */
export function captureRefusals(client: Host): Promise<Capture> {
  const { name, mac } = client.on();
  const resets = '(ip and tcp[tcpflags] & tcp-rst != 0) or (ip6[6] = 6 and ip6[53] & 4 != 0)';
  const errors = 'icmp or (icmp6 and ip6[40] < 128)';
  return capturePackets(client, name, `ether dst ${mac} and (${resets} or ${errors})`);
}

/** What was published of a device's wakes, in order. */
export function wakesOf(tap: EventTap, device: string): readonly string[] {
  return (['wake_started', 'wake_ready', 'wake_failed'] as const)
    .flatMap((type) => tap.heard(type))
    .filter(({ data }) => data.device === device)
    .toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time))
    .map(({ type }) => type);
}

export const ms = (value: number): string => `${Math.round(value)} ms`;

/**
 * As after a night: the gateway's kernel remembers a neighbour for a minute, nftoggle a machine that was ready for a
 * moment, and both would take it to be up.
 */
export async function forgetNeighbours(gateway: Host): Promise<void> {
  await gateway.ip(['neigh flush dev lan']);
  await pause(2_000);
}
