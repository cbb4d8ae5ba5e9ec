// SPDX-License-Identifier: MIT
// What the lab's servers have in common: they say `listening`, then one JSON object for each thing seen.
import type { Server } from 'node:net';

export function announce(seen: Readonly<Record<string, string>>): void {
  console.log(JSON.stringify(seen));
}

/** "address port"; an IPv4 client of a dual-stack socket is shown as what it is. */
export function peerOf(address: string | undefined, port: number | undefined): string {
  return `${(address ?? '?').replace(/^::ffff:/, '')} ${port ?? 0}`;
}

export function listenOnAll(create: () => Server, address: string, ports: readonly string[]): void {
  let missing = ports.length;
  for (const port of ports) {
    create().listen({ host: address, port: Number(port), backlog: 4096 }, () => {
      missing -= 1;
      if (missing === 0) console.log('listening');
    });
  }
}
