// SPDX-License-Identifier: MIT
import { Allowances } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { currentUser } from '../client/current-user.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { type OutputFormat, outputWidth, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { allowancesPage } from '../render/allowances-page.ts';
import { durationText } from '../render/duration-text.ts';
import { bonusCommand } from '../render/grant-command.ts';
import { readDuration } from './duration-argument.ts';

export interface BonusOptions {
  readonly state?: string;
  readonly output: OutputFormat;
  readonly why?: string;
}

/** A bonus is for today, so more than a day is a mistake. */
const mostSeconds = 86_400;

/** More time for today, or less. */
export async function giveBonus(who: string, time: string, options: BonusOptions): Promise<void> {
  const seconds = readBonus(time);
  const { state, output, why } = options;
  const body = { who, seconds, by: currentUser(), ...(why === undefined ? {} : { why }) };
  const { socket } = resolvePaths({ state });
  const allowances = await askDaemon(socket, { method: 'POST', path: '/v1/bonus', body }, Allowances);
  const paint = paintFor(process.stdout);
  const frame = { now: new Date(), width: outputWidth(), paint };
  printAnswer(output, allowances, () =>
    [
      paint('green', bonusSentence(who, seconds)),
      allowancesPage(allowances, frame),
      `undo: ${bonusCommand(who, -seconds)}`,
    ].join('\n\n'),
  );
}

function bonusSentence(who: string, seconds: number): string {
  return `${durationText(Math.abs(seconds))} ${seconds < 0 ? 'less' : 'more'} for ${who} today`;
}

/** `+15m`, `15m` and `-30m`; the true minus sign is what a typographer's keyboard writes. */
export function readBonus(text: string): number {
  const [, sign = '', rest = ''] = /^([+−-]?)(.*)$/s.exec(text) ?? [];
  const seconds = readDuration(rest);
  if (seconds > mostSeconds)
    throw new CommandError(exitCodes.usage, `a bonus is for today: ${rest} is more than a day`);
  return sign === '' || sign === '+' ? seconds : -seconds;
}
