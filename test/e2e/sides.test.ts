// SPDX-License-Identifier: MIT
// Inside and outside: who is on the LAN, what goes out of it, and what the owner forwards into it himself.
import {
  connect,
  createLab,
  type HostName,
  type Lab,
  labObstacles,
  startTcpEcho,
  startUdpEcho,
  udpExchange,
} from '@nftoggle/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System } from './system.ts';

/** A prefix that the provider gave to the LAN. */
const global = (host: number): string => `2001:db8:1a::${host}`;

let lab: Lab;
let system: System;

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  lab = await createLab();
  const gateway = lab.host('gateway');
  // A neighbour at the provider with a private address; the route back to it is the default one.
  await lab.host('scanner').ip(['addr add 10.66.0.6/32 dev eth0']);
  await gateway.ip(['route replace default via 203.0.113.66 dev wan']);
  await gateway.ip([`addr add ${global(1)}/64 dev lan nodad`]);
  for (const [name, host] of [
    ['laptop', 10],
    ['camera', 66],
  ] as const) {
    await lab.host(name).ip([`addr add ${global(host)}/64 dev eth0 nodad`]);
  }
  await lab.host('friend').ip(['route add 2001:db8:1a::/64 via 2001:db8:a::1']);
  await gateway.loadRuleset(`table ip owner {
  chain forwards {
    type nat hook prerouting priority -100; policy accept;
    iifname "wan" tcp dport 25565 dnat to 192.168.1.20
    iifname "wan" udp dport 19132 dnat to 192.168.1.20
  }
}
`);
  await startTcpEcho(gateway, { port: [22, 23], greeting: 'hello ' });
  await startTcpEcho(lab.host('server'), { port: 25565, greeting: 'hello ' });
  await startUdpEcho(lab.host('server'), { port: 19132 });
  await startTcpEcho(lab.host('friend'), { port: [9000, 9001] });
  system = await System.start(
    gateway,
    `version: 1
devices: { nas: { address: [192.168.1.20, "fd00:1::20"] } }
services:
  ssh: { ports: [22/tcp], allow: [lan] }
  game: { ports: [25565/tcp, 19132/udp], to: nas, allow: [203.0.113.7] }
  away: { ports: [9000/tcp], direction: out, allow: [192.168.1.10, "${global(10)}"] }
`,
  );
}, 60_000);

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
});

const reaches = async (who: HostName, address: string, port: number, source?: string): Promise<boolean> => {
  const options = { address, port, timeoutMs: 1_500, ...(source === undefined ? {} : { source }) };
  return (await connect(lab.host(who), options)).connected;
};

describe('`lan`', () => {
  it('is whoever has a private address on a link of the LAN, and nobody on the provider’s side', async () => {
    const wan = lab.host('gateway').ipv4;
    expect(await reaches('laptop', '192.168.1.1', 22)).toBe(true);
    expect(await reaches('scanner', wan, 23, '10.66.0.6')).toBe(true);
    expect(await reaches('scanner', wan, 22, '10.66.0.6')).toBe(false);
  });
});

describe('`direction: out`', () => {
  const [v4, v6] = ['203.0.113.7', '2001:db8:a::7'];

  it.each([
    ['laptop', v4, '192.168.1.10', true],
    ['laptop', v6, global(10), true],
    ['camera', v4, '192.168.1.66', false],
    ['camera', v6, 'fd00:1::66', false],
    ['camera', v6, global(66), false],
  ] as const)('from %s to %s as %s: %s', async (who, address, source, allowed) => {
    expect(await reaches(who, address, 9001, source)).toBe(true);
    expect(await reaches(who, address, 9000, source)).toBe(allowed);
  });
});

describe("the owner's own port forward to a guarded device", () => {
  it.each([
    ['friend', true],
    ['scanner', false],
  ] as const)('lets %s in: %s', async (who, allowed) => {
    const address = lab.host('gateway').ipv4;
    expect(await reaches(who, address, 25565)).toBe(allowed);
    const { received } = await udpExchange(lab.host(who), {
      address,
      port: 19132,
      count: 20,
      timeoutMs: 1_500,
    });
    expect(received).toHaveLength(allowed ? 20 : 0);
  });
});
