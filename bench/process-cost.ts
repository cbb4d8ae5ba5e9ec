// SPDX-License-Identifier: MIT
// What a running process costs, as the kernel counts it.
import { readdirSync, readFileSync } from 'node:fs';

/** A process at one moment: proc_pid_stat(5), proc_pid_status(5), proc_pid_smaps(5). */
export interface ProcessLook {
  /** By which a process is known from a later one of the same number. */
  readonly started: number;
  /** User and system, all threads, in hundredths of a second (`sysconf(_SC_CLK_TCK)`). */
  readonly ticks: number;
  /** Times that a thread slept and was woken since its start; only of threads that live. */
  readonly wakeUps: number;
  readonly threads: number;
  /** Kilobytes; memory that several processes share counts for each of them by its share. What is swapped out, too. */
  readonly pss: number;
}

export interface ProcessCost {
  readonly name: string;
  readonly pid: number;
  readonly threads: number;
  /** Kilobytes, at the end. */
  readonly pss: number;
  /** Percent of one core. */
  readonly cpu: number;
  /** A second. */
  readonly wakeUps: number;
}

/** @throws when there is no such process, or it is not ours to look into */
export function lookAt(pid: number): ProcessLook {
  const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  const stat = read('stat');
  const threads = readdirSync(`/proc/${pid}/task`);
  return {
    ...statFields(stat),
    threads: threads.length,
    wakeUps: threads.reduce(
      (sum, thread) => sum + numberAfter(read(`task/${thread}/status`), 'voluntary_ctxt_switches'),
      0,
    ),
    pss: numberAfter(read('smaps_rollup'), 'Pss') + numberAfter(read('smaps_rollup'), 'SwapPss'),
  };
}

/** The name of the program stands in parentheses, and may hold any character, those too. */
export function statFields(stat: string): Pick<ProcessLook, 'ticks' | 'started'> {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  // From the third field on: utime and stime are the 14th and 15th, starttime the 22nd.
  return { ticks: (fields[11] ?? 0) + (fields[12] ?? 0), started: fields[19] ?? 0 };
}

/** @throws Error when the process is another one by now */
export function costBetween(
  name: string,
  pid: number,
  before: ProcessLook,
  after: ProcessLook,
  seconds: number,
): ProcessCost {
  if (before.started !== after.started) throw new Error(`${name} (${pid}) was started anew meanwhile`);
  const { threads, pss } = after;
  // One tick is a hundredth of a second, so ticks a second are percent.
  const cpu = (after.ticks - before.ticks) / seconds;
  return { name, pid, threads, pss, cpu, wakeUps: (after.wakeUps - before.wakeUps) / seconds };
}

/** One line for each process, and their sum. */
export function formatCosts(costs: readonly ProcessCost[]): string {
  const sum = (of: (cost: ProcessCost) => number): number => costs.reduce((all, cost) => all + of(cost), 0);
  const rows = costs.map(({ name, pid, threads, pss, cpu, wakeUps }) =>
    row([name, String(pid), String(threads), megabytes(pss), percent(cpu), wakeUps.toFixed(1)]),
  );
  const all = ['together', '', String(sum(({ threads }) => threads)), megabytes(sum(({ pss }) => pss))];
  const head = row(['', 'pid', 'threads', 'memory (PSS)', 'of one core', 'wake-ups/s']);
  return [
    head,
    ...rows,
    row([...all, percent(sum(({ cpu }) => cpu)), sum(({ wakeUps }) => wakeUps).toFixed(1)]),
  ].join('\n');
}

function numberAfter(text: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

const megabytes = (kilobytes: number): string => `${(kilobytes / 1_024).toFixed(1)} MB`;
const percent = (share: number): string => `${share.toFixed(2)} %`;

function row([name = '', ...cells]: readonly string[]): string {
  return name.padEnd(14) + cells.map((cell) => cell.padStart(13)).join('');
}
