// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { DenialCrowd } from './denial-crowd.ts';

const at = (first: number, last = first) => ({ first, last });

describe('DenialCrowd', () => {
  it('sums by service, and names what it knows the source of', () => {
    const crowd = new DenialCrowd();
    crowd.addSource('ssh', '192.0.2.1', 3, at(20));
    crowd.addSource('game', '192.0.2.1', 1, at(10, 30));
    crowd.addRefused('ssh', 5, at(40));
    crowd.addUnasked('web', 7, at(15, 25));
    expect(crowd.span).toEqual(at(10, 40));
    expect(crowd.take()).toEqual({
      ...at(10, 40),
      services: [
        { service: 'ssh', refused: 8, unasked: 0 },
        { service: 'game', refused: 1, unasked: 0 },
        { service: 'web', refused: 0, unasked: 7 },
      ],
      sources: 1,
      most: [
        { address: '192.0.2.1', service: 'ssh', count: 3 },
        { address: '192.0.2.1', service: 'game', count: 1 },
      ],
    });
  });

  it('is empty once it was taken', () => {
    const crowd = new DenialCrowd();
    crowd.addSource('ssh', '192.0.2.1', 3, at(20));
    crowd.take();
    expect(crowd.span).toBeUndefined();
    expect(crowd.take()).toBeUndefined();
    crowd.addSource('game', '192.0.2.2', 1, at(50));
    expect(crowd.take()).toEqual({
      ...at(50),
      services: [{ service: 'game', refused: 1, unasked: 0 }],
      sources: 1,
      most: [{ address: '192.0.2.2', service: 'game', count: 1 }],
    });
  });

  it('counts no more sources than it has room for, and every packet', () => {
    const crowd = new DenialCrowd();
    for (let n = 0; n < 70_000; n++) crowd.addSource('ssh', `2001:db8::${n.toString(16)}`, 1, at(0));
    for (let n = 0; n < 500; n++) crowd.addSource('ssh', '192.0.2.1', 1, at(0));
    const counted = crowd.take();
    expect(counted).toMatchObject({ sources: 65_536, services: [{ service: 'ssh', refused: 70_500 }] });
    expect(counted?.most[0]).toEqual({ address: '192.0.2.1', service: 'ssh', count: 500 });
  });
});
