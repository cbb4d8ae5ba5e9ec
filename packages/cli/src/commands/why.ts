// SPDX-License-Identifier: MIT
import { Explanation } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { type OutputFormat, printJson, printLine } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { explanationPage } from '../render/explanation-page.ts';

export interface WhyOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

/** Allow and deny are answers alike: both end with code 0. */
export async function explainDecision(source: string, service: string, options: WhyOptions): Promise<void> {
  const { socket } = resolvePaths({ state: options.state });
  const query = new URLSearchParams({ source, service });
  const explanation = await askDaemon(socket, `/v1/why?${query}`, Explanation);
  if (options.output === 'json') printJson(process.stdout, explanation);
  else printLine(process.stdout, explanationPage(explanation, new Date(), paintFor(process.stdout)));
}
