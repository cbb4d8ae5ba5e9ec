// SPDX-License-Identifier: MIT
import { CommandError, exitCodes } from '../exit-codes.ts';

/** Which part of the past is meant, in the words of the one who asks; the api reads them. */
export interface SpanOptions {
  readonly since?: string;
  readonly from?: string;
  readonly to?: string;
  readonly service?: string;
  readonly person?: string;
}

/** `since` and `from` are the same, for some say the one and some the other. */
export function spanQuery({ since, from, to, service, person }: SpanOptions): URLSearchParams {
  if (since !== undefined && from !== undefined)
    throw new CommandError(exitCodes.usage, '--since and --from say the same: give one of them');
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ from: since ?? from, to, service, person }))
    if (value !== undefined) query.set(name, value);
  return query;
}
