// SPDX-License-Identifier: MIT
import { SystemStatus } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { type OutputFormat, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { statusPage } from '../render/status-page.ts';

export interface StatusOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

export async function showStatus({ state, output }: StatusOptions): Promise<void> {
  const status = await askDaemon(resolvePaths({ state }).socket, { path: '/v1/status' }, SystemStatus);
  printAnswer(output, status, () => statusPage(status, new Date(), paintFor(process.stdout)));
}
