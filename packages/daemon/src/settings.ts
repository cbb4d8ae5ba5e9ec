// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { StartError } from './start-error.ts';

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
  NFTOGGLE_RUN: z
    .string()
    .default('/run/nftoggle')
    .describe('directory for what survives a restart of a daemon, but need not survive one of the machine'),
  NFTOGGLE_METRICS: z
    .string()
    .regex(/^.*:\d{1,5}$|^$/, 'write it as `host:port`')
    .default('')
    .describe('`host:port` that answers `GET /metrics`; empty for none'),
  NFTOGGLE_SOCKET: z.string().default('/run/nftoggle/daemon.sock').describe('the unix socket for clients'),
  NFTOGGLE_NATS_URL: z.string().default('nats://127.0.0.1:4222').describe('where the NATS server listens'),
  NFTOGGLE_NATS_PASSWORD_FILE: z.string().default('').describe("file that holds this daemon's NATS password"),
  NFTOGGLE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('least level that is logged'),
});
export type Settings = z.infer<typeof Settings>;

/** @throws StartError naming each variable that is wrong */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const read = Settings.safeParse(env);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new StartError(`the environment is wrong: ${problems.join('; ')}`);
}

/** @throws StartError when the file cannot be read */
export function natsPassword(settings: Settings): string {
  const file = settings.NFTOGGLE_NATS_PASSWORD_FILE;
  if (file === '') return '';
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new StartError(`NFTOGGLE_NATS_PASSWORD_FILE cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
