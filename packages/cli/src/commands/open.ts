// SPDX-License-Identifier: MIT
import { GrantIssued } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { currentUser } from '../client/current-user.ts';
import { type OutputFormat, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { grantIssuedPage } from '../render/grant-issued-page.ts';
import { readDuration } from './duration-argument.ts';

export interface OpenOptions {
  readonly state?: string;
  readonly output: OutputFormat;
  readonly for?: string;
  readonly until?: string;
  readonly from?: string;
  readonly why?: string;
}

const defaultTime = '30m';

/** Opens a service to a source for a while, or gives a grant that is open another end. */
export async function openService(service: string, options: OpenOptions): Promise<void> {
  const { state, output, until, from = 'any', why } = options;
  const end = until === undefined ? { seconds: readDuration(options.for ?? defaultTime) } : { until };
  const body = { service, source: from, ...end, by: currentUser(), ...(why === undefined ? {} : { why }) };
  const { socket } = resolvePaths({ state });
  const issued = await askDaemon(socket, { method: 'POST', path: '/v1/grants', body }, GrantIssued);
  printAnswer(output, issued, () => grantIssuedPage(issued, new Date(), paintFor(process.stdout)));
}
