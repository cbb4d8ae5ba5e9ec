// SPDX-License-Identifier: MIT
import { type Schedule, ScheduleReply } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { schedule } from './schedule.ts';
import { clockText } from './time-text.ts';
import { aGrant, aPolicy, aWorld, moment, type WorldParts } from './world.fixture.ts';

const zone = 'Europe/Berlin';
const policy = aPolicy(`
version: 1
timezone: ${zone}
devices:
  console: { mac: 0c:fe:45:12:34:56, address: 192.168.1.40 }
  tablet: { mac: 0c:fe:45:12:34:57 }
  nas: { address: 192.168.1.20 }
people:
  leo: { devices: [console, tablet], allowance: { daily: 2h, uncharged: [sat 10:00-12:00], services: [playstation] } }
groups:
  friends: [203.0.113.7]
services:
  playstation:
    ports: [3478/udp]
    deny: [{ from: leo, windows: [sun-thu 21:00-06:00] }]
    allow: [{ from: console, windows: [mon-fri 16:00-18:00, sat-sun 10:00-22:00] }]
  minecraft:
    ports: [25565/tcp]
    open_for: 1h
    deny: [{ from: any, windows: ["02:00-04:00"] }, { from: tablet, windows: ["12:00-13:00"] }, { from: any, countries: [RU] }]
    allow:
      - { from: [friends, "country:DE"], windows: [fri 18:00-03:00] }
      - { from: leo, expires: "2026-11-25T12:00" }
  ssh: { ports: [22/tcp], allow: [friends] }
  chat: { ports: [5222/tcp], deny: [tablet], allow: [{ from: lan, windows: ["08:00-20:00"] }] }
`);
/** Monday, 12:00. */
const now = moment('2026-11-23 12:00', zone);

function scheduled(subject: string, days: number, parts: WorldParts = {}, at = now): Schedule {
  const reply = schedule(policy, aWorld(parts), { subject, days }, at);
  expect(ScheduleReply.parse(reply)).toEqual(reply);
  return 'error' in reply ? expect.unreachable() : reply;
}

/** `minecraft console: 12:00-24:00 allow[1]`, with minutes where an allowance limits it. */
function rows({ days }: Schedule, day: number): readonly string[] {
  const { rows, to: end } = days[day] ?? expect.unreachable();
  return rows.map(({ service, source, spans }) => {
    const texts = spans.map(({ from, to, rule, allowance }) => {
      const until = to === end ? '24:00' : clockText(zone, Date.parse(to));
      const limit = allowance === null ? '' : ` ${allowance / 60}m`;
      return `${clockText(zone, Date.parse(from))}-${until} ${rule?.split('.').at(-1) ?? 'grant'}${limit}`;
    });
    return `${service} ${source}: ${texts.join(', ')}`.trim();
  });
}

describe('the schedule of a person', () => {
  it('tells of each device and each service that has a rule for it, from now on', () => {
    const week = scheduled('leo', 7);
    expect(week.days.map(({ date }) => date)).toEqual([
      '2026-11-23',
      '2026-11-24',
      '2026-11-25',
      '2026-11-26',
      '2026-11-27',
      '2026-11-28',
      '2026-11-29',
    ]);
    expect(rows(week, 0)).toEqual([
      'playstation console: 16:00-18:00 allow[0] 120m',
      'playstation tablet:',
      'minecraft console: 12:00-24:00 allow[1]',
      'minecraft tablet: 13:00-24:00 allow[1]',
      'chat console: 12:00-20:00 allow[0]',
      'chat tablet:',
    ]);
    expect(rows(week, 1)).toContain(
      'minecraft tablet: 00:00-02:00 allow[1], 04:00-12:00 allow[1], 13:00-24:00 allow[1]',
    );
    expect(rows(week, 2)).toContain('minecraft console: 00:00-02:00 allow[1], 04:00-12:00 allow[1]');
    expect(rows(week, 3)).toContain('minecraft console:');
  });

  it('tells what may be used: what is left of today, all of later days, and nothing where it is not charged', () => {
    const week = scheduled('leo', 7, { used: { 'person.leo': { '2026-11-23': 85 } } });
    expect(rows(week, 0)).toContain('playstation console: 16:00-18:00 allow[0] 35m');
    expect(rows(week, 1)).toContain('playstation console: 16:00-18:00 allow[0] 120m');
    expect(rows(week, 5)).toContain('playstation console: 10:00-12:00 allow[0], 12:00-22:00 allow[0] 120m');
    // Bedtime.
    expect(rows(week, 6)).toContain('playstation console: 10:00-21:00 allow[0] 120m');
  });

  it('has no access where the allowance is spent, but where it is not charged', () => {
    const used = { 'person.leo': { '2026-11-28': 120 } };
    const weekend = scheduled('leo', 2, { used }, moment('2026-11-28 09:00', zone));
    expect(rows(weekend, 0)).toContain('playstation console: 10:00-12:00 allow[0]');
    expect(rows(weekend, 1)).toContain('playstation console: 10:00-21:00 allow[0] 120m');
  });

  it('has grants in it', () => {
    const grants = [
      aGrant('ssh', 'leo', '2026-11-24T01:30+01:00'),
      aGrant('minecraft', 'leo', '2026-11-26T09:00+01:00'),
    ];
    const week = scheduled('leo', 4, { grants });
    expect(rows(week, 0)).toContain('ssh console: 12:00-24:00 grant');
    expect(rows(week, 1)).toContain('ssh console: 00:00-01:30 grant');
    expect(rows(week, 3)).toContain('minecraft console: 00:00-02:00 grant, 04:00-09:00 grant');
  });

  it('has nothing that depends on a clock that is not to be believed', () => {
    const week = scheduled('leo', 1, { clockProblem: 'it went back' });
    expect(rows(week, 0).every((row) => row.endsWith(':'))).toBe(true);
  });
});

