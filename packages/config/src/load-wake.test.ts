// SPDX-License-Identifier: MIT
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { after, configOf, problemsOf, type Row } from './load.fixture.ts';
import { formatNetwork } from './network.ts';
import type { Readiness, Wake } from './types.ts';

/** A file whose line 6 is how a device is woken, from column 11 on. */
function wake(text: string): string {
  return after(
    'devices:',
    '  nas:',
    '    mac: 00:11:32:aa:bb:cc',
    '    address: 192.168.1.20',
    `    wake: ${text}`,
  );
}

function wakeOf(text: string): Wake | null | undefined {
  return configOf(wake(text)).devices.get('nas')?.wake;
}

const plain: Wake = {
  ready: { kind: 'asked' },
  timeout: 90,
  minGap: 30,
  ports: [9, 7],
  password: null,
  broadcast: null,
  interface: null,
  run: null,
};

describe('parseConfig accepts, of devices that sleep,', () => {
  it.each(['true', '{}'])('%s for magic packets with all defaults', (text) => {
    expect(wakeOf(text)).toEqual(plain);
  });

  it('false, and nothing at all, for one that is not woken', () => {
    expect(wakeOf('false')).toBeNull();
    expect(configOf(after('devices: { tv: { address: 10.0.0.1 } }')).devices.get('tv')?.wake).toBeNull();
  });

  it('every key', () => {
    const text =
      '{ ready: 22/tcp, timeout: 10m, min_gap: 1h, ports: [7, 40000, 7], password: "00:11:22:33:44:5F", broadcast: 192.168.1.255, interface: lan0 }';
    const { broadcast, ...others } = wakeOf(text) ?? plain;
    expect(others).toEqual({
      ready: { kind: 'tcp', port: 22 },
      timeout: 600,
      minGap: 3_600,
      ports: [7, 40_000],
      password: Uint8Array.of(0, 0x11, 0x22, 0x33, 0x44, 0x5f),
      interface: 'lan0',
      run: null,
    });
    expect(broadcast && formatNetwork(broadcast)).toBe('192.168.1.255');
  });

  it('a command, for which no hardware address is needed', () => {
    const text = after(
      'devices: { vm: { address: 10.0.0.9, wake: { run: [/usr/local/bin/vm-start, --name, my vm, ""] } } }',
    );
    expect(configOf(text).devices.get('vm')?.wake).toEqual({
      ...plain,
      run: ['/usr/local/bin/vm-start', '--name', 'my vm', ''],
    });
  });

  it.each<readonly [string, Readiness]>([
    ['asked', { kind: 'asked' }],
    ['ping', { kind: 'ping' }],
    ['25565/tcp', { kind: 'tcp', port: 25_565 }],
    ['tcp/25565', { kind: 'tcp', port: 25_565 }],
    ['settle 20s', { kind: 'settle', seconds: 20 }],
    ['settle  1m29s', { kind: 'settle', seconds: 89 }],
  ])('ready: %s', (text, ready) => {
    expect(wakeOf(`{ ready: ${text} }`)?.ready).toEqual(ready);
  });

  it.each(['0', '0s'])('no gap between wakes: %s', (text) => {
    expect(wakeOf(`{ min_gap: ${text} }`)?.minGap).toBe(0);
  });

  it('a multicast group where IPv6 has no broadcast', () => {
    const broadcast = wakeOf('{ broadcast: "FF02::1" }')?.broadcast;
    expect(broadcast && formatNetwork(broadcast)).toBe('ff02::1');
  });
});

describe('the password of a network card', () => {
  it.each([
    ['00-11-22-33-44-FF', [0, 17, 34, 51, 68, 255]],
    ['192.0.2.1', [192, 0, 2, 1]],
    ['"0.0.0.0"', [0, 0, 0, 0]],
  ])('is bytes: %s', (text, bytes) => {
    expect(wakeOf(`{ password: ${text} }`)?.password).toEqual(Uint8Array.from(bytes));
  });

  it('is in no log and no JSON', () => {
    const device = configOf(wake('{ password: 203.117.201.119 }')).devices.get('nas');
    const { addresses: _, ...shown } = device ?? { addresses: [] };
    for (const text of [inspect(shown, { depth: null }), JSON.stringify(shown)]) {
      expect(text).toContain('(secret)');
      expect(text).not.toMatch(/203|117|201|119/);
    }
  });

  it.each([
    wake('{ password: 5e:c2:e7 }'),
    wake('{ password: 5ec2e7 }'),
    wake('{ password: 5e:c2:e7:5e:c2:e7:5e }'),
    wake('{ password: [5e:c2:e7] }'),
    wake('{ password: { 5e:c2:e7: x } }'),
    wake('{ password: { "5e:c2:e7:": x } }'),
    wake('{ password:5e:c2:e7 }'),
    wake('{ password = 5e:c2:e7 }'),
    wake('password:5e:c2:e7'),
    wake('{ timeout: 90s password:5e:c2:e7 }'),
    wake('"password: \'5e:c2:e7\'"'),
    wake('\n      password: |5e:c2:e7'),
    wake('\n      password: >- 5e:c2:e7'),
    wake('\n      password: "5e:c2:e7" 5e:c2:e7'),
    after('devices: { nas: { mac: 00:11:32:aa:bb:cc, password: 5e:c2:e7 } }'),
  ])('is not repeated by what is wrong with %j', (text) => {
    const problems = problemsOf(text);
    expect(problems).not.toEqual([]);
    expect(problems.join('\n')).not.toMatch(/5e|c2|e7/);
  });
});

