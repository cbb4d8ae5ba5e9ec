// SPDX-License-Identifier: MIT
import type { ChildProcess } from 'node:child_process';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long the output of a process that has ended may still be open. */
const DRAIN_MS = 500;

/**
 * Resolves when the process is gone and its output read. Node's own `close` waits for everybody who inherited
 * the output, daemons included; what is still open after a moment is theirs and is let go.
 */
export function endOf(child: ChildProcess): Promise<Exit> {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  child.once('exit', () => {
    const letGo = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, DRAIN_MS);
    child.once('close', () => clearTimeout(letGo));
  });
  child.once('close', (code, signal) => resolve({ code, signal }));
  return promise;
}
