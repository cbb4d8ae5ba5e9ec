// SPDX-License-Identifier: MIT
import { aConfig } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { findGuardians, isAtAny, newlyGuarded } from './guarded-ports.ts';
import { network } from './session.fixture.ts';

const ssh = 'version: 1\nservices:\n  ssh: { ports: [22/tcp], allow: [lan] }\n';
const nas = 'devices:\n  nas: { address: 192.168.1.20 }\n';
const tcp = (from: number, to = from) => ({ protocol: 'tcp' as const, from, to });
const portsOf = (...configs: Parameters<typeof newlyGuarded>) =>
  newlyGuarded(...configs).flatMap(({ ports }) => ports);

describe('newlyGuarded', () => {
  const web = `${ssh}  web: { ports: [80/tcp, 8000-8010/udp], allow: [any] }\n`;

  it('is everything at first', () => {
    expect(portsOf(undefined, aConfig(ssh))).toEqual([tcp(22)]);
  });

  it('is everything after mode watch, which guards nothing', () => {
    expect(portsOf(aConfig(`${ssh}mode: watch\n`), aConfig(ssh))).toEqual([tcp(22)]);
  });

  it('is what was not guarded before, whichever service it was', () => {
    const ports = [tcp(80), { protocol: 'udp', from: 8_000, to: 8_010 }];
    expect(portsOf(aConfig(ssh), aConfig(web))).toEqual(ports);
    expect(portsOf(aConfig(web), aConfig(ssh))).toEqual([]);
    expect(portsOf(aConfig(ssh), aConfig(ssh.replace('  ssh:', '  shell:')))).toEqual([]);
  });

  it('tells protocols apart, and a wider range from the one it was', () => {
    expect(portsOf(aConfig(ssh), aConfig(ssh.replace('tcp', 'udp')))).toHaveLength(1);
    expect(portsOf(aConfig(ssh), aConfig(ssh.replace('22/', '22-23/')))).toEqual([tcp(23)]);
  });

  it('tells the same port of this box from that of a device behind it', () => {
    const behind = `${ssh.replace('22/tcp]', '22/tcp], to: nas')}${nas}`;
    const [both] = newlyGuarded(
      aConfig(behind),
      aConfig(`${ssh}  inner: { ports: [22/tcp], to: nas }\n${nas}`),
    );
    expect(both?.ports).toEqual([tcp(22)]);
    expect(both?.isAt(network('127.0.0.1'))).toBe(true);
    expect(both?.isAt(network('192.168.1.20'))).toBe(false);
  });
});

describe('newlyGuarded, of what is forwarded,', () => {
  const local = aConfig('version: 1\nservices:\n  s: { ports: [22/tcp] }\n');
  const behind = aConfig(`version: 1\nservices:\n  s: { ports: [22/tcp], to: nas }\n${nas}`);
  const forwarded = aConfig(
    `version: 1\nservices:\n  s: { ports: [22/tcp], to: nas, forward: true }\n${nas}`,
  );
  const placesOf = (...configs: Parameters<typeof newlyGuarded>) => {
    const guarded = newlyGuarded(...configs);
    return ['127.0.0.1', '192.168.1.20'].map((address) => guarded.some(({ isAt }) => isAt(network(address))));
  };

  it.each([
    ['is both the box and the device', undefined, forwarded, [true, true]],
    ['is the box, where the device was guarded', behind, forwarded, [true, false]],
    ['is the device, where the box was guarded', local, forwarded, [false, true]],
    ['is nothing, where it is forwarded no more', forwarded, behind, [false, false]],
    ['is nothing, where the box has it to itself', forwarded, local, [false, false]],
  ] as const)('%s', (_, before, after, places) => {
    expect(placesOf(before, after)).toEqual(places);
  });

  it('is guarded by its service at either end', () => {
    const guardiansOf = findGuardians(forwarded);
    for (const destination of ['127.0.0.1', '192.168.1.20']) {
      const original = { source: '203.0.113.7', sourcePort: 40_000, destination, destinationPort: 22 };
      const reply = {
        source: '192.168.1.20',
        sourcePort: 22,
        destination: '203.0.113.7',
        destinationPort: 40_000,
      };
      const { services } = guardiansOf({ protocol: 'tcp', original, reply, mark: 0, established: true });
      expect(services.map(({ name }) => name)).toEqual(['s']);
    }
  });
});

describe("the owner's own DNAT from another port", () => {
  const config = aConfig(`
version: 1
devices:
  nas: { address: [192.168.1.20, "fd00:1::20"] }
services:
  game: { ports: [25565/tcp], to: nas, allow: [any] }
`);
  const tuple = (source: string, sourcePort: number, destination: string, destinationPort: number) => ({
    source,
    sourcePort,
    destination,
    destinationPort,
  });

  it.each([
    ['192.0.2.7', '198.51.100.1', '192.168.1.20'],
    ['2001:db8::7', '2001:db8:a::1', 'fd00:1::20'],
  ])('leads to the service of the device, for %s', (client, box, nas) => {
    const original = tuple(client, 40_000, box, 8_443);
    const reply = tuple(nas, 25_565, client, 40_000);
    for (const [way, back] of [
      [original, reply],
      // Found half-way: the device stands there as the one who opened it.
      [reply, original],
    ] as const) {
      const flow = { protocol: 'tcp', original: way, reply: back, mark: 0, established: true } as const;
      const { services, asked } = findGuardians(config)(flow);
      expect(services.map(({ name }) => name)).toEqual(['game']);
      expect(asked.source).toBe(client);
    }
  });
});

describe('a connection', () => {
  const flow = {
    protocol: 'tcp' as const,
    original: { source: '203.0.113.7', sourcePort: 40_000, destination: '192.168.1.20', destinationPort: 22 },
  };
  const at = (yaml: string) => newlyGuarded(undefined, aConfig(yaml));

  it('stands on a guarded port of the device that it goes to, and on no other', () => {
    const service = 'version: 1\nservices:\n  s: { ports: [22/tcp], to: nas }\n';
    expect(isAtAny(at(service + nas), flow)).toBe(true);
    expect(isAtAny(at(service.replace('22/', '23/') + nas), flow)).toBe(false);
    expect(isAtAny(at(service.replace('/tcp', '/udp') + nas), flow)).toBe(false);
    expect(isAtAny(at(ssh), flow)).toBe(false);
  });

  it('that goes out of the LAN stands on a port of direction out', () => {
    const out = at('version: 1\nservices:\n  s: { ports: [22/tcp], direction: out }\n');
    expect(isAtAny(out, flow)).toBe(false);
    expect(isAtAny(out, { ...flow, original: { ...flow.original, destination: '198.51.100.7' } })).toBe(true);
  });

  it('that we opened ourselves stands on its own source port', () => {
    const reply = { source: '198.51.100.7', sourcePort: 443, destination: '127.0.0.1', destinationPort: 22 };
    const original = {
      source: '127.0.0.1',
      sourcePort: 22,
      destination: '198.51.100.7',
      destinationPort: 443,
    };
    expect(isAtAny(at(ssh), { protocol: 'tcp', original, reply })).toBe(true);
  });
});
