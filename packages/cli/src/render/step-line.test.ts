// SPDX-License-Identifier: MIT
import type { WakeStep } from '@nftoggle/contracts';
import { expect, it } from 'vitest';
import { type Paint, plain } from '../paint.ts';
import { stepLine } from './step-line.ts';

function aStep(change: Partial<WakeStep> = {}): WakeStep {
  return { at: 300, step: 'path', ok: true, text: 'eth0 has 192.168.1.1', ...change };
}

it('stands in columns, whatever step comes next', () => {
  const steps: WakeStep[] = [
    aStep({ step: 'probe', ok: null, text: 'no answer within 300 ms' }),
    aStep({ at: 12_449.6 }),
    aStep({ at: 599_900, step: 'neighbour', ok: false, text: 'nobody answers for it' }),
  ];
  expect(steps.map((step) => stepLine(step, plain)).join('\n')).toBe(
    `  0.3 s  ·  probe      no answer within 300 ms
 12.4 s  ✓  path       eth0 has 192.168.1.1
599.9 s  ✗  neighbour  nobody answers for it`,
  );
});

it('goes on below itself where the terminal is narrow, and not in a pipe', () => {
  const text = 'is it plugged in, and is Wake-on-LAN switched on there?';
  const step = aStep({ step: 'advice', ok: null, text });
  expect(stepLine(step, plain, 58)).toBe(
    `  0.3 s  ·  advice     is it plugged in, and is
                       Wake-on-LAN switched on there?`,
  );
  expect(stepLine(step, plain)).toBe(`  0.3 s  ·  advice     ${text}`);
  expect(stepLine(step, plain, 40)).toBe(`  0.3 s  ·  advice     ${text}`);
});

it('colours what it says about the step, and advice', () => {
  const tagged: Paint = (format, text) => `<${format}>${text}</>`;
  expect(stepLine(aStep(), tagged)).toContain('<green>✓</>');
  expect(stepLine(aStep({ ok: false }), tagged)).toContain('<red>✗</>');
  expect(stepLine(aStep({ step: 'advice', ok: null, text: 'look' }), tagged)).toContain('<yellow>look</>');
});

it('lets nothing through that a terminal would obey', () => {
  expect(stepLine(aStep({ text: 'ended with 1: \u001b[2Jgone\nand more' }), plain)).toBe(
    '  0.3 s  ✓  path       ended with 1: \ufffd[2Jgone and more',
  );
});
