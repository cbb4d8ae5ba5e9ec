// SPDX-License-Identifier: MIT
import { SystemStatus } from '@nftoggle/contracts';

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
          service: 'ssh',
          covers: '192.168.1.10',
          since: '2026-01-01T12:00:00Z',
          until: '2026-01-01T16:00:00Z',
          bound: 'session_time',
          at_end: 'cut',
          metered: false,
          rule: 'services.ssh.allow[0]',
          reason: 'rule_allows',
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
  });
}
