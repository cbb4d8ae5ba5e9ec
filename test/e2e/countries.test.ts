// SPDX-License-Identifier: MIT
// Addresses that really belong to several countries, by the database that comes with nftoggle, assigned to a
// host beyond the lab's router.
import { type Host, type Lab, labObstacles, startTcpEcho } from '@nftoggle/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectLetIn, expectShutOut, type Source, setScene } from './scene.ts';
import { System } from './system.ts';

/** From the middle of large blocks of national carriers. */
const places = {
  germany: { ipv4: '79.192.0.7', ipv6: '2003::7' },
  france: { ipv4: '90.0.0.7', ipv6: '2a01:cb00::7' },
  britain: { ipv4: '81.128.0.7', ipv6: '2a00:23c0::7' },
  brazil: { ipv4: '200.160.0.7', ipv6: '2804:14c::7' },
} as const satisfies Record<string, Source>;
type Place = keyof typeof places;

const config = `
version: 1
services:
  source: { ports: [7301/tcp], allow: ["country:DE"] }
  only:   { ports: [7302/tcp], allow: [{ from: any, countries: [FR, GB] }] }
  but:    { ports: [7303/tcp], allow: [{ from: any, not_countries: [BR, DE] }] }
  deny:   { ports: [7304/tcp], deny: [{ from: any, not_countries: [DE, FR] }], allow: [any] }
  open:   { ports: [7305/tcp], allow: [any] }
`;
const table: readonly (readonly [service: string, port: number, letIn: readonly Place[]])[] = [
  ['source', 7301, ['germany']],
  ['only', 7302, ['france', 'britain']],
  ['but', 7303, ['france', 'britain']],
  ['deny', 7304, ['germany', 'france']],
  ['open', 7305, ['germany', 'france', 'britain', 'brazil']],
];

let lab: Lab;
let system: System;
let gateway: Host;
let remote: Host;

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  ({ lab, gateway } = await setScene({ only: ['gateway', 'scanner', 'friend', 'laptop', 'remote'] }));
  remote = lab.host('remote');
  const router = lab.host('router');
  for (const { ipv4, ipv6 } of Object.values(places)) {
    await remote.ip([`address add ${ipv4}/32 dev eth0`, `address add ${ipv6}/128 dev eth0 nodad`]);
    await router.ip([`route add ${ipv4}/32 via 198.51.100.7`, `route add ${ipv6}/128 via 2001:db8:7:1::7`]);
  }
  await startTcpEcho(gateway, { port: table.map(([, port]) => port) });
  system = await System.start(gateway, config);
}, 120_000);
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
});

describe('a country', () => {
  it.each(
    table.flatMap(([service, port, letIn]) => names().map((place) => ({ service, port, letIn, place }))),
  )('$service: $place', async ({ port, letIn, place }) => {
    const expectIt = letIn.includes(place) ? expectLetIn : expectShutOut;
    await expectIt(remote, gateway, port, places[place]);
  });

  it('is not where a LAN host is: it meets no condition, neither to be let in nor to be shut out', async () => {
    const laptop = lab.host('laptop');
    const lan = gateway.on('lan');
    const box = { ...gateway, ipv4: lan.ipv4, ipv6: lan.ipv6 } as Host;
    await expectShutOut(laptop, box, 7302);
    await expectShutOut(laptop, box, 7303);
    await expectLetIn(laptop, box, 7304);
  });

  it('is named where it is the reason', async () => {
    const explained = await system.why(places.brazil.ipv4, 'only');
    expect(explained).toMatchObject({ decision: 'deny', reason: 'country_refused', next_allowed: null });
    expect(explained.checks.map(({ condition }) => condition).join('\n')).toMatch(/\bBR\b.*FR, GB/);
  });
});

function names(): readonly Place[] {
  return Object.keys(places) as Place[];
}
