// SPDX-License-Identifier: MIT
// Runs tests inside a virtual machine and brings their results out.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { anyGuestTest, type GuestFile, guestFiles, type Suite } from './kernels.ts';

const root = join(import.meta.dirname, '../..');
/** Of the console, in characters. */
const lastWords = 6_000;

/** vitest's JSON report, as far as it is read here. */
const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});
type FileReport = z.infer<typeof Report>['testResults'][number];

/** What became of a machine, and of the tests in it. */
export interface GuestRun {
  readonly suite: Suite;
  /** Everything that its console printed. */
  readonly console: string;
  /** How it ended, when that was not with a report of the tests. */
  readonly problem: string | undefined;
  readonly reports: readonly FileReport[];
}

/**
 * Boots the stock kernel of a release and runs all guest files on it, one after the other. Never rejects for what
 * happens in the machine. A machine that is not done after `deadlineMs` is switched off.
 */
export async function runGuest(suite: Suite, deadlineMs: number): Promise<GuestRun> {
  const exchange = join(root, '.cache/vm/exchange');
  mkdirSync(exchange, { recursive: true });
  const reportFile = join(exchange, 'report.json');
  rmSync(reportFile, { force: true });
  const bundle = join(exchange, 'bundle');
  rmSync(bundle, { recursive: true, force: true });
  execFileSync(process.execPath, [join(root, 'docker/bundle.ts'), bundle]);
  const files = guestFiles.map(({ file }) => file);
  const command = [join(root, 'test/vm/boot'), suite, 'test/vm/run-tests', anyGuestTest, ...files];
  const machine = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, VM_EXCHANGE: exchange },
  });
  const { console, ending } = await watch(machine, join(root, '.cache/vm', `${suite}.console`), deadlineMs);
  if (!existsSync(reportFile))
    return { suite, console, problem: `it ${ending} without a report`, reports: [] };
  const report = Report.parse(JSON.parse(readFileSync(reportFile, 'utf8')));
  return { suite, console, problem: undefined, reports: report.testResults };
}

async function watch(
  machine: ChildProcess,
  consoleFile: string,
  deadlineMs: number,
): Promise<{ console: string; ending: string }> {
  let console = '';
  writeFileSync(consoleFile, '');
  for (const stream of [machine.stdout, machine.stderr])
    stream?.on('data', (text: Buffer) => {
      console += text.toString();
      appendFileSync(consoleFile, text);
    });
  let ending = '';
  const deadline = setTimeout(() => {
    ending = `was switched off after ${deadlineMs / 1_000} s,`;
    machine.kill('SIGKILL');
  }, deadlineMs);
  const [code] = await once(machine, 'close');
  clearTimeout(deadline);
  return { console, ending: ending === '' ? `ended with ${code}` : ending };
}

/**
 * What is wrong with a file's tests: nothing when every one of them that was to run has passed, and there was one.
 * A test that was skipped is as wrong as one that failed.
 */
export function problemsOf(run: GuestRun, { file, tests }: GuestFile): readonly string[] {
  const lastSaid = `its console last said:\n${run.console.slice(-lastWords)}`;
  if (run.problem !== undefined) return [`the machine: ${run.problem}; ${lastSaid}`];
  const report = run.reports.find(({ name }) => name.endsWith(`/${file}`));
  if (report === undefined) return [`${file} did not run; ${lastSaid}`];
  const results = report.assertionResults.map(({ ancestorTitles, title, ...result }) => ({
    ...result,
    name: [...ancestorTitles, title].join(' > '),
  }));
  const wanted = results.filter(({ name }) => tests.test(name));
  if (wanted.length === 0) return [`no test of ${file} ran: ${report.message}; ${lastSaid}`];
  return wanted
    .filter(({ status }) => status !== 'passed')
    .map(({ name, status, failureMessages }) => `${status}: ${name}\n${failureMessages?.join('\n') ?? ''}`);
}
