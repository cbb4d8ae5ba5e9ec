// SPDX-License-Identifier: MIT

/** Aborted when whoever reads our output has had enough (`| head`): that is an end like any other, and no fault. */
export function endOfReading(stream: NodeJS.WriteStream = process.stdout): AbortSignal {
  const ended = new AbortController();
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    ended.abort();
  });
  return ended.signal;
}

/** Aborted by the first Ctrl-C. The second one ends the process as it always does. */
export function interruption(): AbortSignal {
  const ended = new AbortController();
  process.once('SIGINT', () => ended.abort());
  return ended.signal;
}
