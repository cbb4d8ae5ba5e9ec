// SPDX-License-Identifier: MIT
import type { PortState } from '@nftoggle/lab';
import { expect, it } from 'vitest';
import { lookAgain, type Pair } from './many-scans.ts';

const states = (ports: Readonly<Record<number, PortState>>) =>
  new Map(Object.entries(ports).map(([port, state]) => [`192.0.2.1 ${port}`, state]));
const isFinal = (_: string, port: number): boolean => port === 22;

/** Answers that are given one after the other, and the ports that were asked about. */
function scripted(...answers: readonly Pair[]) {
  const asked: (readonly number[])[] = [];
  const scanBoth = (_: string, ports: readonly number[]): Promise<Pair> => {
    asked.push(ports);
    return Promise.resolve(answers[asked.length - 1] ?? [new Map(), new Map()]);
  };
  return { asked, scanBoth };
}

it('looks at nothing again that was the same, nor at what is final', async () => {
  const pair: Pair = [states({ 22: 'open', 80: 'closed' }), states({ 22: 'filtered', 80: 'closed' })];
  const { asked, scanBoth } = scripted();
  expect(await lookAgain(pair, isFinal, scanBoth)).toEqual(pair);
  expect(asked).toEqual([]);
});

it('believes the look at which both sides are the same', async () => {
  const pair: Pair = [
    states({ 22: 'open', 80: 'closed', 81: 'closed' }),
    states({ 22: 'filtered', 80: 'filtered', 81: 'closed' }),
  ];
  const missed: Pair = [states({ 80: 'filtered' }), states({ 80: 'closed' })];
  const same: Pair = [states({ 80: 'closed' }), states({ 80: 'closed' })];
  const { asked, scanBoth } = scripted(missed, same);
  expect(await lookAgain(pair, isFinal, scanBoth)).toEqual([
    states({ 22: 'open', 80: 'closed', 81: 'closed' }),
    states({ 22: 'filtered', 80: 'closed', 81: 'closed' }),
  ]);
  expect(asked).toEqual([[80], [80]]);
});

it('says that it differs when it still does after three looks', async () => {
  const pair: Pair = [states({ 80: 'closed' }), states({ 80: 'filtered' })];
  const { asked, scanBoth } = scripted(pair, pair, pair, pair);
  expect(await lookAgain(pair, isFinal, scanBoth)).toEqual(pair);
  expect(asked).toHaveLength(3);
});
