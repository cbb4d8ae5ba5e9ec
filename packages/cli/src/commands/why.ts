// SPDX-License-Identifier: MIT
import { type ExplainRequest, Explanation } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { type OutputFormat, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { explanationPage } from '../render/explanation-page.ts';

export interface WhyOptions {
  readonly state?: string;
  readonly output: OutputFormat;
  readonly at?: string;
  readonly config?: string;
}

/** Allow and deny are answers alike: both end with code 0. */
export async function explainDecision(source: string, service: string, options: WhyOptions): Promise<void> {
  const { state, output, at, config } = options;
  const request: ExplainRequest = { source, service, ...(at === undefined ? {} : { at }) };
  const now = new Date();
  const paint = paintFor(process.stdout);
  if (config === undefined) {
    const explanation = await askDaemon(resolvePaths({ state }).socket, question(request), Explanation);
    printAnswer(output, explanation, () => explanationPage(explanation, { now, paint }));
    return;
  }
  const { answer, notes } = await explainOffline(config, request, now);
  printAnswer(output, { ...answer, notes }, () => explanationPage(answer, { now, paint, notes }));
}

function question({ source, service, at }: ExplainRequest): { readonly path: string } {
  const query = new URLSearchParams({ source, service, ...(at === undefined ? {} : { at }) });
  return { path: `/v1/why?${query}` };
}

async function explainOffline(file: string, request: ExplainRequest, now: Date) {
  // Only here, so that who asks the daemon does not wait for it.
  const [{ askOffline }, { explain }] = await Promise.all([
    import('./offline.ts'),
    import('@nftoggle/decision'),
  ]);
  return askOffline<Explanation>(file, ({ policy, world }) => explain(policy, world, request, now.getTime()));
}
