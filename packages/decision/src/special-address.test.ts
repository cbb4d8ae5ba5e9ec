// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { decide } from './decide.ts';
import { aPolicy, aWorld } from './world.fixture.ts';

const policy = aPolicy(`
version: 1
services: { nas: { ports: [5000/tcp], deny: [{ from: any, not_countries: [DE] }], allow: [any] } }
`);

function decisionFor(address: string): string {
  return decide(policy, aWorld(), { service: 'nas', source: { address } }, 0).decision;
}

it.each([
  '10.1.2.3',
  '100.64.0.1',
  '240.0.0.1',
  '::1',
  'fe80::1',
  'fec0::1',
  '2001:2::1',
  '2001:10::1',
  '5f00::1',
])('nothing on the Internet has %s, so it is nowhere and no condition on countries is about it', (address) =>
  expect(decisionFor(address)).toBe('allow'),
);

it.each(['203.0.113.7', '2001:db8::1', '2001:0:4fc0:1::1', '2002:4fc0:1::1', '64:ff9b::4fc0:1'])(
  '%s may come from the Internet, of which nothing is known, so it is kept out',
  (address) => expect(decisionFor(address)).toBe('deny'),
);
