// SPDX-License-Identifier: MIT
// Our nftables tables as seen from outside the interceptor, by the command `nft`: slow, and there when all
// else is not.
import { closeSync, openSync, readlinkSync } from 'node:fs';
import { spawnAndWait } from './spawn-and-wait.ts';

export const guardTable = 'nftoggle';
/** Left by `panic`: a living interceptor that sees it does not restore the guard. */
export const panicTable = 'nftoggle-panic';

/** The network namespace of a process. Stays usable after the process is gone, until it is closed. */
export class NetworkNamespace {
  /** Undefined where we are in it: to enter takes CAP_SYS_ADMIN, which a container that may guard need not have. */
  readonly #descriptor: number | undefined;

  /** @throws when there is no such process, or it is not ours to look at */
  constructor(pid: number | 'self') {
    const path = `/proc/${pid}/ns/net`;
    const isOurs = readlinkSync(path) === readlinkSync('/proc/self/ns/net');
    this.#descriptor = isOurs ? undefined : openSync(path, 'r');
  }

  /** The names of the tables of family inet. */
  async listTables(): Promise<readonly string[]> {
    const { code, stdout, stderr } = await this.#nft(['list', 'tables', 'inet']);
    if (code !== 0) throw new Error(firstLine(stderr) || `nft ended with code ${code}`);
    return [...stdout.matchAll(/^table inet (\S+)$/gm)].map((match) => match[1] ?? '');
  }

  async deleteTable(name: string): Promise<void> {
    const { code, stderr } = await this.#nft(['delete', 'table', 'inet', name]);
    if (code !== 0) throw new Error(firstLine(stderr) || `nft ended with code ${code}`);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  #nft(args: readonly string[]): ReturnType<typeof spawnAndWait> {
    if (this.#descriptor === undefined) return spawnAndWait(['nft', ...args]);
    return spawnAndWait(['nsenter', '--net=/proc/self/fd/3', 'nft', ...args], [this.#descriptor]);
  }
}

/** Whether the guard is loaded here; undefined where we may not look. */
export async function isGuardLoaded(): Promise<boolean | undefined> {
  try {
    return (await new NetworkNamespace('self').listTables()).includes(guardTable);
  } catch {
    // Not root, or no nft: who asks has something else to say then.
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.trim() ?? '';
}
