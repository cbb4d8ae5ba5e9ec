// SPDX-License-Identifier: MIT
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { publicKeyOf } from '@nftoggle/bus';
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
  NFTOGGLE_SYSCTL_NET: z
    .string()
    .default('/proc/sys/net')
    .describe(
      'where the network settings of the kernel can be written; containers see `/proc/sys` read-only',
    ),
  NFTOGGLE_SOCKET: z.string().default('/run/nftoggle/daemon.sock').describe('the unix socket for clients'),
  NFTOGGLE_NATS_URL: z.string().default('nats://127.0.0.1:4222').describe('where the NATS server listens'),
  NFTOGGLE_NATS_SEED_FILE: z
    .string()
    .default('')
    .describe("file with the seed of this daemon's NATS key, which nobody else may read"),
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

/**
 * The secret half of the key by which the NATS server knows this daemon; empty where the settings name no file.
 * @throws StartError when the file cannot be read, others may read it too, or there is something else in it
 */
export function natsSeed(settings: Settings): string {
  const file = settings.NFTOGGLE_NATS_SEED_FILE;
  if (file === '') return '';
  const seed = readPrivate(file);
  try {
    publicKeyOf(seed);
  } catch (cause) {
    throw new StartError(`NFTOGGLE_NATS_SEED_FILE: ${file}: ${(cause as Error).message}`, { cause });
  }
  return seed;
}

function readPrivate(file: string): string {
  const { mode, text } = readWithMode(file);
  if ((mode & 0o077) !== 0)
    throw new StartError(
      `NFTOGGLE_NATS_SEED_FILE: others than its owner may use ${file}: run \`chmod go= ${file}\`, and if they may have read it, remove it and start anew: a new one is made`,
    );
  return text.trim();
}

/** Of one and the same file, whatever is put in its place meanwhile. */
function readWithMode(file: string): { readonly mode: number; readonly text: string } {
  try {
    const descriptor = openSync(file, 'r');
    try {
      return { mode: fstatSync(descriptor).mode, text: readFileSync(descriptor, 'utf8') };
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw new StartError(`NFTOGGLE_NATS_SEED_FILE cannot be read: ${(cause as Error).message}`, { cause });
  }
}
