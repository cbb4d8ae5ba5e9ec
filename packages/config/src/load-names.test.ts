// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { after, nas, problemsOf, type Row } from './load.fixture.ts';

const home = 'devices: { console: { mac: 00:11:32:aa:bb:cc }, tablet: { mac: 00:11:32:aa:bb:cd } }';

/** A file whose line 9 is one entry of `allow`. */
function source(text: string): string {
  const others = ['groups: { vpn: [10.8.0.0/24] }', 'people: { leo: { devices: console } }'];
  return after(home, ...others, 'services:', '  s:', '    ports: [1/tcp]', '    allow:', `      - ${text}`);
}

/** A file whose line 5 is a person. */
function person(text: string): string {
  const others = ['groups: { kids: [console] }', 'services: { minecraft: { ports: [1/tcp] } }'];
  return after(home, ...others, `people: { leo: ${text} }`);
}

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
    '2:15: groups.a[0]: "grandmother" is not known. Write an address, a network, a DNS name, the name of a device, group or person, "country:XX", "lan" or "any".',
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
  [
    'a person with a slip',
    source('loe'),
    '9:9: services.s.allow[0]: "loe" is not known. Did you mean the person "leo"?',
  ],
  [
    'an autonomous system by the name that it has elsewhere',
    source('AS3320'),
    '9:9: services.s.allow[0]: "AS3320" is not known. Did you mean "asn:3320"?',
  ],
  [
    'a country without its word',
    source('DE'),
    '9:9: services.s.allow[0]: "DE" is not known. Did you mean "country:DE"?',
  ],
  [
    'a country with a slip in its word',
    source('contry:DE'),
    '9:9: services.s.allow[0]: "contry:DE" is not known. Did you mean "country:DE"?',
  ],
  [
    'a country with a capital',
    source('Country:DE'),
    '9:9: services.s.allow[0]: "Country:DE" is not known. Did you mean "country:DE"?',
  ],
  [
    'a country after a space',
    source('country: DE'),
    '9:9: services.s.allow[0]: "country:" with a space after it reads as a key. Write "country:DE".',
  ],
  [
    'a country that has another code',
    source('country:UK'),
    '9:9: services.s.allow[0]: "UK" is not a country code. Did you mean GB?',
  ],
  [
    'a country by its name',
    source('country:germny'),
    '9:9: services.s.allow[0]: "germny" is not a country code. Did you mean DE?',
  ],
  [
    'what is no country',
    source('country:XX'),
    '9:9: services.s.allow[0]: "XX" is not a country code. Write two letters as in ISO 3166-1, such as DE or FR.',
  ],
  [
    'many countries',
    source('country:EU'),
    '9:9: services.s.allow[0]: "EU" is not a country code. The EU is many countries: write the code of each.',
  ],
  [
    'an autonomous system without a database',
    source('asn:3320'),
    '9:9: services.s.allow[0]: There is no database that knows these numbers. Add one: geo: { asn: /etc/nftoggle/asn.mmdb }',
  ],
  [
    'an autonomous system 0',
    after('geo: { asn: /a.mmdb }', 'groups: { a: [asn:0] }'),
    '3:15: groups.a[0]: "0" is not the number of a network (ASN). They go from 1 to 4294967295.',
  ],
  [
    'an autonomous system too high',
    source('asn:4294967296'),
    '9:9: services.s.allow[0]: "4294967296" is not the number of a network (ASN). They go from 1 to 4294967295.',
  ],
  [
    'an autonomous system by its name',
    source('asn:telekom'),
    '9:9: services.s.allow[0]: "telekom" is not the number of a network (ASN). Write it like asn:3320.',
  ],
  [
    'something else before a colon',
    source('console:22'),
    '9:9: services.s.allow[0]: "console:22" is not known. Before ":" there can be country or asn.',
  ],
  [
    'two sources in one',
    source('leo vpn'),
    '9:9: services.s.allow[0]: "leo vpn" is several sources. Write a list: [leo, vpn].',
  ],
  [
    'a host with an underscore',
    source('my_host.example'),
    '9:9: services.s.allow[0]: "my_host.example" is not a DNS name. Names of hosts have no "_": check how the name is written.',
  ],
  [
    'a host with a space',
    source('my host.example'),
    '9:9: services.s.allow[0]: "my host.example" is not a DNS name. Remove the space, or make an entry of each name.',
  ],
  [
    'hosts by a wildcard',
    source('"*.dyn.example"'),
    '9:9: services.s.allow[0]: "*.dyn.example" is not a DNS name. Write each name in full: there is no way to look up a wildcard.',
  ],
  [
    'a host with its port',
    source('tom.dyn.example:25565'),
    '9:9: services.s.allow[0]: "tom.dyn.example:25565" is not a DNS name. Write the name alone: tom.dyn.example.',
  ],
  [
    'a URL',
    source('https://tom.dyn.example/'),
    '9:9: services.s.allow[0]: "https://tom.dyn.example/" is not a DNS name. Write the name alone: tom.dyn.example.',
  ],
  [
    'a host in letters of its own',
    source('müller.example'),
    '9:9: services.s.allow[0]: "müller.example" is not a DNS name. Write it as xn--mller-kva.example.',
  ],
  [
    'a host with an empty part',
    source('tom..example'),
    '9:9: services.s.allow[0]: "tom..example" is not a DNS name. Write letters, digits and "-" with dots between them, such as tom.dyn.example.',
  ],
  [
    'a host of one word',
    source('localhost'),
    '9:9: services.s.allow[0]: "localhost" is not known. Write an address, a network, a DNS name, the name of a device, group or person, "country:XX", "lan" or "any".',
  ],
  [
    'an address with a wildcard',
    source('"192.168.1.*"'),
    '9:9: services.s.allow[0]: "192.168.1.*" is not an address or network. Write an address, such as 192.0.2.7 or 2001:db8::7, or a network, such as 192.0.2.0/24.',
  ],
  [
    'an address with a letter',
    source('192.168.1.x'),
    '9:9: services.s.allow[0]: "192.168.1.x" is not an address or network. Write an address, such as 192.0.2.7 or 2001:db8::7, or a network, such as 192.0.2.0/24.',
  ],
  [
    'a person called lan',
    after('people: { lan: { devices: console } }', home),
    '2:11: people.lan: "lan" has a meaning of its own. Choose another name.',
  ],
  [
    'one name for three things',
    after('people:', '  nas: { devices: nas }', 'groups: { nas: [lan] }', nas),
    '4:11: groups.nas: "nas" is also the name of a person (line 3). Rename one of them.',
    '5:12: devices.nas: "nas" is also the name of a person (line 3). Rename one of them.',
  ],
  [
    'to: a person',
    after(home, 'people: { leo: { devices: console } }', 'services: { a: { ports: [1/tcp], to: leo } }'),
    '4:38: services.a.to: "leo" is a person. Write the names of devices: to: [nas, camera].',
  ],
  [
    'a person without devices',
    person('{ role: child }'),
    '5:11: people.leo.devices: This key is missing. Add it, such as devices: [console, tablet]',
  ],
  [
    'a person with no devices',
    person('{ devices: [] }'),
    '5:27: people.leo.devices: The list is empty. Write at least one entry, such as [console, tablet]',
  ],
  [
    'a device of a person with a slip',
    person('{ devices: [consle, tablet] }'),
    '5:28: people.leo.devices[0]: There is no device "consle". Did you mean the device "console"?',
  ],
  [
    'a device of a person that is not there',
    person('{ devices: xbox }'),
    '5:27: people.leo.devices: There is no device "xbox". Add it under "devices".',
  ],
  [
    'a group for a device of a person',
    person('{ devices: kids }'),
    '5:27: people.leo.devices: "kids" is a group. Write the names of devices: devices: [console, tablet].',
  ],
  [
    'a person for a device of a person',
    person('{ devices: leo }'),
    '5:27: people.leo.devices: "leo" is a person. Write the names of devices: devices: [console, tablet].',
  ],
  [
    'an unknown role',
    person('{ devices: console, role: chld }'),
    '5:42: people.leo.role: "chld" is not possible here. Did you mean "child"?',
  ],
  [
    'a role like no other',
    person('{ devices: console, role: grandfather }'),
    '5:42: people.leo.role: "grandfather" is not possible here. Write admin or parent or member or child.',
  ],
  [
    'a service that counts, with a slip',
    person('{ devices: console, allowance: { daily: 1h, services: [minecraft, mincraft] } }'),
    '5:82: people.leo.allowance.services[1]: There is no service "mincraft". Did you mean the service "minecraft"?',
  ],
  [
    'a service that counts and is not there',
    person('{ devices: console, allowance: { daily: 1h, services: chess } }'),
    '5:70: people.leo.allowance.services: There is no service "chess". Write names that are under "services".',
  ],
  [
    'no service that counts',
    person('{ devices: console, allowance: { daily: 1h, services: [] } }'),
    '5:70: people.leo.allowance.services: The list is empty. Write at least one entry, such as [minecraft]',
  ],
];

describe('parseConfig refuses', () => {
  it.each(nameRows)('a wrong name: %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});
