// SPDX-License-Identifier: MIT
import { GrantList } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { type OutputFormat, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { grantsPage } from '../render/grants-page.ts';

export interface GrantsOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

/** Scripts get the list alone: `[]` where none is open. */
export async function listGrants({ state, output }: GrantsOptions): Promise<void> {
  const list = await askDaemon(resolvePaths({ state }).socket, { path: '/v1/grants' }, GrantList);
  printAnswer(output, list.grants, () => grantsPage(list, new Date(), paintFor(process.stdout)));
}