const keysOfWake = 'ready, timeout, min_gap, ports, password, broadcast, interface, run';
const udp = 'Name a TCP port of the same device, such as 22/tcp, or write ping, or "settle 20s".';
const passwordForm =
  'The password (not shown here) has another form. Write six pairs of hex digits, such as "00:11:22:33:44:55", or four numbers, such as "192.0.2.1".';
const anyReadiness = 'Write asked, ping, "settle 20s", or a TCP port such as 22/tcp.';

/** What is wrong, the value of `wake`, and what is said after the path `devices.nas.wake`. */
type WakeRow = readonly [what: string, value: string, ...problems: readonly string[]];

const wakeRows: readonly WakeRow[] = [
  [
    'a word',
    'yes',
    `6:11: "yes" is here, where true or false belongs. Write true or false, or a block of keys: ${keysOfWake}.`,
  ],
  [
    'nothing',
    '',
    `6:5: Nothing is here, where true or false belongs. Write true or false, or a block of keys: ${keysOfWake}.`,
  ],
  ['a key with a slip', '{ redy: ping }', '6:13: .redy: The key "redy" is not known. Did you mean "ready"?'],
  [
    'a UDP port',
    '{ ready: 19132/udp }',
    `6:20: .ready: "19132/udp" cannot say it: most UDP ports answer nothing when they are knocked at. ${udp}`,
  ],
  [
    'a UDP port the other way round',
    '{ ready: udp/19132 }',
    `6:20: .ready: "19132/udp" cannot say it: most UDP ports answer nothing when they are knocked at. ${udp}`,
  ],
  [
    'several ports',
    '{ ready: 80-81/tcp }',
    '6:20: .ready: "80-81/tcp" is several ports. Write one of them: 80/tcp.',
  ],
  ['a port alone', '{ ready: 25565 }', '6:20: .ready: "25565" is not a port. Write "25565/tcp".'],
  ['port 0', '{ ready: 0/tcp }', '6:20: .ready: "0/tcp" is out of range. Ports go from 1 to 65535.'],
  [
    'readiness with a slip',
    '{ ready: pong }',
    '6:20: .ready: "pong" does not say when a device is ready. Did you mean "ping"?',
  ],
  [
    'readiness like no other',
    '{ ready: ssh/tcp }',
    `6:20: .ready: "ssh/tcp" does not say when a device is ready. ${anyReadiness}`,
  ],
  [
    'settling for no time',
    '{ ready: settle }',
    '6:20: .ready: "settle" alone says no time. Write how long: settle 20s.',
  ],
  [
    'settling without a unit',
    '{ ready: settle 20 }',
    '6:20: .ready: "20" is not a duration. Add the unit: "20s" for seconds, "20m" for minutes.',
  ],
  [
    'settling beyond the timeout',
    '{ ready: settle 90s }',
    '6:20: .ready: It would never be ready in time: "timeout" is 1m30s. Write less, or a longer "timeout" of at most 10m.',
  ],
  [
    'a list of readiness',
    '{ ready: [ping] }',
    '6:20: .ready: A list is here, where text belongs. Write it like 25565/tcp',
  ],
  ['a timeout of none', '{ timeout: 0s }', '6:22: .timeout: "0s" is too short. The shortest duration is 1s.'],
  ['a timeout too long', '{ timeout: 601s }', '6:22: .timeout: "601s" is too long. The longest is 10m.'],
  [
    'a timeout without a unit',
    '{ timeout: 90 }',
    '6:22: .timeout: "90" is not a duration. Add the unit: "90s" for seconds, "90m" for minutes.',
  ],
  ['a gap too long', '{ min_gap: 3601s }', '6:22: .min_gap: "3601s" is too long. The longest is 1h.'],
  [
    'a gap without a unit',
    '{ min_gap: 30 }',
    '6:22: .min_gap: "30" is not a duration. Add the unit: "30s" for seconds, "30m" for minutes.',
  ],
  ['no ports', '{ ports: [] }', '6:20: .ports: The list is empty. Write at least one entry, such as [9, 7]'],
  ['one port', '{ ports: 9 }', '6:20: .ports: 9 is here, where a list belongs. Write a list: [9].'],
  [
    'a port with its protocol',
    '{ ports: [9/udp] }',
    '6:21: .ports[0]: "9/udp" is here, where a number belongs. Write a whole number from 1 to 65535.',
  ],
  [
    'magic packets to port 0',
    '{ ports: [9, 0] }',
    '6:24: .ports[1]: 0 is too small. Write a whole number from 1 to 65535.',
  ],
  ['a password of letters', '{ password: hunter2 }', `6:23: .password: ${passwordForm}`],
  ['a password out of range', '{ password: 192.0.2.256 }', `6:23: .password: ${passwordForm}`],
  [
    'a password that is a number',
    '{ password: 4711 }',
    '6:23: .password: A number is here, where text belongs. Write it like 00:11:22:33:44:55',
  ],
  [
    'an empty password',
    '{ password: }',
    '6:13: .password: Nothing is here, where text belongs. Write it like 00:11:22:33:44:55',
  ],
  [
    'a network for a broadcast',
    '{ broadcast: 192.168.1.0/24 }',
    '6:24: .broadcast: "192.168.1.0/24" is not an address. Write the broadcast address of the network: 192.168.1.255.',
  ],
  [
    'a broadcast of IPv6',
    '{ broadcast: "2001:db8::1" }',
    '6:24: .broadcast: "2001:db8::1" is neither IPv4 nor multicast. IPv6 has no broadcast: write a multicast group, such as "ff02::1", or an IPv4 address.',
  ],
  [
    'a multicast group with its interface',
    '{ broadcast: "ff02::1%eth0" }',
    '6:24: .broadcast: "ff02::1%eth0" is not an address. Leave out the interface: everything from "%" on.',
  ],
  [
    'an interface',
    '{ interface: lan/0 }',
    '6:24: .interface: "lan/0" is not the name of a network interface. Write up to 15 letters, digits, ".", "_", "@" and "-", such as eth0.',
  ],
  [
    'a command of nothing',
    '{ run: [] }',
    '6:18: .run: The list is empty. Write at least one entry, such as [/usr/local/bin/ipmi-on, nas]',
  ],
  [
    'a command in one text',
    '{ run: /usr/local/bin/ipmi-on nas }',
    '6:18: .run: "/usr/local/bin/ipmi-on nas" is here, where a list belongs. Write a list: [/usr/local/bin/ipmi-on, nas].',
  ],
  [
    'a command in one entry',
    '{ run: [/usr/local/bin/ipmi-on nas] }',
    '6:19: .run[0]: "/usr/local/bin/ipmi-on nas" is one word here, because no shell takes it apart. Write the words one by one: [/usr/local/bin/ipmi-on, nas].',
  ],
  [
    'a command for a shell',
    "{ run: sh -c 'ipmi-on nas' }",
    `6:18: .run: "sh -c 'ipmi-on nas'" is here, where a list belongs. Write it like [/usr/local/bin/ipmi-on, nas]`,
  ],
  [
    'a program without its path',
    '{ run: [ipmi-on, nas] }',
    '6:19: .run[0]: "ipmi-on" is not a path from the root. Write the whole path of the program, such as /usr/local/bin/ipmi-on.',
  ],
  [
    'a program that is a directory',
    '{ run: [/usr/local/bin/] }',
    '6:19: .run[0]: "/usr/local/bin/" is a directory. Write the path of the file.',
  ],
  [
    'a number for an argument',
    '{ run: [/usr/local/bin/ipmi-on, 5] }',
    '6:43: .run[1]: 5 is here, where text belongs. Put it in quotes: "5".',
  ],
  [
    'a command, and keys of magic packets',
    '{ run: [/x], ports: [9], password: 192.0.2.1, broadcast: 10.0.0.255, interface: e }',
    '6:24: .ports: "ports" is of magic packets, and with "run" none are sent. Remove one of the two.',
    '6:36: .password: "password" is of magic packets, and with "run" none are sent. Remove one of the two.',
    '6:57: .broadcast: "broadcast" is of magic packets, and with "run" none are sent. Remove one of the two.',
    '6:80: .interface: "interface" is of magic packets, and with "run" none are sent. Remove one of the two.',
  ],
];

