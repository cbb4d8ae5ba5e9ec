// SPDX-License-Identifier: MIT
// What nftoggle costs, side by side with a plain C loop and with nothing. README.md says how it is measured.
//   run.ts [--quick] [--json FILE]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { labObstacles } from '@nftoggle/lab';
import { runBench } from './bench.ts';
import { measureStats } from './measure-stats.ts';
import { fullScale, quickScale } from './scale.ts';
import { formatReport } from './table.ts';
import { formatStats } from './table-stats.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
});
const obstacles = labObstacles();
if (obstacles.length > 0) {
  console.error(`the bench cannot run here: ${obstacles.join(', ')}`);
  process.exit(1);
}

const started = performance.now();
const scale = options.quick ? quickScale : fullScale;
const onStep = (step: string): void =>
  console.error(`${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s  ${step}`);
const report = await runBench(scale, onStep);
const stats = await measureStats(scale, onStep);
const file = options.json ?? fileURLToPath(new URL('results/latest.json', import.meta.url));
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ quick: options.quick, ...report, stats }, null, 2)}\n`);
console.log(`${formatReport(report)}\n\n${formatStats(stats)}`);
console.log(`\n${file}`);
