// SPDX-License-Identifier: MIT
import type { InterceptorStatus } from '@nftoggle/contracts';
import { Metrics } from '@nftoggle/daemon';
import { describe, expect, it } from 'vitest';
import { FakeCounts } from './counts.fixture.ts';
import { followMetrics } from './interceptor-metrics.ts';
import { Unasked } from './unasked.ts';

type Status = Pick<InterceptorStatus, 'counts' | 'guard' | 'held' | 'waking' | 'queues' | 'services'>;

const counts = { packets: 9, allowed: 3, denied: 4, replaced: 1, malformed: 1, fallback: 2, vanished: 5 };
const aStatus: Status = {
  guard: 'guarding',
  held: 7,
  waking: 5,
  queues: [
    { number: 0, lane: 'known', waiting: 6, total: 20, droppedFull: 1, droppedSocket: 2 },
    { number: 1, lane: 'strangers', waiting: 1, total: 30, droppedFull: 3, droppedSocket: 4 },
  ],
  services: [
    { name: 'ssh', ports: ['22/tcp'], guards: 'this box', sessions: 2 },
    { name: 'game', ports: ['25565/tcp'], guards: 'nas', sessions: 0 },
  ],
  counts: { ...counts, restored: 8, unasked: 0 },
};

function setUp() {
  const metrics = new Metrics('interceptor');
  const kernel = new FakeCounts();
  const unasked = new Unasked(
    { takeCounts: () => kernel.take(), inFlight: () => 0, onCounted: () => undefined },
    0,
  );
  const status = { now: aStatus };
  const interceptor = {
    unasked,
    countUnasked: () => unasked.read(1),
    outcomes: new Map([['ssh', { allow: 10, deny: 20, fallback: 30 }]]),
  };
  followMetrics(metrics, interceptor, () => status.now as InterceptorStatus);
  /** Values by metric and labels, without what is zero. */
  const scrape = async (): Promise<Record<string, number>> => {
    const lines = (await metrics.text()).split('\n').filter((line) => /^nftoggle_/.test(line));
    const values = lines.map((line) => line.split(/ (?=\S+$)/) as [string, string]);
    return Object.fromEntries(values.map(([name, value]) => [name.slice(9), Number(value)]));
  };
  return { kernel, status, interceptor, scrape };
}

describe('metrics of the interceptor', () => {
  it('say what the status says, and what came of questions', async () => {
    const { kernel, scrape } = setUp();
    kernel.add('game', { asked: 11 });
    expect(await scrape()).toMatchObject({
      'guarding{state="guarding"}': 1,
      'guarding{state="failed"}': 0,
      'guarding{state="removed"}': 0,
      'guarding{state="watching"}': 0,
      'decisions_total{service="ssh",outcome="allow"}': 10,
      'decisions_total{service="ssh",outcome="deny"}': 20,
      'decisions_total{service="ssh",outcome="fallback"}': 30,
      'packets_total{fate="allowed"}': 3,
      'packets_total{fate="denied"}': 4,
      'packets_total{fate="replaced"}': 1,
      'packets_total{fate="malformed"}': 1,
      'packets_total{fate="vanished"}': 5,
      'unasked_total{service="game"}': 11,
      'queue_waiting{lane="known"}': 6,
      'queue_waiting{lane="strangers"}': 1,
      'queue_dropped_total{lane="known",because="queue"}': 1,
      'queue_dropped_total{lane="known",because="socket"}': 2,
      'queue_dropped_total{lane="strangers",because="queue"}': 3,
      'queue_dropped_total{lane="strangers",because="socket"}': 4,
      'held_packets{until="decision"}': 2,
      'held_packets{until="wake"}': 5,
      'sessions{service="ssh"}': 2,
      'sessions{service="game"}': 0,
      ruleset_restored_total: 8,
    });
  });

  it('count totals once, however often they are asked for, and forget services that are gone', async () => {
    const { kernel, status, scrape } = setUp();
    kernel.add('ssh', { entered: 2 });
    await scrape();
    kernel.add('ssh', { entered: 3 });
    status.now = { ...aStatus, guard: 'removed', services: aStatus.services.slice(1) };
    const after = await scrape();
    expect(after).toMatchObject({
      'packets_total{fate="denied"}': 4,
      'unasked_total{service="ssh"}': 5,
      'guarding{state="guarding"}': 0,
      'guarding{state="removed"}': 1,
    });
    expect(after).not.toHaveProperty('sessions{service="ssh"}');
  });
});
