// SPDX-License-Identifier: MIT
import { aConfig } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { isAtAny, newlyGuarded } from './guarded-ports.ts';
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
