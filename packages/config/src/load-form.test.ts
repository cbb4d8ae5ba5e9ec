// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { after, problemsOf, type Row } from './load.fixture.ts';

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
    '2:11: limits.colour: The key "colour" is not known. The keys here are held, waking, known_per_second, strangers_per_second, stranger_per_minute, sessions.',
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
    '3:3: devices.a: Nothing is here, where a block of keys belongs. Its keys are mac, address, wake.',
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
  [
    'a tick too long',
    after('metering: { tick: 2m }'),
    '2:19: metering.tick: "2m" is too long. The longest is 60s.',
  ],
  [
    'a tick of none',
    after('metering: { tick: 0s }'),
    '2:19: metering.tick: "0s" is too short. The shortest duration is 1s.',
  ],
  [
    'a tick without a unit',
    after('metering: { tick: 15 }'),
    '2:19: metering.tick: "15" is not a duration. Add the unit: "15s" for seconds, "15m" for minutes.',
  ],
  [
    'idle bytes below none',
    after('metering: { idle_bytes: -1 }'),
    '2:25: metering.idle_bytes: -1 is too small. Write a whole number from 0 to 1073741824.',
  ],
  [
    'a day that starts with a number',
    after('metering: { day_starts: 4 }'),
    '2:25: metering.day_starts: "4" is not a time of day. Write hours and minutes, such as 18:00.',
  ],
  [
    'a day that starts in the morning',
    after('metering: { day_starts: 4am }'),
    '2:25: metering.day_starts: "4am" is not a time of day. Write 04:00.',
  ],
  [
    'a day that starts at its end',
    after('metering: { day_starts: 24:00 }'),
    '2:25: metering.day_starts: "24:00" is only the end of a day. Write 00:00 for its beginning.',
  ],
  [
    'a database at a relative path',
    after('geo: { countries: mine.mmdb }'),
    '2:19: geo.countries: "mine.mmdb" is not a path from the root. Write the whole of it, such as /etc/nftoggle/mine.mmdb.',
  ],
  [
    'a database at home',
    after('geo: { asn: ~/asn.mmdb }'),
    '2:13: geo.asn: "~/asn.mmdb" is not a path from the root. Write the whole of it, such as /etc/nftoggle/asn.mmdb.',
  ],
  [
    'a directory of databases',
    after('geo: { countries: /etc/nftoggle/ }'),
    '2:19: geo.countries: "/etc/nftoggle/" is a directory. Write the path of the file.',
  ],
  [
    'a database of something else',
    after('geo: { city: /city.mmdb }'),
    '2:8: geo.city: The key "city" is not known. The keys here are countries, asn.',
  ],
  [
    'a DNS server by its name',
    after('dns: { servers: [dns.example] }'),
    '2:18: dns.servers[0]: "dns.example" is not the address of a DNS server. Write an address, such as 192.168.1.1, "192.168.1.1:5353" or "[2001:db8::53]:5353".',
  ],
  [
    'a DNS server at port 0',
    after('dns: { servers: ["192.168.1.1:0"] }'),
    '2:18: dns.servers[0]: "192.168.1.1:0" is out of range. Ports go from 1 to 65535.',
  ],
  [
    'a DNS server by HTTPS',
    after('dns: { servers: ["https://192.0.2.1/dns-query"] }'),
    '2:18: dns.servers[0]: "https://192.0.2.1/dns-query" is not the address of a DNS server. Write an address: DNS over TLS or HTTPS is not spoken here.',
  ],
  [
    'a DNS server on a link',
    after('dns: { servers: ["fe80::1%eth0"] }'),
    '2:18: dns.servers[0]: "fe80::1%eth0" is not the address of a DNS server. Leave out the interface: everything from "%" on.',
  ],
  [
    'one DNS server',
    after('dns: { servers: 192.168.1.1 }'),
    '2:17: dns.servers: "192.168.1.1" is here, where a list belongs. Write a list: [192.168.1.1].',
  ],
  [
    'what a service does at an end',
    after('services: { a: { ports: [1/tcp], at_end: stop } }'),
    '2:42: services.a.at_end: "stop" is not possible here. Write cut or keep.',
  ],
  [
    'a role for a group',
    after('groups: { kids: { role: child } }'),
    '2:17: groups.kids: A block of keys is here, where a list belongs. Write it like [10.8.0.0/24]',
  ],
];

describe('parseConfig refuses', () => {
  it.each(formRows)('a wrong form: %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});
