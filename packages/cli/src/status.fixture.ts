// SPDX-License-Identifier: MIT
import { nobody, SystemStatus } from '@nftoggle/contracts';

/** A healthy system with two services and one open session. */
export function aStatus(): SystemStatus {
  const daemon = { pid: 10, started: '2026-01-01T12:00:00Z', revision: '3fa0c1d2e4b5', problem: null };
  return SystemStatus.parse({
    node: 'gate',
    version: '0.1.0',
    mode: 'enforce',
    timezone: 'Europe/Berlin',
    healthy: true,
    api: { ...daemon, daemon: 'api' },
    interceptor: {
      ...daemon,
      daemon: 'interceptor',
      guard: 'guarding',
      queueMechanism: 'nft_queue',
      queues: [
        { number: 4242, lane: 'known', waiting: 0, total: 12, droppedFull: 0, droppedSocket: 0 },
        { number: 4243, lane: 'strangers', waiting: 1, total: 900, droppedFull: 7, droppedSocket: 2 },
      ],
      held: 1,
      heldLimit: 4096,
      waking: 0,
      wakingLimit: 1024,
      services: [
        { name: 'ssh', ports: ['22/tcp'], guards: 'this box', sessions: 1 },
        { name: 'minecraft', ports: ['25565/tcp', '19132/udp'], guards: '192.168.1.20', sessions: 0 },
      ],
      sessions: [
        {
          session: '0m5x1k2j3h4g',
          service: 'ssh',
          who: nobody,
          covers: '192.168.1.10',
          since: '2026-01-01T12:00:00Z',
          until: '2026-01-01T16:00:00Z',
          bound: 'session_time',
          at_end: 'cut',
          metered: false,
          rule: 'services.ssh.allow[0]',
          reason: 'rule_allows',
          use: {
            connections: 2,
            active: 1_260,
            from_source: { packets: 900, bytes: 61_000 },
            to_source: { packets: 1_400, bytes: 1_730_000 },
          },
        },
      ],
      sessionsTotal: 1,
      metering: 'traffic',
      counts: {
        packets: 916,
        allowed: 12,
        denied: 900,
        replaced: 0,
        malformed: 3,
        fallback: 0,
        vanished: 0,
        restored: 0,
        unasked: 0,
      },
    },
    policy: {
      ...daemon,
      daemon: 'policy',
      decisions: { allowed: 12, denied: 900 },
      ready: true,
      grants: 0,
      clockProblem: null,
      names: [],
      databases: {
        countries: { file: 'built-in', built: '2025-12-01T00:00:00Z', problem: null },
        asn: null,
      },
    },
    wol: { ...daemon, daemon: 'wol', waking: [], devices: [] },
    hooks: { ...daemon, daemon: 'hooks', hooks: [], letters: 0 },
    stats: {
      ...daemon,
      daemon: 'stats',
      file: '/var/lib/nftoggle/stats.db',
      bytes: 34_600_000,
      events: 12_345,
      oldest: '2025-11-02T08:00:00Z',
      waiting: 0,
    },
  });
}
