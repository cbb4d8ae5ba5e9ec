// SPDX-License-Identifier: MIT
// Clients that know how much they moved.
import type { Host } from '@nftoggle/lab';

/** One connection, or one exchange of datagrams. Sizes of payload in bytes; `up` is at least 10. */
export interface MeasuredUse {
  readonly service: string;
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly address: string;
  readonly port: number;
  readonly up: number;
  readonly down: number;
}

export interface Moved {
  readonly sent: number;
  readonly received: number;
  readonly problem: string | null;
}

export async function startMeasuredServer(host: Host, ports: readonly number[]): Promise<void> {
  const program = `${import.meta.dirname}/programs/measured-server.ts`;
  const child = host.start([process.execPath, program, '::', ...ports.map(String)]);
  await child.waitFor(/^listening$/, 15_000);
}

/** Resolves when all are done, with what each client counted. */
export async function useAll(
  host: Host,
  uses: readonly MeasuredUse[],
  atOnce = 20,
): Promise<readonly (MeasuredUse & Moved)[]> {
  const program = `${import.meta.dirname}/programs/measured-client.ts`;
  const { stdout } = await host.run([process.execPath, program, String(atOnce)], {
    input: JSON.stringify(uses),
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as MeasuredUse & Moved);
}
