// SPDX-License-Identifier: MIT
import type { Host } from './namespace.ts';
import { scriptArgv } from './program.ts';
import { type ServiceOptions, startProgram, type TcpService, tcpService } from './services.ts';

export interface MinecraftOptions extends ServiceOptions {
  /** What the server list shows. */
  readonly motd: string;
  /** Who may join. Default: everybody. */
  readonly players?: readonly string[];
}

/** A Minecraft server (Java Edition, offline) that speaks the real protocol up to the login. */
export async function startMinecraftServer(host: Host, options: MinecraftOptions): Promise<TcpService> {
  const players = options.players?.join(',') ?? '*';
  return tcpService(await startProgram(host, 'minecraft-server', [options.motd, players], options));
}

export interface VisitOptions {
  readonly address: string;
  readonly port: number;
  /** Of the player. */
  readonly name: string;
  /** Of each of the two connections, from beginning to end. Default: 30 s. */
  readonly timeoutMs?: number;
}

/** What a player saw who looked at the server list and then joined; two connections, each tried once. */
export interface Visit {
  readonly status: {
    readonly connectMs: number;
    readonly motd: string;
    readonly version: string;
    readonly pingMs: number;
  } | null;
  readonly login: {
    readonly connectMs: number;
    readonly profile: { readonly name: string; readonly uuid: string } | null;
    /** What the server said who sent the player away. */
    readonly refusal: string | null;
  } | null;
  /** Such as ECONNREFUSED or ETIMEDOUT; null when both came to their end. */
  readonly problem: string | null;
}

export async function visitMinecraft(host: Host, options: VisitOptions): Promise<Visit> {
  const { address, port, name, timeoutMs = 30_000 } = options;
  const argv = scriptArgv('minecraft-client', [address, String(port), name, String(timeoutMs)]);
  const { stdout } = await host.run(argv, { timeoutMs: 2 * timeoutMs + 10_000 });
  return JSON.parse(stdout) as Visit;
}
