// SPDX-License-Identifier: MIT
import { stat } from 'node:fs/promises';

/** Changes whenever the file is written, replaced or removed. */
export async function signatureOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'missing';
  }
}