const deviceRows: readonly Row[] = [
  [
    'a device without a hardware address',
    after('devices: { nas: { address: 10.0.0.1, wake: true } }'),
    '2:38: devices.nas.wake: The device "nas" has no hardware address that a magic packet could name. Add "mac:" to devices.nas, or the command that wakes it: wake: { run: [/usr/local/bin/ipmi-on, nas] }',
  ],
  [
    'a device without an address',
    after('devices: { nas: { mac: 00:11:32:aa:bb:cc, wake: {} } }'),
    '2:43: devices.nas.wake: The device "nas" has no address, so nobody could see when it is ready. Add "address:" to devices.nas.',
  ],
  [
    'a device of nothing else',
    after('devices: { nas: { wake: true } }'),
    '2:12: devices.nas: The device has neither "mac" nor "address". Add what it can be told by, such as mac: 00:11:32:aa:bb:cc',
  ],
  [
    'a key that belongs further in',
    after('devices: { nas: { address: 10.0.0.1, timeout: 5s } }'),
    '2:38: devices.nas.timeout: "timeout" does not belong here. It is a key of "wake": wake: { timeout: … }',
  ],
];

describe('parseConfig refuses', () => {
  it.each(wakeRows)('a wrong way to wake: %s', (_, text, ...problems) => {
    const said = problemsOf(wake(text)).map((line) =>
      line.replace('devices.nas.wake: ', '').replace('devices.nas.wake.', '.'),
    );
    expect(said).toEqual(problems);
  });

  it.each(deviceRows)('to wake %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});
