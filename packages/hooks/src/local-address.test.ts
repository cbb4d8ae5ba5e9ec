// SPDX-License-Identifier: MIT
import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { checkLiteral, guardedLookup } from './guarded-lookup.ts';
import { refusedBecause } from './local-address.ts';

/** What stands in a URL as its host, however oddly it is written. */
const bad = [
  // Loopback.
  '127.0.0.1',
  '127.0.0.2',
  '127.1',
  '127.0.1',
  '127.255.255.254',
  '0x7f.1',
  '0x7f000001',
  '0X7F.0.0.1',
  '2130706433',
  '017700000001',
  '0177.0.0.1',
  '0177.1',
  '127.0.0.1.',
  '127.000.000.001',
  '0x7f.0x0.0x0.0x1',
  '%31%32%37.0.0.1',
  '１２７.０.０.１',
  '127。0。0。1',
  '①②⑦.0.0.1',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000::0001]',
  '[::0.0.0.1]',
  // Unspecified: the kernel takes it for loopback.
  '0.0.0.0',
  '0',
  '0x0',
  '0.0.0.1',
  '0.255.255.255',
  '[::]',
  '[0:0::0]',
  // Link-local, and what providers tell their machines.
  '169.254.169.254',
  '169.254.0.1',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '169.254.43518',
  '[fe80::1]',
  '[FE80:0:0:0:0:0:0:1]',
  '[febf::1]',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  // IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[::ffff:169.254.169.254]',
  '[::ffff:0.0.0.0]',
  '[::127.0.0.1]',
  '[::7f00:1]',
  '[::a9fe:a9fe]',
  '[::ffff:0:127.0.0.1]',
  '[::ffff:0:7f00:1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::169.254.169.254]',
  '[64:ff9b::0.0.0.0]',
  '[64:ff9b:1::127.0.0.1]',
  '[2002:7f00:1::]',
  '[2002:a9fe:a9fe::1]',
  '[2002:7f00:1:1::9]',
  '[2001:0:7f00:1::1]',
  '[2001::80ff:fffe]',
  // Many at once, or nobody.
  '224.0.0.1',
  '239.255.255.250',
  '255.255.255.255',
  '4294967295',
  '0xffffffff',
  '240.0.0.1',
  '[ff02::1]',
  '[ff05::2]',
  '[::ffff:224.0.0.1]',
  '[64:ff9b::255.255.255.255]',
];

const good = [
  '10.0.0.1',
  '172.16.5.4',
  '192.168.1.20',
  '100.64.0.1',
  '203.0.113.7',
  '8.8.8.8',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.255.255',
  '169.255.0.1',
  '223.255.255.255',
  '1.0.0.0',
  '[fd00::1]',
  '[fd12:3456::1]',
  '[2001:db8::1]',
  '[2606:4700::1111]',
  '[fec0::1]',
  '[::ffff:192.168.1.20]',
  '[64:ff9b::8.8.8.8]',
  '[2002:c0a8:114::1]',
  '[2001:4860:4860::8888]',
];

describe('an address in a URL', () => {
  it.each(bad)('such as %s is refused', (host) => {
    const { hostname } = new URL(`http://${host}/`);
    expect(isIP(hostname.replace(/^\[|\]$|\.$/g, ''))).not.toBe(0);
    expect(() => checkLiteral(hostname, [])).toThrow(/leads to .*"allow_local: \[/);
  });

  it.each(good)('such as %s is not', (host) => {
    expect(() => checkLiteral(new URL(`http://${host}/`).hostname, [])).not.toThrow();
  });

  it('is let through where the configuration names it, in its shortest form', () => {
    const allowed = ['127.0.0.1', '::1'];
    for (const host of ['127.0.0.1', '0x7f.1', '[::1]', '[0::0:1]', '[::ffff:127.0.0.1]']) {
      expect(() => checkLiteral(new URL(`http://${host}/`).hostname, allowed), host).not.toThrow();
    }
    expect(() => checkLiteral('127.0.0.2', allowed)).toThrow();
    expect(() => checkLiteral('[fe80::1]', allowed)).toThrow();
  });
});

const lookUp = (host: string, found: readonly string[], allowLocal: readonly string[] = []) =>
  new Promise((resolve, reject) => {
    const lookup = guardedLookup(allowLocal, async () => found);
    lookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

describe('a name', () => {
  it('leads to what is not refused, and nowhere else', async () => {
    const mixed = ['fe80::1%eth0', '127.0.0.1', '192.168.1.20', '2001:db8::5', '::1'];
    expect(await lookUp('nas.lan', mixed)).toEqual([
      { address: '192.168.1.20', family: 4 },
      { address: '2001:db8::5', family: 6 },
    ]);
  });

  it.each(bad.filter((host) => host.startsWith('[')))('that is %s is refused', async (host) => {
    const address = new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, '');
    expect(refusedBecause(address)).not.toBeNull();
    await expect(lookUp('rebound.example', [address])).rejects.toThrow(
      /^rebound\.example is .*, which leads to/,
    );
  });

  it('is let through by its name, or by its address', async () => {
    const loopback = [{ address: '127.0.0.1', family: 4 }];
    expect(await lookUp('localhost', ['127.0.0.1'], ['localhost'])).toEqual(loopback);
    expect(await lookUp('LocalHost.', ['127.0.0.1'], ['localhost'])).toEqual(loopback);
    expect(await lookUp('me.example', ['127.0.0.1'], ['127.0.0.1'])).toEqual(loopback);
    await expect(lookUp('me.example', ['127.0.0.1'], ['localhost'])).rejects.toThrow();
    await expect(lookUp('notlocalhost', ['127.0.0.1'], ['localhost'])).rejects.toThrow();
  });
});
