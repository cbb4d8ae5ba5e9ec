// SPDX-License-Identifier: MIT
// Somebody else's containers on the machine that nftoggle guards, with ports published as people publish them.
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Host, type RunResult, runCommand } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import type { Engine } from './engine.ts';
import { makeDirectory } from './machine.ts';
import { staticProgram } from './prepared.ts';

export const image = 'neighbour';
/** What the program in a container listens on, TCP and UDP, by default. */
export const innerPort = 80;

/** Puts the image of neighbours into an engine: one program, and nothing else. */
export async function importNeighbour(engine: Engine): Promise<void> {
  const root = makeDirectory(engine.machine.directory, 'neighbour');
  copyFileSync(await staticProgram('neighbour'), join(root, 'neighbour'));
  await runCommand(['tar', '-C', root, '-cf', `${root}.tar`, '.']);
  const command = ['ENTRYPOINT ["/neighbour"]', `CMD ["${innerPort}"]`];
  await engine.import(`${root}.tar`, image, ...command);
}

/** A network of containers that has IPv6, which Docker's own has not unless asked for: 172.30.0.0/24 and fd00:80::/64. */
export async function addNetwork(engine: Engine, name: string): Promise<void> {
  const subnets = ['--subnet', '172.30.0.0/24', '--subnet', 'fd00:80::/64'];
  await engine.docker(['network', 'create', '--ipv6', ...subnets, name]);
}

export interface Published {
  readonly port: number;
  readonly network?: string;
  readonly flags?: readonly string[];
}

/** Starts a neighbour whose TCP and UDP port are published on every address of the host. */
export async function startNeighbour(engine: Engine, name: string, published: Published): Promise<void> {
  const { port, network = 'bridge', flags = [] } = published;
  const ports = ['tcp', 'udp'].flatMap((protocol) => ['--publish', `${port}:${innerPort}/${protocol}`]);
  await engine.docker(['run', '--detach', '--name', name, '--network', network, ...ports, ...flags, image]);
  await eventually(async () => (await heard(engine, name)).includes('ready'));
}

/** What a neighbour said so far: `tcp PORT ADDRESS` of each connection, `udp PORT ADDRESS` of each datagram. */
export async function heard(engine: Engine, name: string): Promise<readonly string[]> {
  return (await engine.docker(['logs', name])).stdout.trimEnd().split('\n');
}

/** Whose packets came to a neighbour, each address once. */
export async function visitors(engine: Engine, name: string): Promise<ReadonlySet<string>> {
  const lines = (await heard(engine, name)).filter((line) => line !== 'ready');
  return new Set(lines.map((line) => line.split(' ')[2] ?? line));
}

/** Whether a program in the network of a container gets a TCP connection. */
export async function reachesFrom(
  engine: Engine,
  name: string,
  address: string,
  port: number,
): Promise<boolean> {
  const { stdout } = await engine.docker(['inspect', '--format', '{{.State.Pid}}', name]);
  const connecting = ['timeout', '3', 'bash', '-c', ': <>"/dev/tcp/$0/$1"', address, String(port)];
  const inside = ['nsenter', `--net=/proc/${stdout.trim()}/ns/net`, '--', ...connecting];
  return (await engine.machine.run(inside, { allowFailure: true })).code === 0;
}

/** A project of Compose: other people's services, in a directory of their own. */
export class Project {
  readonly #engine: Engine;
  readonly #file: string;

  constructor(engine: Engine, name: string, text: string) {
    this.#engine = engine;
    this.#file = join(makeDirectory(engine.machine.directory, 'projects', name), 'compose.yml');
    writeFileSync(this.#file, text);
  }

  compose(...argv: readonly string[]): Promise<RunResult> {
    return this.#engine.docker(['compose', '--file', this.#file, ...argv]);
  }
}

/** The address that a published program sees when `from` connects; undefined when nothing answers as it does. */
export async function seenAs(from: Host, address: string, port: number): Promise<string | undefined> {
  const { received } = await connect(from, { address, port, timeoutMs: 3_000, payload: 'hi' });
  return /^from (\S+)/.exec(received)?.[1];
}
