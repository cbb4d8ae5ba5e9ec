// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { noAccounts } from './refusal.ts';
import { aPolicy } from './world.fixture.ts';

const policy = aPolicy(`
version: 1
devices:
  console: { mac: 02:00:00:00:01:40 }
  tv: { address: 192.168.1.9 }
  nas: { address: 192.168.1.20 }
people:
  leo: { devices: [console, tv], allowance: { daily: 2h } }
  mia: { devices: [tv], allowance: { daily: 1h } }
  ada: { devices: [nas] }
services: { play: { ports: [3478/udp], direction: out, allow: [lan] } }
`);

it.each([
  [
    'console',
    'Nothing limits "console" to an allowance of its own. It counts toward that of "leo": ask about "leo".',
  ],
  [
    'tv',
    'Nothing limits "tv" to an allowance of its own. ' +
      'It counts toward that of "leo" and "mia": ask about "leo" and "mia".',
  ],
  ['nas', 'Nothing limits "nas" to an allowance.'],
  ['ada', 'Nothing limits "ada" to an allowance.'],
])('who asks what limits %s learns whose allowance it is', (who, message) => {
  expect(noAccounts(policy, who)).toEqual({ error: 'no_allowance', message });
});
