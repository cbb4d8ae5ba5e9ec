// SPDX-License-Identifier: MIT
import { Schedule } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { type OutputFormat, outputWidth, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { schedulePage } from '../render/schedule-page.ts';

export interface ScheduleOptions {
  readonly state?: string;
  readonly output: OutputFormat;
  readonly days?: string;
  readonly config?: string;
}

const week = 7;
const mostDays = 31;

export async function showSchedule(subject: string, options: ScheduleOptions): Promise<void> {
  const { output, config } = options;
  const request = { subject, days: readDays(options.days) };
  if (config === undefined) {
    const schedule = await fromDaemon(request, options);
    printAnswer(output, schedule, () => page(schedule, []));
    return;
  }
  const { answer, notes } = await fromFile(config, request);
  printAnswer(output, { ...answer, notes }, () => page(answer, notes));
}

interface Request {
  readonly subject: string;
  readonly days: number;
}

function fromDaemon({ subject, days }: Request, { state }: ScheduleOptions): Promise<Schedule> {
  const query = new URLSearchParams({ subject, days: String(days) });
  return askDaemon(resolvePaths({ state }).socket, { path: `/v1/schedule?${query}` }, Schedule);
}

async function fromFile(file: string, request: Request) {
  // Only here, so that who asks the daemon does not wait for it.
  const [{ askOffline }, { schedule }] = await Promise.all([
    import('./offline.ts'),
    import('@nftoggle/decision'),
  ]);
  return askOffline<Schedule>(file, ({ policy, world }) => schedule(policy, world, request, Date.now()));
}

/** Made after the answer was: what is open now is open from the beginning of the page. */
function page(schedule: Schedule, notes: readonly string[]): string {
  const paint = paintFor(process.stdout);
  const drawn = schedulePage(schedule, { now: new Date(), width: outputWidth(), paint });
  const told = notes.map((note) => `${paint('yellow', 'note:')} ${note}`).join('\n');
  return told === '' ? drawn : `${drawn}\n\n${told}`;
}

function readDays(text: string | undefined): number {
  if (text === undefined) return week;
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1 && days <= mostDays) return days;
  throw new CommandError(
    exitCodes.usage,
    `--days: ${JSON.stringify(text)} is not a number from 1 to ${mostDays}`,
  );
}
