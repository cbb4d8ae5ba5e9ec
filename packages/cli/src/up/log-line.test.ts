// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { formatLogLine, parseLogLine } from './log-line.ts';

describe('a line of a log', () => {
  it.each<[string, number, string, string?]>([
    ['{"level":40,"time":1,"name":"policy","msg":"bus: disconnected"}', 40, 'bus: disconnected'],
    [
      '{"level":60,"err":{"message":"EADDRINUSE"},"msg":"could not start"}',
      60,
      'could not start: EADDRINUSE',
      'EADDRINUSE',
    ],
    ['{"level":50,"err":{"message":"same"},"msg":"same"}', 50, 'same', 'same'],
    ['[12] 2026/11/23 04:55:38.000000 [INF] Server is ready', 30, 'Server is ready'],
    ['[12] 2026/11/23 04:55:38.000000 [FTL] no such file', 60, 'no such file'],
    ['[12] 2026/11/23 04:55:38.000000 [WRN] Readloop is slow', 40, 'Readloop is slow'],
    ['TypeError: x is not a function', 40, 'TypeError: x is not a function'],
    ['{"level":"high"}', 40, '{"level":"high"}'],
    ['{half of a line', 40, '{half of a line'],
  ])('is understood: %s', (text, level, message, cause) => {
    expect(parseLogLine(text)).toEqual({ level, message, cause });
  });

  it('is shown with its time, its process and its level, further lines below the message', () => {
    const noon = new Date(2026, 0, 1, 12, 3, 4);
    expect(formatLogLine('policy', { level: 40, message: 'one\ntwo' }, noon)).toBe(
      '12:03:04 policy      WARN  one\n                           two',
    );
  });
});
