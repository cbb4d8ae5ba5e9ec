// SPDX-License-Identifier: MIT
import { createServer } from 'node:net';
import { StartError } from '@nftoggle/daemon';

/**
 * One interceptor for each network namespace: two would fight over one table. Abstract unix sockets belong
 * to the network namespace and vanish with their process (unix(7)), so this lock leaves nothing behind.
 * @throws StartError when another interceptor has it
 */
export async function claimNamespace(): Promise<() => void> {
  const lock = createServer();
  await new Promise<void>((resolve, reject) => {
    lock.once('error', (cause) =>
      reject(
        new StartError(
          'another nftoggle guards this network namespace already: stop it first (`nftoggle down`)',
          {
            cause,
          },
        ),
      ),
    );
    lock.listen('\0nftoggle-interceptor', resolve);
  });
  lock.unref();
  return () => void lock.close();
}
