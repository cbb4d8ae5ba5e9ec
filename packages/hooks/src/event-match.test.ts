// SPDX-License-Identifier: MIT
import { parseNetwork, type Source } from '@nftoggle/config';
import { type CloudEvent, eventTypes, nobody } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { isFor } from './event-match.ts';
import { aDenial, aHook, anEvent, home } from './hook.fixture.ts';

const network = (text: string): Source => {
  const parsed = parseNetwork(text);
  if (parsed === null) throw new TypeError(text);
  return { kind: 'network', network: parsed };
};
const device = (name: string): Source => ({ kind: 'device', device: name });
const person = (name: string): Source => ({ kind: 'person', person: name });
const group = (name: string): Source => ({ kind: 'group', group: name });
const lan: Source = { kind: 'lan' };
const any: Source = { kind: 'any' };

const from = (address: string, more: object = {}) => aDenial({ source: { address, ...more } });
const byWho = (who: Partial<typeof nobody>) => aDenial({ who: { ...nobody, ...who } });
const grantFor = (source: string): CloudEvent => {
  const { data } = anEvent('grant_issued');
  return anEvent('grant_issued', { grant: { ...data.grant, source } });
};

const everything = { on: eventTypes };

describe('a filter of sources', () => {
  it.each<[string, CloudEvent, Source, boolean]>([
    ['an address in a network', from('203.0.113.9'), network('203.0.113.0/24'), true],
    ['an address beside it', from('203.0.114.9'), network('203.0.113.0/24'), false],
    ['an IPv6 address in a network', from('2001:db8:7:1::5'), network('2001:db8:7::/48'), true],
    ['IPv4 in IPv6 clothes', from('::ffff:203.0.113.9'), network('203.0.113.0/24'), true],
    ['the device that policy knew', byWho({ device: 'console' }), device('console'), true],
    ['another device', byWho({ device: 'nas' }), device('console'), false],
    [
      'a device by its hardware address',
      from('10.9.9.9', { mac: '0c:fe:45:12:34:57' }),
      device('laptop'),
      true,
    ],
    ['a device by its address', from('192.168.1.30'), device('console'), true],
    ['a device by its IPv6 address', from('2001:db8:1::30'), device('console'), true],
    ['its address on the provider side', from('192.168.1.30', { outside: true }), device('console'), false],
    ['a person by their device', from('192.168.1.30'), person('leo'), true],
    ['a person whom policy knew', byWho({ person: 'anna' }), person('anna'), true],
    ['another person', byWho({ person: 'anna' }), person('leo'), false],
    ['a member of a group', from('203.0.113.9'), group('friends'), true],
    ['a member of a group in a group', byWho({ device: 'laptop' }), group('friends'), true],
    ['nobody of a group', from('198.51.100.1'), group('friends'), false],
    ['the LAN', from('192.168.7.7'), lan, true],
    ['the LAN by IPv6', from('fe80::1'), lan, true],
    ['a private address on the provider side', from('192.168.7.7', { outside: true }), lan, false],
    ['the Internet', from('203.0.113.9'), lan, false],
    ['a country', byWho({ country: 'FR' }), { kind: 'country', country: 'FR' }, true],
    ['another country', byWho({ country: 'DE' }), { kind: 'country', country: 'FR' }, false],
    ['no country', aDenial(), { kind: 'country', country: 'FR' }, false],
    ['anybody', aDenial(), any, true],
    ['an event about nobody', anEvent('ruleset_restored'), any, false],
    ['one of many', anEvent('denials_counted'), network('203.0.113.66/32'), true],
    ['a grant for a device', grantFor('laptop'), device('laptop'), true],
    ['a grant for a group', grantFor('friends'), group('friends'), true],
    ['a grant for the LAN', grantFor('lan'), lan, true],
    ['a grant for a network', grantFor('203.0.113.64/28'), network('203.0.113.0/24'), true],
    ['a grant for a wider network', grantFor('203.0.0.0/16'), network('203.0.113.0/24'), false],
    ['a grant for what is no more', grantFor('toaster'), device('laptop'), false],
  ])('knows %s', (_, event, source, passes) => {
    expect(isFor(aHook({ ...everything, sources: [source] }), event, home)).toBe(passes);
  });
});

describe('a filter of people', () => {
  it.each<[string, CloudEvent, boolean]>([
    ['their device', byWho({ device: 'console' }), true],
    ['their address', from('2001:db8:1::30'), true],
    ['themselves', byWho({ person: 'leo' }), true],
    ['somebody else', byWho({ device: 'laptop', person: 'anna' }), false],
    ['their allowance', anEvent('allowance_low', { account: 'person.leo', who: 'leo' }), true],
    [
      'the allowance of their device',
      anEvent('allowance_spent', { account: 'service.minecraft.console', who: 'console' }),
      true,
    ],
    ["another's allowance", anEvent('allowance_low', { account: 'person.anna', who: 'anna' }), false],
    ['more time for them', anEvent('allowance_changed', { who: 'leo' }), true],
    ['a grant for them', grantFor('leo'), true],
    ['a grant for their device', grantFor('console'), true],
    ['a grant for another', grantFor('anna'), false],
    ['the machine', anEvent('clock_changed'), false],
  ])('knows %s', (_, event, passes) => {
    expect(isFor(aHook({ ...everything, people: ['leo'] }), event, home)).toBe(passes);
  });
});

describe('a filter of services', () => {
  it.each<[string, CloudEvent, boolean]>([
    ['the service', aDenial({ service: 'minecraft' }), true],
    ['another one', anEvent('access_denied', { service: 'ssh' }, { subject: 'ssh' }), false],
    ['one of several', anEvent('denials_counted'), true],
    ['a wake for it', anEvent('wake_failed', { by: 'minecraft' }), true],
    ['a wake by hand', anEvent('wake_failed', { by: 'anna' }), false],
    ['a grant for it', grantFor('leo'), true],
    ['an allowance of it', anEvent('allowance_low', { account: 'service.minecraft.leo' }), true],
    ["somebody's allowance of all", anEvent('allowance_low', { account: 'person.minecraft' }), false],
    ['no service', anEvent('ruleset_restored'), false],
  ])('knows %s', (_, event, passes) => {
    expect(isFor(aHook({ ...everything, services: ['minecraft'] }), event, home)).toBe(passes);
  });
});

describe('a hook', () => {
  it('hears what it is on, and nothing else', () => {
    expect(isFor(aHook({ on: ['access_denied'] }), aDenial(), home)).toBe(true);
    expect(isFor(aHook({ on: ['session_ended'] }), aDenial(), home)).toBe(false);
  });

  it('hears what passes all of its filters', () => {
    const both = { services: ['minecraft'], people: ['leo'] };
    const known = { ...nobody, person: 'leo' };
    expect(isFor(aHook(both), aDenial({ who: known }), home)).toBe(true);
    expect(isFor(aHook(both), aDenial(), home)).toBe(false);
    const ssh = anEvent('access_denied', { service: 'ssh', who: known }, { subject: 'ssh' });
    expect(isFor(aHook(both), ssh, home)).toBe(false);
  });

  it('never hears of its own failures, and hears of those of others', () => {
    const own = anEvent('hook_failed', { hook: 'phone' });
    expect(isFor(aHook(everything), own, home)).toBe(false);
    expect(isFor(aHook({ ...everything, name: 'other' }), own, home)).toBe(true);
  });

  it('without filters hears every event that it is on, of every type', () => {
    for (const type of eventTypes) {
      expect(isFor(aHook({ on: [type], name: 'other' }), anEvent(type), home), type).toBe(true);
    }
  });
});
