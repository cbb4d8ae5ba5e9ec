// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { costBetween, formatCosts, lookAt, type ProcessLook, statFields } from './process-cost.ts';

const look: ProcessLook = { started: 7, ticks: 100, wakeUps: 1_000, threads: 11, pss: 40_960 };

test('fields are counted from behind the name, whatever that is', () => {
  const stat = '42 (a b) c)) S 1 42 42 0 -1 4194560 10 0 0 0 250 50 0 0 20 0 11 0 977 1 2';
  expect(statFields(stat)).toEqual({ ticks: 300, started: 977 });
});

test('costs are for each second between two looks, memory is that of the last', () => {
  const after = { ...look, ticks: 130, wakeUps: 1_600, pss: 51_200 };
  expect(costBetween('api', 42, look, after, 60)).toEqual({
    name: 'api',
    pid: 42,
    threads: 11,
    pss: 51_200,
    cpu: 0.5,
    wakeUps: 10,
  });
});

test('a process that was started anew meanwhile has no cost', () => {
  const other = { ...look, started: 8 };
  expect(() => costBetween('api', 42, look, other, 60)).toThrow('api (42) was started anew meanwhile');
});

test('a real process that works, and then rests, is seen to', async () => {
  const program =
    'const end = Date.now() + 500; while (Date.now() < end); console.log(1); setInterval(() => {}, 1e8)';
  const child = spawn(process.execPath, ['--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = child.pid ?? 0;
  try {
    const begin = lookAt(pid);
    await once(child.stdout, 'data');
    const worked = lookAt(pid);
    await sleep(300);
    const rested = lookAt(pid);
    expect(worked.ticks - begin.ticks).toBeGreaterThan(5);
    expect(rested.ticks - worked.ticks).toBeLessThan(worked.ticks - begin.ticks);
    expect(rested.started).toBe(begin.started);
    expect(rested.pss).toBeGreaterThan(4_096);
    expect(rested.threads).toBeGreaterThan(1);
  } finally {
    child.kill('SIGKILL');
  }
});

test('the table ends with all of them together', () => {
  const cost = { name: 'api', pid: 42, threads: 11, pss: 40_960, cpu: 0.25, wakeUps: 2 };
  expect(formatCosts([cost, { ...cost, name: 'wol', pid: 43 }]).split('\n')).toEqual([
    '                        pid      threads memory (PSS)  of one core   wake-ups/s',
    'api                      42           11      40.0 MB       0.25 %          2.0',
    'wol                      43           11      40.0 MB       0.25 %          2.0',
    'together                              22      80.0 MB       0.50 %          4.0',
  ]);
});
