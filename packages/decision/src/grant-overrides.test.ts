// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { grantOverrides } from './grant-overrides.ts';
import { aPolicy, aWorld, moment } from './world.fixture.ts';

const zone = 'Europe/Berlin';
const policy = aPolicy(`
version: 1
timezone: ${zone}
devices:
  console: { mac: 0c:fe:45:12:34:56, address: 192.168.1.40 }
  tablet: { mac: 0c:fe:45:12:34:57 }
  camera: { address: 192.168.1.66 }
people: { leo: { devices: [console, tablet] } }
groups: { friends: [203.0.113.7, 198.51.100.0/24], empty: [] }
services:
  minecraft:
    ports: [25565/tcp]
    deny:
      - 198.51.100.66
      - { from: tablet, windows: [mon-fri 20:00-22:00] }
      - { from: any, countries: [RU] }
    allow:
      - { from: console, windows: ["10:00-14:00"] }
      - { from: [leo, friends], windows: [mon-fri 16:00-18:00] }
  ssh: { ports: [22/tcp], deny: [camera], allow: [lan] }
  closed: { ports: [23/tcp], deny: [any] }
`);
const world = aWorld({ places: { '203.0.113.0/24': 'DE', '192.0.2.0/24': 'RU' } });
/** Monday. */
const effect = (service: string, source: string, at = '2026-11-23 12:00', until?: string) =>
  grantOverrides(
    policy,
    world,
    service,
    source,
    moment(at, zone),
    until === undefined ? undefined : moment(until, zone),
  );

const stands = 'all the same: a grant opens no deny rule.';

describe('who issues a grant', () => {
  it('learns which rule it overrides', () => {
    expect(effect('minecraft', '203.0.113.7').overrides).toBe('services.minecraft.allow[1]');
    expect(effect('minecraft', 'friends').overrides).toBe('services.minecraft.allow[1]');
    expect(effect('minecraft', 'tablet').overrides).toBe('services.minecraft.allow[1]');
    expect(effect('minecraft', 'console', '2026-11-23 15:00').overrides).toBe('services.minecraft.allow[0]');
  });

  it('learns that none does, because none is for the source or it is let in anyway', () => {
    expect(effect('minecraft', '203.0.113.8')).toEqual({ overrides: null, because: null, notes: [] });
    expect(effect('minecraft', 'console')).toEqual({
      overrides: null,
      because: null,
      notes: ['services.minecraft.allow[0] lets it in now anyway.'],
    });
    expect(effect('ssh', '192.168.1.9').notes).toEqual(['services.ssh.allow[0] lets it in now anyway.']);
  });

  it('learns of a deny rule that stands', () => {
    expect(effect('closed', '203.0.113.7').notes).toEqual([`services.closed.deny[0] refuses it ${stands}`]);
    expect(effect('minecraft', '198.51.100.66').notes).toEqual([
      `services.minecraft.deny[0] refuses it ${stands}`,
    ]);
    expect(effect('minecraft', '192.0.2.9').notes).toEqual([
      `services.minecraft.deny[2] refuses it ${stands}`,
    ]);
    expect(effect('ssh', 'camera').notes[0]).toContain('lets it in now anyway');
    expect(effect('ssh', 'camera').notes[1]).toBe(`services.ssh.deny[0] refuses it ${stands}`);
  });

  it('learns of one that is for a part of the source only', () => {
    expect(effect('minecraft', 'friends').notes).toContain(
      `services.minecraft.deny[0] may refuse some of it ${stands}`,
    );
    expect(effect('minecraft', 'leo').notes).toContain(
      `services.minecraft.deny[1] may refuse some of it from 20:00 on ${stands}`,
    );
    expect(effect('ssh', 'any').notes).toEqual([`services.ssh.deny[0] may refuse some of it ${stands}`]);
  });

  it('learns of one that begins to stand before the grant ends', () => {
    expect(effect('minecraft', 'tablet').notes).toEqual([
      `services.minecraft.deny[1] refuses it from 20:00 on ${stands}`,
    ]);
    expect(effect('minecraft', 'tablet', '2026-11-23 21:00').notes).toEqual([
      `services.minecraft.deny[1] refuses it ${stands}`,
    ]);
    expect(effect('minecraft', 'tablet', '2026-11-23 12:00', '2026-11-23 19:00').notes).toEqual([]);
    expect(effect('minecraft', 'tablet', '2026-11-23 12:00', '2026-11-23 20:30').notes).toHaveLength(1);
  });

  it('learns nothing of a service or source that there is not', () => {
    expect(effect('telnet', 'leo')).toEqual({ overrides: null, because: null, notes: [] });
    expect(effect('minecraft', 'grandpa')).toEqual({ overrides: null, because: null, notes: [] });
    expect(effect('minecraft', 'empty')).toEqual({ overrides: null, because: null, notes: [] });
  });
});
