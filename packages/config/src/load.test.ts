// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { type LoadResult, maxConfigBytes, parseConfig } from './load.ts';
import { formatNetwork } from './network.ts';
import { formatProblem } from './problem.ts';
import type { Config } from './types.ts';

const host = { file: 'nftoggle.yml', hostName: 'Home Box.lan', hostTimezone: 'Europe/Paris' };

function problemsOf(text: string): readonly string[] {
  const result = parseConfig(text, host);
  return result.ok
    ? []
    : result.problems.map((problem) => formatProblem(problem).replace('nftoggle.yml:', ''));
}

function configOf(text: string): Config {
  const result = parseConfig(text, host);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.config;
}

/** Lines after `version: 1`: the first of them is line 2. */
function after(...lines: readonly string[]): string {
  return ['version: 1', ...lines, ''].join('\n');
}

const nas = 'devices: { nas: { address: 192.168.1.20 }, tv: { mac: 00:11:32:aa:bb:cc } }';

describe('parseConfig accepts', () => {
  it('every field, with names resolved and units made one', () => {
    const config = configOf(`
version: 1
timezone: Europe/Berlin
mode: watch
node: attic
lan: [100.64.0.0/10]
devices:
  nas: { mac: [00-11-32-AA-BB-CC], address: [192.168.1.20, "2001:db8::20"] }
groups:
  vpn: [10.8.0.0/24, nas, lan, any, inner]
  inner: [2001:db8:7::/48]
services:
  files:
    ports: [445/tcp, 3478-3480/udp]
    to: nas
    interfaces: [eth0, eth0]
    open_for: 1h30m
    fallback: allow
    deny: [192.0.2.66]
    allow: [vpn, { from: [nas, 192.0.2.7] }, { from: lan }]
kernel: { queue: 0, mark_mask: 0xff00, ipv6_prefix: 56 }
limits: { held: 1, known_per_second: 2, strangers_per_second: 3, stranger_per_minute: 4, sessions: 5 }
`);
    expect(config).toMatchObject({
      version: 1,
      timezone: 'Europe/Berlin',
      mode: 'watch',
      node: 'attic',
      kernel: { queue: 0, markMask: 0xff00, ipv6Prefix: 56 },
      limits: { held: 1, knownPerSecond: 2, strangersPerSecond: 3, strangerPerMinute: 4, sessions: 5 },
    });
    expect(config.lan.map(formatNetwork).at(-1)).toBe('100.64.0.0/10');
    expect(config.devices.get('nas')).toMatchObject({ name: 'nas', macs: ['00:11:32:aa:bb:cc'] });
    expect(config.devices.get('nas')?.addresses.map(formatNetwork)).toEqual(['192.168.1.20', '2001:db8::20']);
    expect(config.groups.get('vpn')?.map((source) => source.kind)).toEqual([
      'network',
      'device',
      'lan',
      'any',
      'group',
    ]);
    expect(config.services.get('files')).toMatchObject({
      ports: [
        { protocol: 'tcp', from: 445, to: 445 },
        { protocol: 'udp', from: 3478, to: 3480 },
      ],
      to: ['nas'],
      direction: 'in',
      interfaces: ['eth0'],
      openFor: 5_400,
      fallback: 'allow',
      deny: [{ path: 'services.files.deny[0]', from: [{ kind: 'network' }] }],
      allow: [
        { path: 'services.files.allow[0]', from: [{ kind: 'group', group: 'vpn' }] },
        { path: 'services.files.allow[1]', from: [{ kind: 'device', device: 'nas' }, { kind: 'network' }] },
        { path: 'services.files.allow[2]', from: [{ kind: 'lan' }] },
      ],
    });
  });

  it('a file that says nothing, and fills in the defaults', () => {
    const config = configOf('version: 1');
    expect(config).toMatchObject({
      node: 'home-box-lan',
      timezone: 'Europe/Paris',
      mode: 'enforce',
      kernel: { queue: 4242, markMask: 0xfff00000, ipv6Prefix: 64 },
      limits: {
        held: 4096,
        knownPerSecond: 2000,
        strangersPerSecond: 200,
        strangerPerMinute: 12,
        sessions: 65_536,
      },
    });
    expect(config.lan.map(formatNetwork)).toEqual([
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '169.254.0.0/16',
      'fc00::/7',
      'fe80::/10',
    ]);
    expect([config.devices.size, config.groups.size, config.services.size]).toEqual([0, 0, 0]);
  });

  it('services in the order of the file, names of digits among them', () => {
    const names = ['web', '80', 'b', '7'].map((name, i) => `  ${name}: { ports: [${i + 1}/tcp] }`);
    expect([...configOf(after('services:', ...names)).services.keys()]).toEqual(['web', '80', 'b', '7']);
  });

  it.each([
    ['a service that nobody may use', after('services: { a: { ports: [1/tcp], allow: [] } }')],
    [
      'sections whose lines are all commented out',
      after('devices:', 'groups:', '#  vpn: []', 'services:', 'lan:'),
    ],
    ['a source that is there twice', after('services: { a: { ports: [1/tcp], allow: [lan, lan] } }')],
    ['a group without sources', after('groups: { nobody: [] }')],
    ['a group that is in two groups', after('groups: { a: [c], b: [a, c], c: [lan] }')],
    ['anchors and aliases', after('groups: { a: &a [lan], b: *a }')],
    ['Windows line ends and a byte order mark', '\uFEFFversion: 1\r\nmode: watch\r\n'],
    ['the same port on two interfaces', after(...clashing('interfaces: [eth0]', 'interfaces: [eth1]'))],
    ['the same port here and on a device', after(nas, ...clashing('direction: in', 'to: nas'))],
    ['the same port in and out', after(...clashing('direction: in', 'direction: out'))],
    ['the same number for tcp and udp', after('services: { a: { ports: [1/tcp, 1/udp] } }')],
    ['IPv6 without quotes in a list', after('groups: { a: [::1, 2001:db8::1, fd00::/8] }')],
  ])('%s', (_, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});

function clashing(first: string, second: string): readonly string[] {
  return ['services:', `  a: { ports: [20-30/tcp], ${first} }`, `  b: { ports: [22/tcp], ${second} }`];
}

type Row = readonly [what: string, text: string, ...problems: readonly string[]];

const bombLines = [...'bcdefghij'].map(
  (name, i) => `  ${name}: &${name} [${`*${'abcdefghi'[i]}, `.repeat(9)}]`,
);

const textRows: readonly Row[] = [
  ['an empty file', '', '1:1: The file is empty. The least it can hold is the line version: 1'],
  ['comments only', '# a\n\n', '1:1: The file is empty. The least it can hold is the line version: 1'],
  [
    'too much text',
    `#${'x'.repeat(maxConfigBytes)}`,
    '1:1: The file is larger than 1 MiB. Is it the right file?',
  ],
  [
    'something else',
    'hello',
    '1:1: "hello" is here, where a block of keys belongs. Its keys are version, timezone, mode, node, lan, devices, groups, services, kernel, limits.',
  ],
  ['tabs', after('groups:', '\ta: [lan]'), '3:1: Tabs cannot indent in YAML. Use spaces.'],
  [
    'an open quote',
    after('node: "x'),
    '2:7: Something is missing here. Check the quotes, commas, colons and brackets of this line.',
  ],
  [
    'an open bracket',
    after('lan: [', 'mode: watch'),
    '3:1: The indentation does not fit. Align the lines of a block, and close each bracket it opens.',
  ],
  [
    'two keys in a line',
    after('node: a: b'),
    '2:7: There are two keys in one line. Start a new line, or put the value in quotes.',
  ],
  [
    'a second document',
    after('---', 'version: 1'),
    '2:1: A second document starts here. Remove the line with "---": one file is one configuration.',
  ],
  ['a tag', after('node: !secret x'), '2:7: Tags (!name) have no meaning here. Remove the tag.'],
  [
    'old YAML',
    '%YAML 1.1\n---\nversion: 1',
    '1:1: The file asks for an old version of YAML. Remove the line with %YAML.',
  ],
  [
    'a repeated key',
    after('mode: watch', 'mode: watch'),
    '3:1: The key "mode" is here twice. The other is in line 2; keep one.',
  ],
  ['a list as a key', after('? [a]', ': b'), '2:3: A key must be a single word. Write NAME: VALUE.'],
  [
    'a stray alias',
    after('lan: [*x]'),
    '2:7: The alias *x stands for nothing. If it is meant as text, put it in quotes.',
  ],
  [
    'an alias of itself',
    after('groups: { a: &a [*a] }'),
    '2:18: The alias *a stands for nothing. If it is meant as text, put it in quotes.',
  ],
  [
    'an alias bomb',
    after('groups:', '  a: &a [lan]', ...bombLines),
    '1:1: The aliases (*name) repeat too much. Write the values out, or give them a name under "groups".',
  ],
  [
    'deep nesting',
    `version: 1\nlan: ${'['.repeat(20_000)}`,
    '2:NN: The file is nested too deeply. Check the brackets and dashes of this line.',
  ],
  [
    'the name __proto__',
    after('services:', '  __proto__: { ports: [22/tcp] }'),
    '3:3: "__proto__" cannot be a name. Choose another.',
  ],
];

const formRows: readonly Row[] = [
  ['no version', 'mode: watch', '1:1: version: This key is missing. Add it, such as version: 1'],
  ['another version', 'version: 2', '1:10: version: 2 is not possible here. Write 1.'],
  [
    'an unknown key',
    after('timezon: UTC'),
    '2:1: timezon: The key "timezon" is not known. Did you mean "timezone"?',
  ],
  [
    'an unknown key deep inside',
    after('services:', '  a: { ports: [1/tcp], alow: [lan] }'),
    '3:24: services.a.alow: The key "alow" is not known. Did you mean "allow"?',
  ],
  [
    'a key like no other',
    after('limits: { colour: red }'),
    '2:11: limits.colour: The key "colour" is not known. The keys here are held, known_per_second, strangers_per_second, stranger_per_minute, sessions.',
  ],
  [
    'an unknown mode',
    after('mode: enforced'),
    '2:7: mode: "enforced" is not possible here. Did you mean "enforce"?',
  ],
  ['an empty mode', after('mode:'), '2:1: mode: This key is empty. Write enforce or watch.'],
  [
    'a time zone',
    after('timezone: Europe/Berln'),
    '2:11: timezone: "Europe/Berln" is not a time zone. Did you mean "Europe/Berlin"?',
  ],
  [
    'a node',
    after('node: My Box'),
    '2:7: node: "My Box" cannot be a name. Use at most 63 lower-case letters, digits, "-" and "_", such as my-box.',
  ],
  [
    'the name of a device',
    after('devices:', '  NAS: { mac: 00:11:32:aa:bb:cc }'),
    '3:3: devices.NAS: "NAS" cannot be a name. Use at most 63 lower-case letters, digits, "-" and "_", such as nas.',
  ],
  [
    'text for a list',
    after('lan: 100.64.0.0/10'),
    '2:6: lan: "100.64.0.0/10" is here, where a list belongs. Write a list: [100.64.0.0/10].',
  ],
  [
    'a list for a block',
    after('services: [ssh]'),
    '2:11: services: A list is here, where a block of names belongs. Write NAME: and, under it, what belongs to the name.',
  ],
  [
    'a prefix too long',
    after('lan: [10.0.0.0/33]'),
    '2:7: lan[0]: "10.0.0.0/33" is not an address or network. The number after "/" goes from 0 to 32.',
  ],
  [
    'a mapped prefix',
    after('lan: ["::ffff:10.0.0.0/8"]'),
    '2:7: lan[0]: "::ffff:10.0.0.0/8" is not an address or network. Write it as IPv4, such as 10.0.0.0/24.',
  ],
  [
    'a hardware address',
    after('devices: { a: { mac: [00:11] } }'),
    '2:23: devices.a.mac[0]: "00:11" is not a hardware (MAC) address. Write six pairs of hex digits, such as 00:11:32:aa:bb:cc.',
  ],
  [
    'a network for a device',
    after('devices: { a: { address: 10.0.0.0/8 } }'),
    '2:26: devices.a.address: "10.0.0.0/8" is not an address. Write a single address here; networks belong in a group.',
  ],
  [
    'an empty device',
    after('devices: { a: {} }'),
    '2:12: devices.a: The device has neither "mac" nor "address". Add what it can be told by, such as mac: 00:11:32:aa:bb:cc',
  ],
  [
    'a device of nothing',
    after('devices:', '  a:'),
    '3:3: devices.a: Nothing is here, where a block of keys belongs. Its keys are mac, address.',
  ],
  [
    'no ports',
    after('services:', '  a: { allow: [lan] }'),
    '3:3: services.a.ports: This key is missing. Add it, such as ports: [22/tcp]',
  ],
  [
    'an empty list of ports',
    after('services: { a: { ports: [] } }'),
    '2:25: services.a.ports: The list is empty. Write at least one entry, such as [22/tcp]',
  ],
  [
    'a port without a protocol',
    after('services: { a: { ports: [22] } }'),
    '2:26: services.a.ports[0]: "22" is not a port. Write "22/tcp", or "22/udp".',
  ],
  [
    'ports backwards',
    after('services: { a: { ports: [9-8/tcp] } }'),
    '2:26: services.a.ports[0]: "9-8/tcp" runs backwards. Write 8-9/tcp.',
  ],
  [
    'port 0',
    after('services: { a: { ports: [0/tcp] } }'),
    '2:26: services.a.ports[0]: "0/tcp" is out of range. Ports go from 1 to 65535.',
  ],
  [
    'port 65536',
    after('services: { a: { ports: [65536/udp] } }'),
    '2:26: services.a.ports[0]: "65536/udp" is out of range. Ports go from 1 to 65535.',
  ],
  [
    'a duration without a unit',
    after('services: { a: { ports: [1/tcp], open_for: 3600 } }'),
    '2:44: services.a.open_for: "3600" is not a duration. Add the unit: "3600s" for seconds, "3600m" for minutes.',
  ],
  [
    'an endless duration',
    after('services: { a: { ports: [1/tcp], open_for: 366d } }'),
    '2:44: services.a.open_for: "366d" is too long. The longest duration is 365d.',
  ],
  [
    'a direction',
    after('services: { a: { ports: [1/tcp], direction: both } }'),
    '2:45: services.a.direction: "both" is not possible here. Write in or out.',
  ],
  [
    'an interface',
    after('services: { a: { ports: [1/tcp], interfaces: [eth/0] } }'),
    '2:47: services.a.interfaces[0]: "eth/0" is not the name of a network interface. Write up to 15 letters, digits, ".", "_", "@" and "-", such as eth0.',
  ],
  [
    'a rule without sources',
    after('services: { a: { ports: [1/tcp], allow: [{ from: [] }] } }'),
    '2:50: services.a.allow[0].from: The list is empty. Write at least one entry, such as lan',
  ],
  [
    'a rule with a wrong key',
    after('services: { a: { ports: [1/tcp], deny: [{ form: lan }] } }'),
    '2:41: services.a.deny[0].from: This key is missing. Add it, such as from: lan',
    '2:43: services.a.deny[0].form: The key "form" is not known. Did you mean "from"?',
  ],
  [
    'a number for a source',
    after('services: { a: { ports: [1/tcp], allow: [7] } }'),
    '2:42: services.a.allow[0]: 7 is here, where text belongs. Put it in quotes: "7".',
  ],
  [
    'an empty source',
    after('groups: { a: [""] }'),
    '2:15: groups.a[0]: The text is empty. Fill it in, or remove the entry.',
  ],
  [
    'an IPv6 address that YAML cuts',
    after('groups: { a: [fd00::] }'),
    '2:15: groups.a[0]: "fd00::" without quotes reads as a key. Put it in quotes: "fd00::".',
  ],
  [
    'a queue',
    after('kernel: { queue: 65535 }'),
    '2:18: kernel.queue: 65535 is too big. Write a whole number from 0 to 65534.',
  ],
  [
    'a mask with gaps',
    after('kernel: { mark_mask: 0xff0ff }'),
    '2:22: kernel.mark_mask: 0x000ff0ff has gaps. Write at least 8 bits next to each other, such as 0xfff00000 or 0x0000ff00.',
  ],
  [
    'a mask of few bits',
    after('kernel: { mark_mask: "0x7f" }'),
    '2:22: kernel.mark_mask: 0x0000007f has too few bits. Write at least 8 bits next to each other, such as 0xfff00000 or 0x0000ff00.',
  ],
  [
    'half a prefix',
    after('kernel: { ipv6_prefix: 0.5 }'),
    '2:24: kernel.ipv6_prefix: 0.5 is here, where a whole number belongs. Write a whole number from 32 to 128.',
  ],
  [
    'a limit of none',
    after('limits: { held: 0 }'),
    '2:17: limits.held: 0 is too small. Write a whole number from 1 to 65536.',
  ],
  [
    'a limit in words',
    after('limits: { held: many }'),
    '2:17: limits.held: "many" is here, where a number belongs. Write a whole number from 1 to 65536.',
  ],
];

const nameRows: readonly Row[] = [
  [
    'a group with a slip',
    after('groups: { vpn: [10.8.0.0/24] }', 'services: { ssh: { ports: [22/tcp], allow: [lan, vnp] } }'),
    '3:50: services.ssh.allow[1]: "vnp" is not known. Did you mean the group "vpn"?',
  ],
  [
    'a device with a slip',
    after(nas, 'groups: { a: [nsa] }'),
    '3:15: groups.a[0]: "nsa" is not known. Did you mean the device "nas"?',
  ],
  [
    'a word with a slip',
    after('groups: { a: [LAN] }'),
    '2:15: groups.a[0]: "LAN" is not known. Did you mean "lan"?',
  ],
  [
    'a name like no other',
    after('groups: { a: [grandmother] }'),
    '2:15: groups.a[0]: "grandmother" is not known. Write an address, a network, the name of a device or group, "lan" or "any".',
  ],
  [
    'the name of a host',
    after('groups: { a: [tom.dyn.example] }'),
    '2:15: groups.a[0]: "tom.dyn.example" is not known. Names of hosts are not looked up: write the address.',
  ],
  [
    'a broken address',
    after('groups: { a: [192.0.2.256] }'),
    '2:15: groups.a[0]: "192.0.2.256" is not an address or network. Write an address, such as 192.0.2.7 or 2001:db8::7, or a network, such as 192.0.2.0/24.',
  ],
  [
    'a range of addresses',
    after('groups: { a: [192.0.2.1-192.0.2.9] }'),
    '2:15: groups.a[0]: "192.0.2.1-192.0.2.9" is not an address or network. Write a range as a network, such as 192.0.2.0/28.',
  ],
  [
    'an address with its interface',
    after('groups: { a: ["fe80::1%eth0"] }'),
    '2:15: groups.a[0]: "fe80::1%eth0" is not an address or network. Leave out the interface: everything from "%" on.',
  ],
  [
    'a hardware address as a source',
    after('groups: { a: [00-11-32-AA-BB-CC] }'),
    '2:15: groups.a[0]: "00-11-32-AA-BB-CC" is a hardware address. Add a device with "mac: 00:11:32:aa:bb:cc" under "devices", and write its name here.',
  ],
  [
    'a name with a meaning',
    after('groups: { lan: [10.0.0.0/8] }'),
    '2:11: groups.lan: "lan" has a meaning of its own. Choose another name.',
  ],
  [
    'a device called any',
    after('devices: { any: { address: 10.0.0.1 } }'),
    '2:12: devices.any: "any" has a meaning of its own. Choose another name.',
  ],
  [
    'one name for two things',
    after(nas, 'groups: { nas: [lan] }'),
    '3:11: groups.nas: "nas" is also the name of a device (line 2). Rename one of them.',
  ],
  [
    'a group that holds itself',
    after('groups: { a: [a] }'),
    '2:15: groups.a[0]: The group holds itself: a → a. Remove one of these steps.',
  ],
  [
    'groups in a circle',
    after('groups:', '  a: [lan, b]', '  b: [c]', '  c: [any, a]', '  d: [a]'),
    '5:12: groups.c[1]: The group holds itself: a → b → c → a. Remove one of these steps.',
  ],
  [
    'two circles',
    after('groups: { a: [b], b: [a], c: [c] }'),
    '2:23: groups.b[0]: The group holds itself: a → b → a. Remove one of these steps.',
    '2:31: groups.c[0]: The group holds itself: c → c. Remove one of these steps.',
  ],
  [
    'to: an unknown device',
    after(nas, 'services: { a: { ports: [1/tcp], to: [nas, nsa] } }'),
    '3:44: services.a.to[1]: There is no device "nsa". Did you mean the device "nas"?',
  ],
  [
    'to: a group',
    after('groups: { g: [lan] }', 'services: { a: { ports: [1/tcp], to: g } }'),
    '3:38: services.a.to: "g" is a group. Write the names of devices: to: [nas, camera].',
  ],
  [
    'to: a device without address',
    after(nas, 'services: { a: { ports: [1/tcp], to: tv } }'),
    '3:38: services.a.to: The device "tv" has no address. Add "address:" to devices.tv.',
  ],
  [
    'to: with direction out',
    after(nas, 'services: { a: { ports: [1/tcp], to: nas, direction: out } }'),
    '3:34: services.a.to: "to" does not go with "direction: out". Remove one of the two.',
  ],
];

const taken =
  '4:16: services.b.ports[0]: 22/tcp is guarded already, by 20-30/tcp of services.a (line 3). Leave the port to one of the two services.';
const takenBelow = taken.replace('4:16', '5:16').replace('line 3', 'line 4');

const portRows: readonly Row[] = [
  ['here, twice', after(...clashing('allow: [lan]', 'allow: [any]')), taken],
  ['here, on an interface and on all', after(...clashing('interfaces: [eth0]', 'fallback: deny')), taken],
  [
    'here, on a common interface',
    after(...clashing('interfaces: [eth0, eth1]', 'interfaces: [eth1]')),
    taken,
  ],
  ['going out, twice', after(...clashing('direction: out', 'direction: out')), taken],
  ['on a device, twice', after(nas, ...clashing('to: nas', 'to: [nas]')), takenBelow],
  [
    'on one address of two devices',
    after('devices: { x: { address: 10.0.0.1 }, y: { address: 10.0.0.1 } }', ...clashing('to: x', 'to: y')),
    takenBelow,
  ],
  [
    'in one service, twice',
    after('services: { a: { ports: [20-30/tcp, 22/tcp] } }'),
    '2:37: services.a.ports[1]: 22/tcp is guarded already, by 20-30/tcp of services.a (line 2). Remove one of them.',
  ],
  [
    'names of digits, the later in the file is at fault',
    after('services:', '  web: { ports: [80/tcp] }', '  80: { ports: [80/tcp] }'),
    '4:17: services.80.ports[0]: 80/tcp is guarded already, by 80/tcp of services.web (line 3). Leave the port to one of the two services.',
  ],
];

describe('parseConfig refuses', () => {
  it.each(textRows)('%s', (_, text, ...problems) => {
    expect(problemsOf(text).map((line) => line.replace(/^2:\d{3,}:/, '2:NN:'))).toEqual(problems);
  });

  it.each(formRows)('a wrong form: %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it.each(nameRows)('a wrong name: %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it.each(portRows)('a port that is claimed twice: %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('everything at once, in the order of the file', () => {
    const text = after(
      'mode: x',
      'mode: watch',
      'lan: [a/b]',
      'groups: { a: [a, nix] }',
      'services:',
      '  s: { ports: [1], allow: [b] }',
    );
    const places = problemsOf(text).map((line) => /^\d+:\d+/.exec(line)?.[0]);
    expect(places).toEqual(['3:1', '4:7', '5:15', '5:18', '7:16', '7:28']);
  });

  it('an alias where what it stands for is wrong', () => {
    expect(problemsOf(after('groups:', '  a: &a [nix]', '  b: *a')).map((line) => line.slice(0, 17))).toEqual(
      ['3:10: groups.a[0]', '3:10: groups.b[0]'],
    );
  });
});

describe('the revision', () => {
  const revisionOf = (text: string): LoadResult['revision'] => parseConfig(text, host).revision;

  it('is the start of the SHA-256 of the text, good or bad', () => {
    expect(revisionOf('version: 1\n')).toBe('09bfcc6a14b8');
    expect(revisionOf('')).toBe('e3b0c44298fc');
  });

  it('changes with every character', () => {
    expect(revisionOf('version: 1')).not.toBe(revisionOf('version: 1\n'));
  });
});
