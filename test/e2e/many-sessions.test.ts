// SPDX-License-Identifier: MIT
// More sessions than a message on the bus has room for.
import { eventually } from '@nftoggle/testkit';
import { expect, it } from 'vitest';
import { service, setScene, yaml } from './scene.ts';
import { System } from './system.ts';
import { killNow, recovered } from './system-health.ts';

it('a system with thousands of sessions says how many there are, and lists the newest', async () => {
  await using scene = await setScene();
  const { gateway } = scene;
  await using system = await System.start(gateway, yaml(service('ssh', '22/tcp', ['198.18.0.0/15'])));
  const addresses = Array.from({ length: 3_000 }, (_, i) => `198.18.${i >> 8}.${i & 255}`);
  const elements = addresses.map(
    (address, i) =>
      `${address} timeout 1h comment "since=${1_800_000_000 + i} mac=- reason=rule_allows rule=-"`,
  );
  await gateway.loadRuleset(`add element inet nftoggle v4_ssh { ${elements.join(', ')} }`);
  await recovered(system, killNow(system, ['interceptor']));
  const { sessions, sessionsTotal, services } = await system.interceptor();
  expect(sessionsTotal).toBe(3_000);
  expect(services).toMatchObject([{ name: 'ssh', sessions: 3_000 }]);
  expect(sessions.map(({ covers }) => covers).sort()).toEqual(addresses.slice(-500).sort());
  expect((await system.run(['status'])).stdout).toContain('… and 2500 more');

  await system.reconfigure(yaml(service('ssh', '22/tcp', ['198.18.0.0/24'])));
  await eventually(async () => (await system.interceptor()).sessionsTotal === 256, { withinMs: 20_000 });
});
