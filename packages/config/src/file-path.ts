// SPDX-License-Identifier: MIT
import { posix } from 'node:path';
import { accept, type Parsed, refuse } from './parsed.ts';

/** A path from the root: daemons that read the same file have no directory in common. */
export function parseFilePath(text: string): Parsed<string> {
  if (text.includes('\0')) return refuse('A path cannot hold a zero character.', 'Remove it.');
  if (posix.isAbsolute(text) && !text.endsWith('/')) return accept(posix.normalize(text));
  if (posix.isAbsolute(text))
    return refuse(`${JSON.stringify(text)} is a directory.`, 'Write the path of the file.');
  const name = posix.basename(text) || 'countries.mmdb';
  return refuse(
    `${JSON.stringify(text)} is not a path from the root.`,
    `Write the whole of it, such as /etc/nftoggle/${name}.`,
  );
}
