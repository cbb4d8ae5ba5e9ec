// SPDX-License-Identifier: MIT
import { GrantList } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { currentUser } from '../client/current-user.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { type OutputFormat, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { grantsRevokedPage } from '../render/grants-revoked-page.ts';
import { forWhom } from '../render/source-text.ts';

export interface CloseOptions {
  readonly state?: string;
  readonly output: OutputFormat;
  readonly id?: string;
  readonly from?: string;
}

/** Ends grants before their time: one by its id, or those of a service. */
export async function closeService(service: string | undefined, options: CloseOptions): Promise<void> {
  const { socket } = resolvePaths({ state: options.state });
  const question = { method: 'DELETE', path: pathOf(service, options) } as const;
  const revoked = await askDaemon(socket, question, GrantList);
  if (revoked.grants.length === 0) throw nothingOpen(service ?? '', options.from);
  printAnswer(options.output, revoked.grants, () =>
    grantsRevokedPage(revoked, new Date(), paintFor(process.stdout)),
  );
}

function pathOf(service: string | undefined, { id, from }: CloseOptions): string {
  if ((service === undefined) === (id === undefined) || (id !== undefined && from !== undefined))
    throw new CommandError(
      exitCodes.usage,
      'say what to close: `nftoggle close SERVICE [--from SOURCE]`, or `nftoggle close --id ID`',
    );
  const by = currentUser();
  if (id !== undefined) return `/v1/grants/${encodeURIComponent(id)}?${new URLSearchParams({ by })}`;
  const source = from === undefined ? {} : { source: from };
  return `/v1/grants?${new URLSearchParams({ service: service ?? '', ...source, by })}`;
}

function nothingOpen(service: string, from: string | undefined): CommandError {
  const whom = from === undefined ? '' : ` (${forWhom(from)})`;
  return new CommandError(
    exitCodes.notFound,
    `no grant is open for ${service}${whom}; whom its rules allow may still come in: nftoggle why SOURCE ${service}`,
  );
}
