// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { StopSteps } from './stop.ts';

describe('StopSteps', () => {
  it('run newest first, each after the one before, and once however often they are asked', async () => {
    const ran: string[] = [];
    const steps = new StopSteps(() => ran.push('error'));
    steps.add('first', () => ran.push('first'));
    steps.add('second', async () => {
      await Promise.resolve();
      ran.push('second');
    });
    await Promise.all([steps.run(), steps.run()]);
    expect(ran).toEqual(['second', 'first']);
  });

  it('go on after a step that fails, and tell which it was', async () => {
    const failed: string[] = [];
    const ran: string[] = [];
    const steps = new StopSteps((name) => failed.push(name));
    steps.add('last', () => ran.push('last'));
    steps.add('broken', () => {
      throw new Error('broken');
    });
    await steps.run();
    expect({ failed, ran }).toEqual({ failed: ['broken'], ran: ['last'] });
  });
});
