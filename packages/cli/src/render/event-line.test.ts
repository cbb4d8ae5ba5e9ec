// SPDX-License-Identifier: MIT
import { type EventType, eventTypes, nobody } from '@nftoggle/contracts';
import { expect, it } from 'vitest';
import { anEvent } from '../event.fixture.ts';
import { type Paint, plain } from '../paint.ts';
import { eventLine } from './event-line.ts';

const zone = 'Europe/Berlin';
type Event = Parameters<typeof eventLine>[0];
const told = (event: Event): string => eventLine(event, zone, plain).slice('18:40:05  '.length);

const sentences: { readonly [T in EventType]: string } = {
  session_started: "let in     minecraft: leo's console (192.168.1.30) until 20:00 (window closes)",
  session_ended:
    "ended      minecraft: leo's console (192.168.1.30) after 2 h 10 min: the window closed; in use for 35 min, 12 MB in, 450 MB out; 2 connections were cut",
  access_denied: 'refused    ssh: 203.0.113.66 (FR), 12 packets: no rule lets it in',
  denials_counted:
    'refused    ssh, minecraft: 1,204 more packets of 83 sources, the most from 203.0.113.9 (400); 44,100 packets dropped by the kernel unasked',
  ruleset_restored: 'guard      somebody removed our nftables table; it is back',
  grant_issued: 'grant      ada opened minecraft for everybody until 18:40: "homework done"',
  grant_extended: 'grant      ada left minecraft for everybody open until 18:40',
  grant_revoked: 'grant      ada closed minecraft for everybody, which was open until 18:40',
  grant_ended: 'grant      minecraft for everybody is not open any more: the time of the grant is over',
  allowance_low: 'allowance  leo has 10 min left until tomorrow 00:00',
  allowance_spent: 'allowance  leo has nothing left until tomorrow 00:00',
  allowance_changed: 'allowance  ada gave leo 15 min more for today',
  permissions_changed: 'policy     who may use minecraft is looked at again: a grant changed',
  clock_changed: 'clock      the clock is not trusted, so no window is open: it says 1970',
  wake_started: 'wake       nas is being woken for minecraft; that takes about 25 s',
  wake_ready: 'wake       nas is ready for minecraft after 12.4 s',
  wake_failed:
    'wake       nas was not ready for minecraft within 90 s: it does not answer ARP: is it plugged in?',
  hook_failed:
    'hook       phone did not get access_denied in 9 attempts: ntfy.example answered 503 (see: nftoggle hooks dead)',
  config_changed: 'config     policy goes by revision 3fa0c1d2e4b5 now',
  config_refused:
    'config     policy does not take revision 3fa0c1d2e4b5 and keeps its last good one: nftoggle.yml:3:1: "servces" is not known. Did you mean "services"?',
};

it.each(eventTypes)('tells %s in a sentence', (type) => {
  expect(eventLine(anEvent(type), zone, plain)).toBe(`18:40:05  ${sentences[type]}`);
});

it.each([
  [
    anEvent('session_started', 0, { who: nobody, covers: '2001:db8:7::/64', reason: 'grant_allows' }),
    'let in     minecraft: 2001:db8:7::/64 until 20:00 (window closes), by a grant',
  ],
  [
    anEvent('session_ended', 0, {
      cut: 1,
      reason: 'idle',
      use: { connections: 1, active: 40, from_source: null, to_source: null },
    }),
    "ended      minecraft: leo's console (192.168.1.30) after 2 h 10 min: nothing was connected any more; in use for 40 s; 1 connection was cut",
  ],
  [
    anEvent('access_denied', 0, {
      count: 1,
      who: { device: 'laptop', person: null, country: null },
      next_allowed: '2026-11-27T17:00:00Z',
      reason: 'outside_window',
      enforced: false,
    }),
    'refused    ssh: laptop (203.0.113.66): outside its window; allowed from Fri 18:00 on; it passed all the same (mode watch)',
  ],
  [
    anEvent('denials_counted', 0, {
      services: [{ service: 'ssh', refused: 0, unasked: 1 }],
      sources: 0,
      most: [],
    }),
    'refused    ssh: 1 packet dropped by the kernel unasked',
  ],
  [
    anEvent('allowance_changed', 0, { bonus: -1_800, why: 'late' }),
    'allowance  ada took 30 min from leo for today: "late"',
  ],
  [
    anEvent('permissions_changed', 0, { because: 'clock', services: null }),
    'policy     who may use any service is looked at again: the clock changed',
  ],
  [
    anEvent('clock_changed', 0, { trusted: true, problem: null }),
    'clock      the clock is trusted again: windows and allowances count',
  ],
  [anEvent('wake_started', 0, { expected: null }), 'wake       nas is being woken for minecraft'],
])('finds the words for what is less usual: %#', (event: Event, expected) => {
  expect(told(event)).toBe(expected);
});

it('tells what it does not know by its name', () => {
  const record = {
    id: 'x',
    time: '2026-11-23T17:40:05Z',
    type: 'moon_landed',
    source: '/nftoggle/gate/moon',
  };
  expect(told(record)).toBe('event      moon_landed, of /nftoggle/gate/moon');
  expect(told({ ...record, type: 'wake_ready', data: { height: 3 } })).toBe(
    'event      wake_ready, of /nftoggle/gate/moon',
  );
});

it('lets nobody else write to the terminal', () => {
  const problem = 'no\u001b]0;gotcha\u0007\n18:40:05  let in     ssh: everybody\u202e';
  const line = eventLine(anEvent('wake_failed', 0, { problem }), zone, plain);
  expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
});

it('breaks a long sentence between words where the terminal ends', () => {
  const lines = eventLine(anEvent('session_ended'), zone, plain, 80).split('\n');
  expect(lines).toHaveLength(3);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines[1]).toMatch(/^ {21}\S/);
});

it('colours the kind of thing, and times that are not asked for', () => {
  const tag: Paint = (format, text) => `<${format}>${text}</>`;
  expect(eventLine(anEvent('access_denied'), zone, tag)).toMatch(
    /^<dim>18:40:05<\/> {2}<red>refused {2}<\/> {2}ssh: /,
  );
});
