// SPDX-License-Identifier: MIT
// What may happen on the machine while connections are open and strangers try: nobody may notice.
import { capturePackets, connect, type Host } from '@nftoggle/lab';
import { expect } from 'vitest';
import { harmed, type LiveStream, LiveTraffic } from '../e2e/live-traffic.ts';
import { families, type Scene } from '../e2e/scene.ts';
import { Strangers } from '../e2e/strangers.ts';
import type { UpSystem } from '../e2e/up-system.ts';

export interface Ports {
  /** Guarded, TCP and UDP; streams of the friend's are open there all the time. Null: there are none. */
  readonly live: number | null;
  /** Guarded, TCP and UDP: what strangers try. */
  readonly guarded: readonly number[];
  /** That it answers a stranger is the positive control. */
  readonly control: number;
  /**
   * TCP and UDP, guarded by nobody, where others lose packets of everybody: streams there fare as they would without
   * us. Where it is given, the live ones must fare as well as these; else they may not lose anything.
   */
  readonly unguarded?: number;
}

/** `work` happens: no stranger gets a packet, and no stream of the friend's loses one. */
export async function expectUnnoticed(
  { gateway, friend, scanner }: Scene,
  { live, guarded, control, unguarded }: Ports,
  work: () => Promise<void>,
): Promise<void> {
  const [traffic, reference] = await Promise.all(
    [live, unguarded ?? null].map((port) =>
      port === null ? undefined : LiveTraffic.start(friend, gateway, port, port),
    ),
  );
  const strangers = await Promise.all(
    guarded.map((port) =>
      Strangers.start(scanner, gateway, {
        tcpPort: port,
        udpPort: port,
        controlPort: control,
        perSecond: 20,
      }),
    ),
  );
  await work();
  const [streams = [], references = []] = await Promise.all([traffic?.stop(), reference?.stop()]);
  for (const each of strangers) {
    const { controls, ...result } = await each.stop();
    expect(result).toMatchObject({ answered: [], packetsBack: [], dropped: 0 });
    expect(controls).toBeGreaterThan(0);
  }
  expect(streams).toHaveLength(live === null ? 0 : 4);
  if (unguarded === undefined) expect(harmed(streams)).toEqual([]);
  else expectToFareAlike(streams, references);
}

/** TCP streams lose nothing, and of datagrams those of one port arrive as those of the other, but for a few at the edges. */
function expectToFareAlike(streams: readonly LiveStream[], references: readonly LiveStream[]): void {
  expect(harmed(streams.filter(({ name }) => name.startsWith('tcp')))).toEqual([]);
  for (const { name, received } of streams) {
    const reference = references.find((other) => other.name === name);
    expect(reference?.received).toBeGreaterThan(0);
    expect(received).toBeGreaterThan(0.8 * (reference?.received ?? Number.NaN));
  }
}

/**
 * First packets are held while `work` happens, and lost by it or not: their connections come about all the same, by the
 * next packet of their clients, when policy is back.
 */
export async function expectHeldToConnect(
  system: UpSystem,
  friend: Host,
  port: number,
  work: () => Promise<void>,
): Promise<void> {
  const { host } = system;
  const fromFriend = families.map((family) => `src host ${friend[family]}`).join(' or ');
  const capture = await capturePackets(host, host.on().name, `(${fromFriend}) and dst port ${port}`);
  const policy = system.pidOf('policy');
  process.kill(policy, 'SIGSTOP');
  try {
    const connecting = families.map((family) =>
      connect(friend, { address: host[family], port, timeoutMs: 40_000, payload: 'hi' }),
    );
    for (const family of families) await capture.waitForPacket(new RegExp(friend[family]), 10_000);
    await work();
    process.kill(policy, 'SIGCONT');
    for (const result of await Promise.all(connecting)) {
      expect(result).toMatchObject({ connected: true, received: expect.stringContaining('hi') });
      expect(result.synRetransmits).toBeGreaterThan(0);
    }
  } finally {
    process.kill(policy, 'SIGCONT');
    await capture.stop();
  }
}
