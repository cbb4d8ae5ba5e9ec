// SPDX-License-Identifier: MIT
import { SystemStatus } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { type OutputFormat, printJson, printLine } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { statusPage } from '../render/status-page.ts';

export interface StatusOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

export async function showStatus({ state, output }: StatusOptions): Promise<void> {
  const status = await askDaemon(resolvePaths({ state }).socket, '/v1/status', SystemStatus);
  if (output === 'json') printJson(process.stdout, status);
  else printLine(process.stdout, statusPage(status, new Date(), paintFor(process.stdout)));
}
