// SPDX-License-Identifier: MIT
import type { Host, Peer } from '@nftoggle/lab';

export interface UdpPush {
  /** Whose datagrams reached the program, in order of arrival. */
  readonly heard: readonly Peer[];
  /** Resolves when it has pushed that many more datagrams to each of them. */
  pushed(count: number): Promise<void>;
}

/** A server that goes on sending to everybody it ever heard from. */
export async function startUdpPush(host: Host, port: number): Promise<UdpPush> {
  const child = host.start([process.execPath, `${import.meta.dirname}/programs/udp-push.ts`, String(port)]);
  await child.waitFor(/^listening$/, 15_000);
  const lines = (): readonly { readonly heard?: Peer; readonly pushed?: number }[] =>
    child.output.filter(({ text }) => text.startsWith('{')).map(({ text }) => JSON.parse(text));
  const rounds = (): number => lines().reduce((last, { pushed = 0 }) => Math.max(last, pushed), 0);
  return {
    get heard() {
      return lines().flatMap(({ heard }) => (heard === undefined ? [] : [heard]));
    },
    pushed: async (count) => {
      const goal = rounds() + count;
      const done = await child.waitUntil(() => (rounds() >= goal ? true : undefined), 20_000);
      if (done !== true) throw new Error(`the server pushes too slowly: ${rounds()} of ${goal} rounds`);
    },
  };
}
