// SPDX-License-Identifier: MIT
import type { Decision, Flow } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { aDeny } from './decision.fixture.ts';
import { PolicyWord } from './policy-word.ts';

const flow: Flow = {
  service: 'ssh',
  protocol: 'tcp',
  source: { address: '203.0.113.7' },
  sourcePort: 1,
  destination: '203.0.113.1',
  destinationPort: 22,
  interface: '',
};
const [ours, older] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
const answer = (revision: string, reason: Decision['reason'] = 'no_rule'): Decision =>
  aDeny({ revision, reason });

/** A policy that answers as it does at that time, in milliseconds since the first question. */
function setUp(at: (time: number) => Decision | undefined) {
  let [time, asked] = [0, 0];
  const word = new PolicyWord({
    decide: async () => {
      asked += 1;
      const decision = at(time);
      if (decision === undefined) throw new Error('nobody answers');
      return decision;
    },
    revision: () => ours,
    now: () => time,
    wait: async (milliseconds) => {
      time += milliseconds;
    },
  });
  return { word, waited: () => time, asked: () => asked };
}

describe("policy's word", () => {
  it('is taken at once from the revision in force', async () => {
    const { word, waited } = setUp(() => answer(ours));
    expect(await word.ask(flow)).toEqual(answer(ours));
    expect(waited()).toBe(0);
  });

  it.each([
    ['runs another revision', answer(older)],
    ['does not answer', undefined],
    ['does not know yet what was used', answer(ours, 'not_ready')],
  ])('is waited for while policy %s', async (_, early) => {
    const { word, waited } = setUp((time) => (time < 700 ? early : answer(ours)));
    expect(await word.ask(flow)).toEqual(answer(ours));
    expect(waited()).toBe(700);
    expect(word.isSilent).toBe(false);
  });

  it('is what policy said last when it never gets to our revision, and all questions together wait for that once', async () => {
    const { word, waited, asked } = setUp(() => answer(older));
    for (let i = 0; i < 10; i++) expect(await word.ask(flow)).toEqual(answer(older));
    expect(waited()).toBe(5_000);
    expect(asked()).toBe(51 + 9);
  });

  it('is none while policy does not know what was used', async () => {
    const { word } = setUp(() => answer(ours, 'not_ready'));
    expect(word.isUnready).toBe(false);
    expect(await word.ask(flow)).toBeUndefined();
    expect([word.isSilent, word.isUnready]).toEqual([false, true]);
  });

  it('is none about a service that another revision does not know', async () => {
    const { word } = setUp(() => answer(older, 'unknown_service'));
    expect(await word.ask(flow)).toBeUndefined();
    expect(word.isSilent).toBe(false);
  });

  it('is not asked for any more when nobody answered for five seconds', async () => {
    const { word, asked } = setUp(() => undefined);
    for (let i = 0; i < 10; i++) expect(await word.ask(flow)).toBeUndefined();
    expect(asked()).toBe(51);
    expect(word.isSilent).toBe(true);
  });
});
