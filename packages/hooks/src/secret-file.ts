// SPDX-License-Identifier: MIT
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Far more than any key or token has, in bytes. */
const longest = 16 * 1024;

/**
 * What a file with a secret holds, without the white space around it. It is read at each delivery, so that another
 * secret counts from then on.
 * @param key of the configuration, for the message
 * @throws Error that names the file, and nothing that is in it
 */
export async function readSecret(key: 'secret_file' | 'token_file', path: string): Promise<string> {
  const text = await readStart(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${key}: ${path} cannot be read: ${error.code ?? error.message}`, { cause: error });
  });
  const secret = text.trim();
  if (secret === '') throw new Error(`${key}: ${path} is empty`);
  return secret;
}

/** Opening a pipe would wait for somebody who writes, and the thread that does could not even be ended. */
async function readStart(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error('it is not a file');
    const { size } = stats;
    const bytes = Buffer.alloc(longest + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    if (size > longest || bytesRead > longest) throw new Error('it is too large to be a secret');
    return bytes.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