describe('the schedule of a device', () => {
  it('is that of the device alone', () => {
    expect(rows(scheduled('nas', 1), 0)).toEqual(['minecraft nas:', 'chat nas: 12:00-20:00 allow[0]']);
  });

  it('is what decisions are, at every quarter of an hour', () => {
    const world = aWorld({ used: { 'person.leo': { '2026-11-23': 85 } } });
    const reply = schedule(policy, world, { subject: 'console', days: 8 }, now);
    if ('error' in reply) return expect.unreachable();
    const source = { address: '192.168.1.40', mac: '0c:fe:45:12:34:56' };
    const spans = reply.days.flatMap(({ rows }) =>
      rows.flatMap((row) => row.spans.map((span) => ({ ...span, service: row.service }))),
    );
    const end = Date.parse(reply.days.at(-1)?.to ?? '');
    for (const service of ['playstation', 'minecraft', 'ssh', 'chat']) {
      for (let at = now; at < end; at += 900_000) {
        const span = spans.find(
          ({ service: of, from, to }) => of === service && Date.parse(from) <= at && at < Date.parse(to),
        );
        const { decision, rule } = decide(policy, world, { service, source }, at);
        expect({ at: new Date(at), service, rule: span?.rule ?? null }).toEqual({
          at: new Date(at),
          service,
          rule: decision === 'allow' ? rule : null,
        });
      }
    }
  });
});

describe('the schedule of a service', () => {
  it('is what each source of each rule may, wherever it is, less what is denied to everybody', () => {
    const week = scheduled('minecraft', 6);
    expect(rows(week, 0)).toEqual([
      'minecraft friends:',
      'minecraft country:DE:',
      'minecraft leo: 12:00-24:00 allow[1]',
    ]);
    expect(rows(week, 4)).toEqual([
      'minecraft friends: 18:00-24:00 allow[0]',
      'minecraft country:DE: 18:00-24:00 allow[0]',
      'minecraft leo:',
    ]);
    expect(rows(week, 5)[0]).toBe('minecraft friends: 00:00-02:00 allow[0]');
  });
});

describe('an allowance whose day begins within a window', () => {
  it('is told for each of the days', () => {
    const nights = aPolicy(`
version: 1
timezone: ${zone}
metering: { day_starts: "04:00" }
services:
  video: { ports: [443/udp], allow: [{ from: any, windows: [20:00-08:00], allowance: { daily: 1h } }] }
`);
    const reply = schedule(nights, aWorld(), { subject: 'video', days: 2 }, now);
    expect('days' in reply ? rows(reply, 1) : null).toEqual([
      'video any: 00:00-04:00 allow[0] 60m, 04:00-08:00 allow[0] 60m, 20:00-24:00 allow[0] 60m',
    ]);
  });
});

describe('days on which the clock is changed', () => {
  it('have 23 and 25 hours, and say by how much', () => {
    const spring = scheduled('minecraft', 3, {}, moment('2026-03-28 00:00', zone));
    expect(spring.days.map(({ clockChange }) => clockChange)).toEqual([0, 3_600, 0]);
    expect(spring.days[1]).toMatchObject({
      from: '2026-03-28T23:00:00.000Z',
      to: '2026-03-29T22:00:00.000Z',
    });
    const autumn = scheduled('minecraft', 3, {}, moment('2026-10-24 00:00', zone));
    expect(autumn.days.map(({ clockChange }) => clockChange)).toEqual([0, -3_600, 0]);
    expect(autumn.days[1]).toMatchObject({
      from: '2026-10-24T22:00:00.000Z',
      to: '2026-10-25T23:00:00.000Z',
    });
    expect(rows(autumn, 1)).toContain('minecraft leo: 00:00-02:00 allow[1], 04:00-24:00 allow[1]');
  });
});

describe('a schedule', () => {
  it('is of a week where nobody says how many days', () => {
    const reply = schedule(policy, aWorld(), { subject: 'leo' }, now);
    expect('days' in reply && reply.days.length).toBe(7);
  });

  it('is refused for a name that is not known, with what was meant', () => {
    expect(schedule(policy, aWorld(), { subject: 'minecarft' }, now)).toEqual({
      error: 'unknown_name',
      message: '"minecarft" is no person, device or service. Did you mean the service "minecraft"?',
    });
  });

  it('leaves out later days rather than become too large for a message', () => {
    const windows = Array.from(
      { length: 24 },
      (_, hour) => `${`${hour}`.padStart(2, '0')}:00-${`${hour}`.padStart(2, '0')}:30`,
    );
    const allow = Array.from({ length: 20 }, (_, index) => ({ from: `10.0.0.${index}`, windows }));
    const large = aPolicy(
      JSON.stringify({ version: 1, timezone: 'UTC', services: { all: { ports: ['1/tcp'], allow } } }),
    );
    const reply = schedule(large, aWorld(), { subject: 'all', days: 31 }, moment('2026-11-23 00:00', 'UTC'));
    expect('days' in reply && reply.days.length).toBe(8);
    expect(JSON.stringify(reply).length).toBeLessThan(900_000);
  });
});
