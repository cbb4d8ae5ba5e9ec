// SPDX-License-Identifier: MIT
// What the containers share and none of them may make for itself: keys, the configuration of the bus, directories of
// their own, and a safe configuration where there is none.
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { natsServerConfig } from '@nftoggle/bus';
import { printLine } from '../output.ts';
import type { Paths } from '../paths.ts';
import { ensureKeys } from '../up/keys.ts';
import { ensureConfig, loadConfig } from '../up/preflight.ts';
import { writePrivately } from '../up/private-files.ts';
import { uidOf, uidOfKey } from './users.ts';

/** Whoever keeps something has a directory below the state's, named as it is. */
const keepers = ['nats', 'wol', 'stats', 'api'] as const;

/** All addresses of its container: the networks that it is on are for us alone, and beyond them loopback is. */
const listen = '0.0.0.0:4222';
/** Of Debian 13, at least; it syncs what it confirms. */
const natsVersion = '2.10';
/** Of its container: for the check of its health. */
const monitor = '127.0.0.1:8222';

/**
 * Makes what is not there, and leaves what is: it may be called again at any time, and after a crash at any point.
 * @throws CommandError when the configuration is wrong, with all that is wrong in it
 */
export async function prepare(paths: Paths): Promise<void> {
  const written = ensureConfig(paths.config);
  if (written !== undefined) printLine(process.stdout, written);
  const { revision } = await loadConfig(paths.config);
  mkdirSync(paths.state, { recursive: true, mode: 0o755 });
  for (const keeper of keepers) ensureOwnDirectory(join(paths.state, keeper), uidOf[keeper]);
  const keys = ensureKeys(paths.secrets, { ownerOf: uidOfKey });
  const config = natsServerConfig({
    listen,
    monitor,
    storeDirectory: paths.natsStore,
    keys,
    version: natsVersion,
  });
  writePrivately(paths.natsConfig, config, { mode: 0o400, uid: uidOf.nats });
  printLine(process.stdout, `configuration ${paths.config}, revision ${revision}; keys in ${paths.secrets}`);
}

/** Its mode first: afterwards it is another's. */
function ensureOwnDirectory(directory: string, uid: number): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (statSync(directory).uid === uid) return;
  chmodSync(directory, 0o700);
  chownSync(directory, uid, uid);
}
