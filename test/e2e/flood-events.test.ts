// SPDX-License-Identifier: MIT
// Point 60 of what may go wrong: a flood of packets must not become a flood of events. And yet each packet counts.
import { type EventType, eventTypes } from '@nftoggle/contracts';
import { connect, type Family, floodWithSyns, type Host, labObstacles, startTcpEcho } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { addFreshSources, type FreshSource, freshNetworks } from './fresh-sources.ts';
import { families, setScene } from './scene.ts';
import { System } from './system.ts';

const guarded = [22, 443, 5900, 25565, 25566, 25567];
/** `lan` brings the private addresses of the flood into the lane of those who could be let in. */
const config = `
version: 1
services:
  ssh: { ports: [22/tcp], allow: [lan, "${freshNetworks.join('", "')}"] }
  web: { ports: [443/tcp], allow: [lan] }
  desktop: { ports: [5900/tcp], allow: [lan] }
  game: { ports: [25565-25567/tcp], allow: [lan] }
`;
const seconds = 60;
const perSecond = 3_000;

/** Counts what comes in for the guarded ports, before anybody else sees it; not that of the fresh sources. */
const reference = `
table inet reference {
  counter ipv4 { }
  counter ipv6 { }
  chain arrivals {
    type filter hook prerouting priority -350
    iifname != "wan" return
    ip saddr 203.0.113.128/25 return
    ip6 saddr 2001:db8:b::/48 return
    meta nfproto ipv4 tcp dport { ${guarded.join(', ')} } counter name ipv4
    meta nfproto ipv6 tcp dport { ${guarded.join(', ')} } counter name ipv6
  }
}
`;

async function arrived(gateway: Host): Promise<Record<Family, number>> {
  const { stdout } = await gateway.run(['nft', 'list', 'counters', 'table', 'inet', 'reference']);
  const packets = (name: Family): number =>
    Number(new RegExp(`counter ${name} \\{\\s+packets (\\d+)`).exec(stdout)?.[1]);
  return { ipv4: packets('ipv4'), ipv6: packets('ipv6') };
}

/** How many events of each type there were. */
function numbers(tap: EventTap): Partial<Record<EventType, number>> {
  const counts = eventTypes.map((type) => [type, tap.heard(type).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** What the metrics say now: packets that were refused after a question, and those that the kernel dropped. */
async function packetsMeasured(gateway: Host): Promise<number> {
  const script = "console.log(await (await fetch('http://127.0.0.1:9470/metrics')).text())";
  const { stdout } = await gateway.run([process.execPath, '--input-type=module', '-e', script]);
  const lines = stdout.split('\n').filter((line) => /^nftoggle_(unasked_|packets_.*"denied")/.test(line));
  expect(lines.length).toBeGreaterThan(1);
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Packets that the events told of. */
function packetsTold(tap: EventTap): number {
  const single = tap.heard('access_denied').reduce((sum, { data }) => sum + data.count, 0);
  const counted = tap.heard('denials_counted').flatMap(({ data }) => data.services);
  return counted.reduce((sum, { refused, unasked }) => sum + refused + unasked, single);
}

async function scanAllPorts(from: Host, to: Host): Promise<void> {
  for (const family of families) {
    const flags = family === 'ipv6' ? ['-6'] : [];
    const speed = ['--max-retries', '1', '--min-rate', '3000', '--max-rtt-timeout', '300ms'];
    const argv = ['nmap', ...flags, '-Pn', '-n', '-sS', '--disable-arp-ping', ...speed];
    const { stdout } = await from.run([...argv, '-p', '1-65535', to[family]], { timeoutMs: 120_000 });
    expect(stdout, 'the scan saw the closed ports').toMatch(/Not shown: 655\d\d closed/);
    for (const port of guarded) expect(stdout).toMatch(new RegExp(`^${port}/tcp +filtered`, 'm'));
  }
}

/** Sources that were never seen, one after the other, while everything else goes on. */
async function visitAll(from: Host, to: Host, sources: readonly FreshSource[]): Promise<void> {
  for (const source of sources)
    for (const family of families) {
      const visit = {
        address: to[family],
        source: source[family],
        port: 22,
        payload: 'hi',
        timeoutMs: 5_000,
      };
      expect(await connect(from, visit), source[family]).toMatchObject({ connected: true });
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
}

describe.skipIf(labObstacles().length > 0)('a scan of all ports, and a flood of forged SYNs', () => {
  it('are few events, in which every packet is counted once, and keep nobody out who may come in', async () => {
    await using scene = await setScene({ only: ['gateway', 'router', 'scanner', 'friend'] });
    const { lab, gateway, scanner, friend } = scene;
    await startTcpEcho(gateway, { port: guarded });
    const sources = await addFreshSources(friend, gateway, 60);
    await gateway.loadRuleset(reference);
    await using system = await System.start(gateway, config);
    const tap = await EventTap.open(system);
    const before = await arrived(gateway);
    expect(before).toEqual({ ipv4: 0, ipv6: 0 });

    await scanAllPorts(scanner, gateway);
    const scanned = numbers(tap);
    const scanArrived = await arrived(gateway);
    const total = Object.values(scanned).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThan(20);

    const visits = visitAll(friend, gateway, sources);
    const sent = await floodWithSyns(lab.host('router'), {
      target: gateway,
      ports: guarded,
      perSecond,
      seconds,
    });
    await visits;
    const all = await arrived(gateway);
    expect(sent.ipv4 + sent.ipv6).toBeGreaterThan(0.9 * perSecond * seconds);
    for (const family of families) expect(all[family] - scanArrived[family]).toBe(sent[family]);

    expect(await packetsMeasured(gateway), 'at once, whenever events are due').toBe(all.ipv4 + all.ipv6);

    await system.stop();
    await eventually(() => packetsTold(tap) >= all.ipv4 + all.ipv6, { withinMs: 10_000 });
    const told = numbers(tap);
    console.log(`${packetsTold(tap)} packets, and these events:`, told);
    expect(packetsTold(tap)).toBe(all.ipv4 + all.ipv6);
    expect((told.access_denied ?? 0) + (told.denials_counted ?? 0)).toBeLessThan(20);
  }, 240_000);
});
