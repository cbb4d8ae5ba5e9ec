// SPDX-License-Identifier: MIT
// The images of docker-compose.yml, built from this checkout and ready for engines to begin with.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildImages, offlineFlags } from './builder.ts';
import { Engine } from './engine.ts';

const composeFile = join(import.meta.dirname, '../../docker-compose.yml');
/** Of versions that were built before; a run that began with one of them may still go on. */
const keep = 3;
const prefix = 'data-root-';

/** Who prepares them for other processes says by this variable where they are. */
export const preparedIn = 'NFTOGGLE_TEST_IMAGES';

let prepared: Promise<string> | undefined;

/**
 * Path of a data root for `EngineOptions.images`.
 * @param tar images that `docker save` has written; without it those of this checkout, which are built where necessary
 */
export function composedImages(tar?: string): Promise<string> {
  if (tar !== undefined) return dataRootWith(tar);
  prepared ??= prepareImages();
  return prepared;
}

async function prepareImages(): Promise<string> {
  return process.env[preparedIn] ?? dataRootWith(await buildImages(composeFile));
}

/** Made once for each set of images, beside the archive. */
export async function dataRootWith(tar: string): Promise<string> {
  const directory = dirname(tar);
  const dataRoot = join(directory, `${prefix}${fingerprint(tar)}`);
  if (existsSync(dataRoot)) return dataRoot;
  const unfinished = mkdtempSync(join(directory, `unfinished-${prefix}`));
  await load(tar, unfinished);
  // Somebody else may have been quicker.
  if (existsSync(dataRoot)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, dataRoot);
  removeOld(directory);
  return dataRoot;
}

/** The names of the images and what is in them. */
function fingerprint(tar: string): string {
  const file = existsSync(`${tar}.ids`) ? `${tar}.ids` : tar;
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
}

async function load(tar: string, dataRoot: string): Promise<void> {
  await using engine = await Engine.startWith(undefined, { flags: offlineFlags, dataRoot });
  await engine.load(tar);
}

function removeOld(directory: string): void {
  const roots = readdirSync(directory).filter((name) => name.startsWith(prefix));
  const byAge = roots
    .map((name) => join(directory, name))
    .map((path) => ({ path, made: statSync(path).ctimeMs }))
    .sort((a, b) => b.made - a.made);
  for (const { path } of byAge.slice(keep)) rmSync(path, { recursive: true, force: true });
}
