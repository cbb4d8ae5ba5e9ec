// SPDX-License-Identifier: MIT
// The owner changes his mind while everything runs: what is given works at once, what is wrong is not taken, and nobody
// else notices.
import { type Host, holdConnection, startTcpEcho, startUdpEcho } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { harmed, LiveTraffic } from './live-traffic.ts';
import {
  expectLetIn,
  expectShutOut,
  friend4,
  friend6,
  scanner4,
  scanner6,
  service,
  setScene,
  yaml,
} from './scene.ts';
import { System } from './system.ts';
import { statusNow } from './system-health.ts';

describe('a service is added and removed', () => {
  it('guards the new port at once, opens the old one again, and leaves the others alone', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: [22, 8080] });
    await startUdpEcho(gateway, { port: 5000 });
    const ssh = service('ssh', '22/tcp, 5000/udp', [friend4, friend6]);
    await using system = await System.start(gateway, yaml(ssh));
    const live = await LiveTraffic.start(friend, gateway, 22, 5000);
    await expectLetIn(scanner, gateway, 8080);

    await system.reconfigure(yaml(ssh, service('web', '8080/tcp', [scanner4, scanner6])));
    await expectShutOut(friend, gateway, 8080);
    await expectLetIn(scanner, gateway, 8080);
    await expectShutOut(scanner, gateway, 22);

    await system.reconfigure(yaml(ssh));
    await expectLetIn(friend, gateway, 8080);
    await expectShutOut(scanner, gateway, 22);

    await system.reconfigure(
      yaml(service('ssh', '22/tcp, 5000/udp', [friend4, friend6, scanner4, scanner6])),
    );
    await expectLetIn(scanner, gateway, 22);
    expect(harmed(await live.stop())).toEqual([]);
  });

  it('keeps the marks of live sessions valid when services change places', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: [22, 8080, 9090] });
    await startUdpEcho(gateway, { port: 5000 });
    const a = service('a', '22/tcp, 5000/udp', [friend4, friend6]);
    const b = service('b', '8080/tcp', [friend4, friend6, scanner4, scanner6]);
    const c = service('c', '9090/tcp', [friend4, friend6]);
    await using system = await System.start(gateway, yaml(a, b));
    const live = await LiveTraffic.start(friend, gateway, 22, 5000);
    const other = await holdConnection(scanner, { address: gateway.ipv4, port: 8080 });

    await system.reconfigure(yaml(c, b, a));
    await system.reconfigure(yaml(b, c, a));
    // b goes, and d comes: it may get the number that b had, and must not inherit its connections.
    await system.reconfigure(yaml(service('d', '9091/tcp', [friend4]), c, a));
    await system.reconfigure(
      yaml(service('d', '9091/tcp', [friend4]), service('e', '8080/tcp', [friend4]), c, a),
    );
    expect(await other.waitForBytes(1, 100)).toBe(false);
    const { sessions } = await system.interceptor();
    expect(
      sessions
        .filter((session) => session.service === 'a')
        .map(({ covers }) => covers)
        .sort(),
    ).toEqual([friend6, friend4].sort());
    expect(harmed(await live.stop())).toEqual([]);
  });
});

describe('a configuration that is wrong', () => {
  it('is not taken: the last good one stays in force and the status says why, until it is right again', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: 22 });
    await startUdpEcho(gateway, { port: 5000 });
    const good = yaml(service('ssh', '22/tcp, 5000/udp', [friend4, friend6]));
    await using system = await System.start(gateway, good);
    const live = await LiveTraffic.start(friend, gateway, 22, 5000);
    const { interceptor } = await statusNow(system);
    for (const bad of [
      good.replace('allow', 'alow'),
      'services: [',
      'version: 1\nservices: {}\nservices: {}\n',
      '',
    ]) {
      system.writeConfig(bad);
      const problem = await eventually(async () => {
        const status = await statusNow(system);
        const problems = [status.interceptor?.problem, status.policy?.problem];
        return problems.every((text) => typeof text === 'string') && problems.join('\n');
      });
      expect(problem).toContain('nftoggle.yml');
      expect((await statusNow(system)).interceptor?.revision).toBe(interceptor?.revision);
      await expectLetIn(friend, gateway, 22);
      await expectShutOut(scanner, gateway, 22);
    }
    await system.reconfigure(
      yaml(service('ssh', '22/tcp, 5000/udp', [friend4, friend6, scanner4, scanner6])),
    );
    expect((await statusNow(system)).interceptor?.problem).toBeNull();
    await expectLetIn(scanner, gateway, 22);
    expect(harmed(await live.stop())).toEqual([]);
  });
});

describe('a change that the kernel refuses for a while', () => {
  // A chain that a verdict map points to cannot be removed.
  const pin = (chain: string): string =>
    `add map inet nftoggle pin { type ipv4_addr : verdict; elements = { 192.0.2.1 : goto ${chain} }; }`;

  it('is made as soon as it can be; until then the status says what is in force, and why', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: [22, 8080] });
    const [ssh, web] = [service('ssh', '22/tcp', [friend4, friend6]), service('web', '8080/tcp', [])];
    await using system = await System.start(gateway, yaml(ssh, web));
    const before = await system.interceptor();
    const { index } = /ask_(?<index>\d+)_web/.exec(await listing(gateway))?.groups ?? {};
    await gateway.loadRuleset(pin(`ask_${index}_web`));
    system.writeConfig(yaml(ssh));
    const refused = await eventually(async () => {
      const status = await system.interceptor();
      if (status.problem === null) throw new Error('no problem yet');
      return status;
    });
    expect(refused.problem).toMatch(/the kernel refused the new ruleset/);
    expect(refused).toMatchObject({ revision: before.revision, pid: before.pid, guard: 'guarding' });
    await expectShutOut(scanner, gateway, 8080);
    await gateway.loadRuleset('delete map inet nftoggle pin');
    await eventually(async () => (await system.interceptor()).problem === null, { withinMs: 15_000 });
    expect((await system.interceptor()).revision).not.toBe(before.revision);
    await expectLetIn(scanner, gateway, 8080);
    await expectLetIn(friend, gateway, 22);
  });

  it('does not end the interceptor when it is a repair', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: 22 });
    await using system = await System.start(gateway, yaml(service('ssh', '22/tcp', [friend4, friend6])));
    const { pid } = await system.interceptor();
    await gateway.loadRuleset(`add chain inet nftoggle foreign\n${pin('foreign')}`);
    await eventually(async () => (await system.interceptor()).guard === 'failed');
    await expectShutOut(scanner, gateway, 22);
    await gateway.loadRuleset('delete map inet nftoggle pin');
    await eventually(async () => (await system.interceptor()).guard === 'guarding', { withinMs: 15_000 });
    expect(await listing(gateway)).not.toContain('foreign');
    await expectLetIn(friend, gateway, 22);
    expect((await system.interceptor()).pid).toBe(pid);
  });

  const listing = async (host: Host): Promise<string> =>
    (await host.run(['nft', 'list', 'table', 'inet', 'nftoggle'])).stdout;
});
