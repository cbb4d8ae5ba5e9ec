// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { decide } from './decide.ts';
import { aGrant, aPolicy, aWorld, moment } from './world.fixture.ts';

const zone = 'Europe/Berlin';
/** More deny windows in a row than are looked at without remembering. */
const hours = [10, 11, 12, 13, 14, 15].map((hour) => `{ from: any, windows: ["${hour}:00-${hour + 1}:00"] }`);
const policy = aPolicy(`
version: 1
timezone: ${zone}
services: { game: { ports: [1/tcp], deny: [${hours.join()}] } }
`);
const now = moment('2026-03-10 10:30', zone);

function nextAllowed(address: string, grants: ReturnType<typeof aGrant>[]): string | null {
  return decide(policy, aWorld({ grants }), { service: 'game', source: { address } }, now).next_allowed;
}

it('when a grant lets its own source in is not what another source is told', () => {
  const grants = [aGrant('game', '192.168.1.40', '2026-03-10T20:00:00Z')];
  expect(nextAllowed('192.168.1.40', grants)).toBe('2026-03-10T15:00:00.000Z');
  expect(nextAllowed('192.168.1.41', grants)).toBeNull();
});

it('a grant that ends before it could let anybody in is not remembered as one that does', () => {
  expect(
    nextAllowed('192.168.1.42', [aGrant('game', '192.168.1.42', '2026-03-10T20:00:00Z')]),
  ).not.toBeNull();
  expect(nextAllowed('192.168.1.42', [aGrant('game', '192.168.1.42', '2026-03-10T14:00:00Z')])).toBeNull();
});
