// SPDX-License-Identifier: MIT
import type { Host } from '@nftoggle/lab';
import { type Measurement, rateOf } from './measurement.ts';
import type { Family, Network, Target } from './network.ts';
import { inTurn } from './rounds.ts';
import type { Scale } from './scale.ts';

interface Iperf3Report {
  readonly end: { readonly sum_received: { readonly bits_per_second: number } };
}

export async function startStreamServer(host: Host, port: number): Promise<void> {
  const server = host.start(['iperf3', '--server', '--port', String(port), '--forceflush']);
  await server.waitFor(/Server listening/, 5_000);
}

/** One TCP connection that carries as much as it can. */
export async function measureStream(
  network: Network,
  port: number,
  family: Family,
  scale: Scale,
): Promise<Measurement> {
  const measure = (target: Target): Promise<number> =>
    streamOnce(network, network.host(target)[family], port, scale.streamSeconds);
  const rates = await inTurn(['nftoggle', 'nothing'] as const, scale.streamRounds, measure);
  const name = `established TCP stream, ${family === 'ipv4' ? 'IPv4' : 'IPv6'}`;
  return rateOf(name, 'Gbit/s', rates, '≥ 0.98');
}

async function streamOnce(network: Network, address: string, port: number, seconds: number): Promise<number> {
  const argv = ['iperf3', '--client', address, '--port', String(port), '--time', String(seconds), '--json'];
  const { stdout } = await network.friend.run(argv, { timeoutMs: 20_000 });
  return (JSON.parse(stdout) as Iperf3Report).end.sum_received.bits_per_second / 1e9;
}
