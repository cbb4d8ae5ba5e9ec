// SPDX-License-Identifier: MIT
// Configurations and the rulesets they become: golden/NAME.nft holds the whole text of each.
import { aConfig } from '@nftoggle/testkit';
import type { Inside } from '../links.ts';
import { Marks } from '../marks.ts';
import { ServiceIndexes } from '../service-indexes.ts';
import { network } from '../session.fixture.ts';
import { type BootInput, renderBoot } from './boot.ts';
import { type QueueMechanism, type Ruleset, renderRuleset } from './render.ts';

export const goldenConfigs = {
  'no-service': 'version: 1\nservices: {}\n',
  'one-local-service': `
version: 1
services:
  ssh: { ports: [22/tcp], allow: [lan, 203.0.113.7, "2001:db8:7::/48"] }
`,
  // One port, guarded for the box itself, for a device behind it, and on the way out.
  'shared-ports': `
version: 1
devices:
  nas: { address: [192.168.1.20, "fd00:1::20"], mac: "00:11:32:aa:bb:cc" }
  old-box: { address: 192.168.1.66 }
services:
  admin-page: { ports: [443/tcp], allow: [any] }
  nas-page: { ports: [443/tcp, 443/udp], to: [nas, old-box], allow: [lan] }
  quic-out: { ports: [443/udp], direction: out, allow: [nas] }
`,
  ranges: `
version: 1
services:
  playstation: { ports: [3478-3480/udp, 9295-9304/tcp], allow: [any] }
  overlapping: { ports: [9300-9310/tcp, 65535/tcp, 1/udp], direction: out, allow: [203.0.113.0/24] }
`,
  interfaces: `
version: 1
lan: ["2001:db8:1::/48"]
services:
  ssh: { ports: [22/tcp], interfaces: [wan, eth0.7], allow: [lan] }
  game: { ports: [9999/udp], direction: out, interfaces: [lan], allow: [lan] }
`,
  watch: `
version: 1
mode: watch
devices:
  nas: { address: 192.168.1.20 }
services:
  ssh: { ports: [22/tcp], allow: [lan] }
  minecraft: { ports: [25565/tcp, 19132/udp], to: nas, allow: [any] }
`,
  // Machines that sleep: one behind the box, which is its front door, and one that nobody wakes for this service.
  waking: `
version: 1
devices:
  nas: { address: [192.168.1.20, "fd00:1::20"], mac: "00:11:32:aa:bb:cc", wake: true }
  camera: { address: 192.168.1.66, mac: "00:11:32:aa:bb:66", wake: true }
services:
  files: { ports: [445/tcp], to: nas, allow: [lan] }
  pictures: { ports: [554/tcp, 554/udp], to: camera, wake: false, allow: [lan] }
`,
  forward: `
version: 1
devices:
  nas: { address: [192.168.1.20, 192.168.1.21, "fd00:1::20"], mac: "00:11:32:aa:bb:cc", wake: true }
  camera: { address: 192.168.1.66 }
services:
  minecraft: { ports: [25565-25570/tcp, 19132/udp], to: nas, forward: true, allow: [any] }
  pictures: { ports: [554/tcp], to: camera, forward: { masquerade: true }, interfaces: [wan], allow: [lan] }
  ssh: { ports: [22/tcp], allow: [lan] }
`,
  // Open while nobody answers: a port of its own, one that another device shares, and one that leads to a device.
  fallback: `
version: 1
devices:
  nas: { address: [192.168.1.20, "fd00:1::20"] }
  printer: { address: 192.168.1.30 }
services:
  admin-page: { ports: [443/tcp], allow: [lan] }
  web: { ports: [80/tcp, 443/udp], fallback: allow, allow: [any] }
  nas-page: { ports: [443/tcp], to: nas, fallback: allow, allow: [lan] }
  print: { ports: [631/tcp], to: printer, forward: { masquerade: true }, fallback: allow, allow: [lan] }
`,
  'own-numbers': `
version: 1
kernel: { mark_mask: 0x0000ff00, ipv6_prefix: 128, queue: 77 }
limits: { known_per_second: 50, strangers_per_second: 5, stranger_per_minute: 40, sessions: 16 }
services:
  ssh: { ports: [22/tcp], allow: [lan] }
`,
} as const;

export type GoldenName = keyof typeof goldenConfigs;
export const goldenNames = Object.keys(goldenConfigs) as GoldenName[];

/** A LAN behind `lan0`, with a private and a global prefix. */
const household: Inside = {
  interfaces: ['lan0'],
  networks: [network('192.168.1.1/24'), network('2001:db8:1a:1::1/64')],
};

/** The ruleset of a configuration, its services numbered in order of the file, and its first queue. */
export function rulesetOf(yamlText: string, queue: QueueMechanism): { ruleset: Ruleset; firstQueue: number } {
  const input = inputOf(yamlText);
  return { ruleset: renderRuleset({ ...input, queue }), firstQueue: input.config.kernel.queue };
}

/** The same of what shuts its ports at boot. */
export function bootOf(yamlText: string): Ruleset | null {
  return renderBoot(inputOf(yamlText));
}

function inputOf(yamlText: string): BootInput {
  const config = aConfig(yamlText);
  const marks = new Marks(config.kernel.markMask);
  const names = [...config.services.keys()];
  const indexes = new ServiceIndexes(new Map(), marks.maxIndex).assign(names, () => new Set());
  return { config, indexes: indexes.all, marks, inside: household };
}
