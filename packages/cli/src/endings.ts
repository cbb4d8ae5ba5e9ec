// SPDX-License-Identifier: MIT

import { exitCodes } from './exit-codes.ts';

/**
 * Aborted when whoever reads our output has had enough (`| head`): that is an end like any other, and no fault. What
 * cannot be written for another reason, such as a full disk, ends the command.
 */
export function endOfReading(stream: NodeJS.WriteStream = process.stdout): AbortSignal {
  const ended = new AbortController();
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return ended.abort();
    process.stderr.write(`nftoggle: the output cannot be written: ${message}\n`);
    process.exit(exitCodes.failed);
  });
  return ended.signal;
}

/** Aborted by the first Ctrl-C. The second one ends the process as it always does. */
export function interruption(): AbortSignal {
  const ended = new AbortController();
  process.once('SIGINT', () => ended.abort());
  return ended.signal;
}
