// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { CommandError, type ExitCode, exitCodes } from '../exit-codes.ts';
import { printLine } from '../output.ts';
import { projectRoot } from '../paths.ts';

const results = join(projectRoot, '.cache', 'test-results.json');

interface Totals {
  passed: number;
  failed: number;
}

/** Everything that CI runs: format, lint, types, and every test on the real kernel. */
export async function test(files: readonly string[]): Promise<ExitCode> {
  if (process.getuid?.() !== 0) {
    throw new CommandError(
      exitCodes.cannotStart,
      'the tests make network namespaces and need root: run them with sudo',
    );
  }
  const totals: Totals = { passed: 0, failed: 0 };
  if (files.length === 0) {
    await runStep(totals, 'format and lint', ['biome', 'check', '.']);
    await runStep(totals, 'types', ['tsc', '--noEmit']);
  }
  await runVitest(totals, files);
  printLine(process.stdout, `\n${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed === 0 ? exitCodes.ok : exitCodes.failed;
}

async function runStep(totals: Totals, name: string, argv: readonly string[]): Promise<void> {
  printLine(process.stdout, `\n── ${name}`);
  if ((await runTool(argv)) === 0) totals.passed += 1;
  else totals.failed += 1;
}

async function runVitest(totals: Totals, files: readonly string[]): Promise<void> {
  printLine(process.stdout, '\n── tests');
  mkdirSync(join(projectRoot, '.cache'), { recursive: true });
  rmSync(results, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const code = await runTool(['vitest', 'run', ...reporters, ...files]);
  const { passed, failed, unrun } = readResults();
  totals.passed += passed;
  // A file that could not be loaded, a test that was skipped, and a run that died are no passes.
  totals.failed += failed + unrun + (code !== 0 && failed + unrun === 0 ? 1 : 0);
  if (unrun > 0) printLine(process.stdout, `${unrun} tests were not run: they count as failed`);
}

function readResults(): Totals & { readonly unrun: number } {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(results, 'utf8'),
    ) as Record<string, number>;
    const unrun = (numPendingTests ?? 0) + (numTodoTests ?? 0);
    return { passed: numPassedTests ?? 0, failed: numFailedTests ?? 0, unrun };
  } catch {
    // No results file: vitest ended before it could write one.
    return { passed: 0, failed: 0, unrun: 1 };
  }
}

function runTool([tool = '', ...args]: readonly string[]): Promise<number | null> {
  // The tools' own launchers look for `node` on the path, and must find the one we run on.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` };
  const file = join(projectRoot, 'node_modules', '.bin', tool);
  const child = spawn(file, args, { cwd: projectRoot, stdio: 'inherit', env });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  });
}
