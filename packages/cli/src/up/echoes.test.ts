// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { Echoes } from './echoes.ts';

it('knows the words that another daemon said within two seconds', () => {
  const echoes = new Echoes();
  expect(echoes.has('interceptor', 'line 3 is wrong', 0)).toBe(false);
  expect(echoes.has('policy', 'line 3 is wrong', 100)).toBe(true);
  expect(echoes.has('api', 'line 3 is wrong', 2_000)).toBe(true);
  expect(echoes.has('api', 'line 3 is wrong', 2_001)).toBe(false);
});

it('lets a daemon repeat itself, and others say something else', () => {
  const echoes = new Echoes();
  expect(echoes.has('policy', 'no answer', 0)).toBe(false);
  expect(echoes.has('policy', 'no answer', 1)).toBe(false);
  expect(echoes.has('api', 'no bus', 2)).toBe(false);
});
