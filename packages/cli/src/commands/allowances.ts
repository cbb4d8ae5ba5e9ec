// SPDX-License-Identifier: MIT
import { Allowances } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { type OutputFormat, outputWidth, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { allowancesPage } from '../render/allowances-page.ts';

export interface AllowancesOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

export async function listAllowances(who: string | undefined, options: AllowancesOptions): Promise<void> {
  const { socket } = resolvePaths({ state: options.state });
  const query = who === undefined ? '' : `?${new URLSearchParams({ who })}`;
  const allowances = await askDaemon(socket, { path: `/v1/allowances${query}` }, Allowances);
  const frame = { now: new Date(), width: outputWidth(), paint: paintFor(process.stdout) };
  printAnswer(options.output, allowances, () => allowancesPage(allowances, frame));
}
