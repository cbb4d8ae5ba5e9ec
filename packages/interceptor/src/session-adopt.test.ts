// SPDX-License-Identifier: MIT
import { createLab, type Lab, labObstacles } from '@nftoggle/lab';
import { type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aSession, network } from './session.fixture.ts';

type Kernel = typeof import('./kernel.fixture.ts');
const ssh = 'version: 1\nservices:\n  ssh: { ports: [22/tcp], allow: [lan] }\n';

describe.skipIf(labObstacles().length > 0)('what a kernel keeps for the next interceptor', () => {
  let lab: Lab;
  let inside: Inside<Kernel>;
  let kernel: Inside<Kernel>['call'];

  beforeAll(async () => {
    lab = await createLab({ only: ['gateway'], nat: false });
    inside = await startInside<Kernel>(lab.host('gateway'), new URL('./kernel.fixture.ts', import.meta.url));
    kernel = inside.call;
  });
  afterEach(() => kernel.nftRun('flush ruleset'));
  afterAll(async () => {
    await inside?.close();
    await lab?.close();
  });

  const now = 1_800_000_000_000;
  const live = { since: now - 5_000, until: now + 60_000 };

  it.each([
    aSession(live),
    aSession({ ...live, covers: network('2001:db8::7'), rule: null, reason: 'no_answer' }),
    aSession({ ...live, covers: network('2001:db8:0:1::/64'), mac: '02:00:00:00:00:01' }),
    aSession({ ...live, covers: network('fe80::7'), link: 'wan', mac: '02:00:00:00:00:01' }),
    aSession({ ...live, covers: network('fe80::7'), link: 'fifteen-letters' }),
  ])('is a session as it was opened (%#)', async (session) => {
    await kernel.apply(ssh);
    await kernel.openSession(session, now);
    const [adopted, ...others] = await kernel.kernelSessions('ssh', 64, now);
    expect(others).toEqual([]);
    expect({ ...adopted, until: 0 }).toEqual({ ...session, until: 0 });
    expect(adopted?.until).toBeGreaterThan(now + 50_000);
    expect(adopted?.until).toBeLessThanOrEqual(now + 60_000);
  });

  it('has no session that was closed, and closing one twice is no error', async () => {
    await kernel.apply(ssh);
    for (const link of [null, 'wan']) {
      const session = aSession({ ...live, covers: network(link === null ? '203.0.113.7' : 'fe80::7'), link });
      await kernel.openSession(session, now);
      await kernel.withdraw(session);
      await kernel.withdraw(session);
      await kernel.shutOut([session.covers]);
    }
    expect(await kernel.kernelSessions('ssh', 64, now)).toEqual([]);
    expect(await kernel.listing()).toMatch(/set cut4 \{[^}]*203\.0\.113\.7/);
  });

  it('has the sessions that somebody added by hand, with what can be known of them', async () => {
    await kernel.apply(ssh);
    await kernel.nftRun('add element inet nftoggle v4_ssh { 192.0.2.9 timeout 1m comment "by hand" }');
    expect(await kernel.kernelSessions('ssh', 64, now)).toMatchObject([
      { covers: network('192.0.2.9'), since: now, reason: 'adopted', rule: null, mac: null },
    ]);
  });

  it('has the service indexes of the guard before, and a new guard keeps them', async () => {
    await kernel.newGuard(ssh);
    await kernel.guardApply(`${ssh}  web: { ports: [80/tcp], allow: [any] }\n`);
    await kernel.openSession(aSession(live), now);
    const { adopted, indexes } = await kernel.newGuard(ssh);
    expect(adopted).toBe(true);
    expect(indexes).toEqual(
      new Map([
        ['ssh', 1],
        ['web', 2],
      ]),
    );
    const next = await kernel.guardApply(
      'version: 1\nservices:\n  web: { ports: [80/tcp], allow: [any] }\n  new: { ports: [81/tcp], allow: [any] }\n  ssh: { ports: [22/tcp], allow: [lan] }\n',
    );
    expect(next.indexes).toEqual(
      new Map([
        ['ssh', 1],
        ['web', 2],
        ['new', 3],
      ]),
    );
    expect(await kernel.kernelSessions('ssh', 64, now)).toHaveLength(1);
  });

  it('has nothing for a service that is gone, and no error either way', async () => {
    await kernel.newGuard(ssh);
    await kernel.guardApply(ssh);
    await expect(kernel.kernelSessions('web', 64, now)).rejects.toThrow(/No such file/);
  });
});
