// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Guarded, portStretches } from './port-map.ts';

const lastPort = 40;
const aRange = fc
  .tuple(fc.constantFrom('tcp' as const, 'udp' as const), fc.nat(lastPort), fc.nat(lastPort))
  .map(([protocol, a, b]) => ({ protocol, from: Math.min(a, b), to: Math.max(a, b) }));
const guards = fc
  .array(fc.array(aRange, { maxLength: 4 }), { maxLength: 5 })
  .map((all): Guarded<number>[] => all.map((ports, value) => ({ ports, value })));

/** What guards one port, found the slow way. */
function guardsOf(guarded: readonly Guarded<number>[], protocol: 'tcp' | 'udp', port: number): number[] {
  return guarded
    .filter(({ ports }) => ports.some((r) => r.protocol === protocol && r.from <= port && port <= r.to))
    .map(({ value }) => value);
}

describe('portStretches', () => {
  it('gives every port of both protocols what guards it, in the order given, and each port once', () => {
    fc.assert(
      fc.property(guards, (guarded) => {
        const stretches = portStretches(guarded);
        for (const protocol of ['tcp', 'udp'] as const) {
          for (let port = 0; port <= lastPort + 1; port++) {
            const covering = stretches.filter(
              (s) => s.protocol === protocol && s.from <= port && port <= s.to,
            );
            expect(covering.length).toBeLessThanOrEqual(1);
            expect(covering[0]?.values ?? []).toEqual(guardsOf(guarded, protocol, port));
          }
        }
      }),
    );
  });

  it('reaches the last port', () => {
    const guarded = [{ ports: [{ protocol: 'tcp' as const, from: 65_000, to: 65_535 }], value: 'x' }];
    expect(portStretches(guarded)).toEqual([{ protocol: 'tcp', from: 65_000, to: 65_535, values: ['x'] }]);
  });

  it('is empty for nothing', () => {
    expect(portStretches([])).toEqual([]);
  });
});
