// SPDX-License-Identifier: MIT
// What services say of the devices that they lead to: whether to wake them, and whether to forward to them.
import { describe, expect, it } from 'vitest';
import { after, configOf, problemsOf, type Row } from './load.fixture.ts';

const home =
  'devices: { nas: { mac: 00:11:32:aa:bb:cc, address: 192.168.1.20, wake: true }, tv: { address: [192.168.1.21, "2001:db8::21"] } }';

/** A file whose lines from 5 on are keys of a service, from column 5 on. */
function service(keys: string): string {
  const lines = keys.split(', ').map((key) => `    ${key}`);
  return after(home, 'services:', '  a:', ...lines, '    ports: [25565/tcp]');
}

describe('services that lead to devices', () => {
  it.each([
    ['to: nas', true, null],
    ['to: nas, wake: true', true, null],
    ['to: nas, wake: false', false, null],
    ['to: tv', true, null],
    ['to: tv, wake: false', false, null],
    ['to: [nas,tv], wake: true', true, null],
    ['to: nas, forward: false', true, null],
    ['to: nas, forward: true', true, { masquerade: false }],
    ['to: [tv,tv], forward: {}', true, { masquerade: false }],
    ['to: nas, forward: { masquerade: true }', true, { masquerade: true }],
  ])('wake them, and are forwarded to them, as they say: %s', (keys, wakes, forward) => {
    expect(configOf(service(keys)).services.get('a')).toMatchObject({ wakes, forward });
  });

  it.each<Row>([
    [
      'nobody',
      service('wake: true'),
      '5:5: services.a.wake: "wake" is of services that lead to devices. Add "to:" and the name of the device that is to be woken, or remove the key.',
    ],
    [
      'nobody, on purpose',
      service('wake: false'),
      '5:5: services.a.wake: "wake" is of services that lead to devices. Add "to:" and the name of the device that is to be woken, or remove the key.',
    ],
    [
      'the Internet',
      service('direction: out, wake: true'),
      '6:5: services.a.wake: "wake" does not go with "direction: out". Remove one of the two.',
    ],
    [
      'a device that cannot be woken',
      service('to: tv, wake: true'),
      '6:5: services.a.wake: The device "tv" cannot be woken. Add "wake: true" to devices.tv, or remove the key here.',
    ],
    [
      'a device by its name',
      service('to: nas, wake: nas'),
      '6:11: services.a.wake: "nas" is here, where true or false belongs. Write true or false.',
    ],
    [
      'a device that is not there',
      service('to: nsa, wake: true'),
      '5:9: services.a.to: There is no device "nsa". Did you mean the device "nas"?',
    ],
  ])('cannot wake %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('cannot wake devices of which none can be woken', () => {
    const devices = 'devices: { x: { address: 10.0.0.1 }, y: { address: 10.0.0.2, wake: false } }';
    const text = after(devices, 'services: { a: { ports: [1/tcp], to: [x, y], wake: true } }');
    expect(problemsOf(text)).toEqual([
      '3:46: services.a.wake: None of its devices can be woken. Add "wake: true" to devices.x, or remove the key here.',
    ]);
  });

  it.each<Row>([
    [
      'to nobody',
      service('forward: true'),
      '5:5: services.a.forward: "forward" says nothing about where to. Add "to:" and the name of one device.',
    ],
    [
      'to two devices',
      service('to: [nas,tv], forward: {}'),
      '6:5: services.a.forward: "forward" leads to one device, and "to" names 2. Name one, or make a service of its own for each.',
    ],
    [
      'to the Internet',
      service('direction: out, forward: true'),
      '6:5: services.a.forward: "forward" does not go with "direction: out". Remove one of the two.',
    ],
    [
      'to a device without an address',
      after(
        'devices: { tv: { mac: 00:11:32:aa:bb:cc } }',
        'services: { a: { ports: [1/tcp], to: tv, forward: true } }',
      ),
      '3:38: services.a.to: The device "tv" has no address. Add "address:" to devices.tv.',
    ],
    [
      'in a way that is not known',
      service('to: nas, forward: { masquarade: true }'),
      '6:16: services.a.forward.masquarade: The key "masquarade" is not known. Did you mean "masquerade"?',
    ],
    [
      'in a way by its name',
      service('to: nas, forward: masquerade'),
      '6:14: services.a.forward: "masquerade" is here, where true or false belongs. Write true or false, or a block of keys: masquerade.',
    ],
    [
      'with half a truth',
      service('to: nas, forward: { masquerade: yes }'),
      '6:28: services.a.forward.masquerade: "yes" is here, where true or false belongs. Write true or false.',
    ],
  ])('cannot be forwarded %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});

function forwards(first: string, second: string): string {
  return after(
    home,
    'services:',
    `  a: { ports: [20-30/tcp], ${first} }`,
    `  b: { ports: [22/tcp], ${second} }`,
  );
}

describe('a service that is forwarded claims the ports of the box', () => {
  const taken = [
    '5:16: services.b.ports[0]: 22/tcp is guarded already, by 20-30/tcp of services.a (line 4). Leave the port to one of the two services.',
  ];

  it.each([
    ['one of the box', 'to: nas, forward: true', 'direction: in', taken],
    ['one of the box, the other way round', 'direction: in', 'to: nas, forward: true', taken],
    ['another one that is forwarded', 'to: nas, forward: true', 'to: tv, forward: true', taken],
    ['one of the same device', 'to: nas, forward: true', 'to: nas', taken],
    ['one of another device', 'to: nas, forward: true', 'to: tv', []],
    ['one that is not forwarded', 'to: nas, forward: false', 'direction: in', []],
    ['one that goes out', 'to: nas, forward: true', 'direction: out', []],
    [
      'one by another interface',
      'to: nas, forward: true, interfaces: [wan]',
      'direction: in, interfaces: [lan]',
      [],
    ],
  ])('beside %s', (_, first, second, problems) => {
    expect(problemsOf(forwards(first, second))).toEqual(problems);
  });
});

describe('packets that wait for devices', () => {
  it.each([
    ['limits: {}', 1_024],
    ['limits: { held: 1024 }', 512],
    ['limits: { held: 100 }', 50],
    ['limits: { held: 100, waking: 100 }', 100],
    ['limits: { waking: 4096 }', 4_096],
  ])('leave room for the others, unless the file says otherwise: %s', (text, waking) => {
    expect(configOf(after(text)).limits.waking).toBe(waking);
  });

  it.each<Row>([
    [
      'more than are held',
      after('limits: { waking: 200, held: 100 }'),
      '2:19: limits.waking: 200 is more than "held", which is 100. Write at most 100, or a bigger "held".',
    ],
    [
      'more than are held by default',
      after('limits: { waking: 5000 }'),
      '2:19: limits.waking: 5000 is more than "held", which is 4096. Write at most 4096, or a bigger "held".',
    ],
    [
      'none',
      after('limits: { waking: 0 }'),
      '2:19: limits.waking: 0 is too small. Write a whole number from 1 to 65536.',
    ],
  ])('cannot be %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});
