// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What a daemon is told by its environment; all else is in the configuration file. */
export const Settings = z.object({
  NFTOGGLE_CONFIG: z
    .string()
    .default('/etc/nftoggle/nftoggle.yml')
    .describe('path of the configuration file'),
  NFTOGGLE_STATE: z
    .string()
    .default('/var/lib/nftoggle')
    .describe('directory for what must survive a restart'),
  NFTOGGLE_SOCKET: z.string().default('/run/nftoggle/daemon.sock').describe('the unix socket for clients'),
  NFTOGGLE_NATS_URL: z.string().default('nats://127.0.0.1:4222').describe('where the NATS server listens'),
  NFTOGGLE_NATS_PASSWORD_FILE: z.string().default('').describe("file that holds this daemon's NATS password"),
  NFTOGGLE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('least level that is logged'),
});
export type Settings = z.infer<typeof Settings>;

/** @throws z.ZodError naming the variable that is wrong */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  return Settings.parse(env);
}

export function natsPassword(settings: Settings): string {
  const file = settings.NFTOGGLE_NATS_PASSWORD_FILE;
  return file === '' ? '' : readFileSync(file, 'utf8').trim();
}
