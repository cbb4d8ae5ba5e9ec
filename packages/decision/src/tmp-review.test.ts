import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from './decide.ts';
import { explain } from './explain.ts';
import { aGrant, aPolicy, aWorld, moment, answerText } from './world.fixture.ts';

const yaml = `
version: 1
timezone: Europe/Berlin
devices:
  a: { address: 192.168.1.40 }
  b: { address: 192.168.1.41 }
  c: { mac: "02:00:00:00:00:02" }
services:
  game:
    ports: [1/tcp]
    deny:
      - { from: any, windows: ["10:00-11:00"] }
      - { from: any, windows: ["11:00-12:00"] }
      - { from: any, windows: ["12:00-13:00"] }
      - { from: any, windows: ["13:00-14:00"] }
      - { from: any, windows: ["14:00-15:00"] }
      - { from: any, windows: ["15:00-16:00"] }
    allow: [c]
`;
it('memory: grants of one asker are not those of another', () => {
  const world = aWorld({ grants: [aGrant('game', 'a', '2026-03-10T20:00:00Z')] });
  const at = moment('2026-03-10 10:30', 'Europe/Berlin');
  const shared = aPolicy(yaml);
  const q = (address: string) => ({ service: 'game', source: { address } });
  const fresh = ['192.168.1.40', '192.168.1.41'].map((a) => answerText(decide(aPolicy(yaml), world, q(a), at), 'Europe/Berlin'));
  const same = ['192.168.1.40', '192.168.1.41'].map((a) => answerText(decide(shared, world, q(a), at), 'Europe/Berlin'));
  expect(same).toEqual(fresh);
});
it('why of an address', () => {
  const p = aPolicy(yaml);
  const e = explain(p, aWorld(), { service: 'game', source: '192.168.1.50' }, moment('2026-03-10 18:30', 'Europe/Berlin'));
  console.log((e as any).text);
});
const win = fc.constantFrom('10:00-11:00','11:00-12:00','12:00-13:00','13:00-14:00','14:00-15:00','15:00-16:00','16:00-18:00','22:00-03:00');
const opt = <T,>(a: fc.Arbitrary<T>) => fc.option(a, { nil: undefined });
const src = fc.constantFrom('any','lan','leo','a','country:DE','192.168.1.0/28');
it('shared policy answers as a fresh one', () => {
  let n = 0, far = 0;
  fc.assert(fc.property(
    fc.array(fc.record({ from: src, windows: fc.array(win,{minLength:1,maxLength:2}), countries: opt(fc.constant(['DE'])) }), { minLength: 4, maxLength: 8 }),
    fc.array(fc.record({ from: src, windows: opt(fc.array(win,{minLength:1,maxLength:2})), allowance: opt(fc.constantFrom({daily:'0s',uncharged:['16:00-18:00']},{daily:'1h'},{weekly:'2h'})) }), { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.constantFrom('192.168.1.40','192.168.1.41','192.168.1.3','203.0.113.9','198.51.100.9'), fc.nat(60*48), fc.constantFrom(undefined, true)), { minLength: 6, maxLength: 10 }),
    fc.array(fc.constantFrom('a','leo','lan','192.168.1.41'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('person.leo','service.game.any','service.game.lan'), fc.constantFrom({ '2026-03-10': 60 }, { '2026-03-10': 200 })),
    (deny, allow, asks, gs, used) => {
      const file = JSON.stringify({ version: 1, timezone: 'Europe/Berlin', devices: { a: { address: '192.168.1.40' }, b: { address: '192.168.1.41' } },
        people: { leo: { devices: ['a','b'], allowance: { daily: '1h' } } }, services: { game: { ports: ['1/tcp'], deny, allow } } });
      const world = aWorld({ used, places: { '203.0.113.0/24': 'DE' }, grants: gs.map((g, i) => aGrant('game', g, '2026-03-11T20:00:00Z', `aaaaaaa${i}`)) });
      const shared = aPolicy(file);
      for (const [address, min, outside] of asks) {
        const at = moment('2026-03-10 06:00', 'Europe/Berlin') + min * 60_000;
        const q = { service: 'game', source: outside ? { address, outside: true as const } : { address } };
        const one = decide(shared, world, q, at); const two = decide(aPolicy(file), world, q, at);
        n++; if (two.next_allowed) far++;
        expect(one).toEqual(two);
      }
    }), { numRuns: 400 });
  console.log(n, far);
});
