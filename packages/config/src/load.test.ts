// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { after, configOf, host, nas, problemsOf, type Row } from './load.fixture.ts';
import { type LoadResult, maxConfigBytes, parseConfig } from './load.ts';
import { formatNetwork } from './network.ts';

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
  vpn: [10.8.0.0/24, nas, lan, any, inner, leo, Tom.Dyn.Example., country:no, "asn:AS3320"]
  inner: [2001:db8:7::/48]
people:
  leo:
    role: child
    devices: [nas, nas]
    allowance: { daily: 2h, weekly: 10h, uncharged: [sat 10:00-12:00], warn_before: [2m, 10m], services: [files, files] }
  ann: { devices: nas }
services:
  files:
    ports: [445/tcp, 3478-3480/udp]
    to: nas
    interfaces: [eth0, eth0]
    open_for: 1h30m
    at_end: keep
    fallback: allow
    deny: [192.0.2.66]
    allow: [vpn, { from: [nas, 192.0.2.7] }, { from: lan }]
kernel: { queue: 0, mark_mask: 0xff00, ipv6_prefix: 56 }
limits: { held: 2, waking: 1, known_per_second: 2, strangers_per_second: 3, stranger_per_minute: 4, sessions: 5 }
metering: { tick: 1m, idle_bytes: 0, day_starts: "04:00" }
geo: { countries: /etc/nftoggle/mine.mmdb, asn: /etc/nftoggle/asn.mmdb }
dns: { servers: [192.168.1.1, "[2001:db8::53]:5353", "127.0.0.1:5300", 2001:db8::53] }
`);
    expect(config).toMatchObject({
      version: 1,
      timezone: 'Europe/Berlin',
      mode: 'watch',
      node: 'attic',
      kernel: { queue: 0, markMask: 0xff00, ipv6Prefix: 56 },
      limits: {
        held: 2,
        waking: 1,
        knownPerSecond: 2,
        strangersPerSecond: 3,
        strangerPerMinute: 4,
        sessions: 5,
      },
      metering: { tick: 60, idleBytes: 0, dayStarts: 14_400 },
      geo: { countries: '/etc/nftoggle/mine.mmdb', asn: '/etc/nftoggle/asn.mmdb' },
      dns: {
        servers: ['192.168.1.1:53', '[2001:db8::53]:5353', '127.0.0.1:5300', '[2001:db8::53]:53'],
      },
    });
    expect(config.people.get('leo')).toEqual({
      name: 'leo',
      role: 'child',
      devices: ['nas'],
      allowance: {
        daily: 7_200,
        weekly: 36_000,
        monthly: null,
        uncharged: { weekly: [{ days: [6], from: 36_000, to: 43_200 }], except: [], also: [] },
        warnBefore: [600, 120],
      },
      counts: ['files'],
    });
    expect(config.people.get('ann')).toEqual({
      name: 'ann',
      role: 'member',
      devices: ['nas'],
      allowance: null,
      counts: null,
    });
    expect(config.lan.map(formatNetwork).at(-1)).toBe('100.64.0.0/10');
    expect(config.devices.get('nas')).toMatchObject({ name: 'nas', macs: ['00:11:32:aa:bb:cc'], wake: null });
    expect(config.devices.get('nas')?.addresses.map(formatNetwork)).toEqual(['192.168.1.20', '2001:db8::20']);
    expect(config.groups.get('vpn')?.map((source) => source.kind)).toEqual([
      'network',
      'device',
      'lan',
      'any',
      'group',
      'person',
      'name',
      'country',
      'asn',
    ]);
    expect(config.groups.get('vpn')?.slice(-4)).toEqual([
      { kind: 'person', person: 'leo' },
      { kind: 'name', name: 'tom.dyn.example' },
      { kind: 'country', country: 'NO' },
      { kind: 'asn', asn: 3320 },
    ]);
    expect(config.services.get('files')).toMatchObject({
      ports: [
        { protocol: 'tcp', from: 445, to: 445 },
        { protocol: 'udp', from: 3478, to: 3480 },
      ],
      to: ['nas'],
      wakes: true,
      forward: null,
      direction: 'in',
      interfaces: ['eth0'],
      openFor: 5_400,
      atEnd: 'keep',
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
        waking: 1024,
        knownPerSecond: 2000,
        strangersPerSecond: 200,
        strangerPerMinute: 12,
        sessions: 65_536,
      },
      metering: { tick: 15, idleBytes: 1024, dayStarts: 0 },
      geo: { countries: null, asn: null },
      dns: { servers: [] },
    });
    expect(config.lan.map(formatNetwork)).toEqual([
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '169.254.0.0/16',
      'fc00::/7',
      'fe80::/10',
    ]);
    expect([config.devices, config.groups, config.people, config.services].map((map) => map.size)).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('services in the order of the file, names of digits among them', () => {
    const names = ['web', '80', 'b', '7'].map((name, i) => `  ${name}: { ports: [${i + 1}/tcp] }`);
    expect([...configOf(after('services:', ...names)).services.keys()]).toEqual(['web', '80', 'b', '7']);
  });

  it.each([
    ['a service that nobody may use', after('services: { a: { ports: [1/tcp], allow: [] } }')],
    [
      'sections whose lines are all commented out',
      after('devices:', 'groups:', '#  vpn: []', 'people:', 'services:', 'lan:', 'metering:', 'geo:', 'dns:'),
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
    '1:1: "hello" is here, where a block of keys belongs. Its keys are version, timezone, mode, node, lan, devices, groups, people, services, kernel, limits, metering, geo, dns, hooks, stats.',
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
