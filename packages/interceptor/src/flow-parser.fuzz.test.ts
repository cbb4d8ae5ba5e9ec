// SPDX-License-Identifier: MIT
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const native = fileURLToPath(new URL('../native/', import.meta.url));
const seconds = 20;
const hasClang = spawnSync('clang++', ['--version']).status === 0;

describe.skipIf(!hasClang)('the parser under a fuzzer (needs clang++)', () => {
  it(`has nothing that ASan, UBSan or its own checks find within ${seconds} seconds`, {
    timeout: 120_000,
  }, () => {
    execFileSync('make', ['-C', native, 'fuzz'], { stdio: 'pipe' });
    const { status, stderr } = spawnSync(`${native}fuzz/run.sh`, [`-max_total_time=${seconds}`], {
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath },
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(status, stderr.slice(-4_000)).toBe(0);
    const [, runs = '0'] = /number_of_executed_units:\s*(\d+)/.exec(stderr) ?? [];
    const [, covered = '?'] = /cov: (\d+)(?![\s\S]*cov: )/.exec(stderr) ?? [];
    console.info(`fuzzed the parser: ${runs} packets in ${seconds} s, ${covered} edges, no finding`);
    expect(Number(runs)).toBeGreaterThan(100_000);
  });
});
