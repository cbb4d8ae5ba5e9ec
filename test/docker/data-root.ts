// SPDX-License-Identifier: MIT
// Engines that begin with images: loading half a gigabyte of layers for each would take longer than many a test.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@nftoggle/lab';

/** Layers of images, with Docker's usual driver. Nobody writes to them: containers have a layer of their own on top. */
const layers = 'overlay2';

/** Copies a data root that no engine uses. Its layers are the same files by another name where that is possible. */
export async function copyDataRoot(from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  const rest = readdirSync(from).filter((name) => name !== layers && name !== 'engine-id');
  await runCommand(['cp', '-a', ...rest.map((name) => join(from, name)), to]);
  if (!existsSync(join(from, layers))) return;
  const linked = await runCommand(['cp', '-al', join(from, layers), to], { allowFailure: true });
  if (linked.code === 0) return;
  // Another file system.
  await runCommand(['rm', '-rf', join(to, layers)]);
  await runCommand(['cp', '-a', join(from, layers), to]);
}
