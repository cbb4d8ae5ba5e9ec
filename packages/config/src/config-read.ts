// SPDX-License-Identifier: MIT
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  type LoadOptions,
  type LoadResult,
  maxConfigBytes,
  parseConfig,
  revisionOf,
  toProblem,
} from './load.ts';
import type { Fault } from './parsed.ts';

/**
 * Reads and checks a file. It never throws for what the file is or is not: a missing, unreadable or oversized
 * file is a problem like any other, with the revision of an empty file where there was nothing to read.
 */
export async function readConfig(file: string, host: Omit<LoadOptions, 'file'> = {}): Promise<LoadResult> {
  let bytes: Uint8Array;
  try {
    bytes = await readAtMost(file, maxConfigBytes + 1);
  } catch (error) {
    return refusal(file, new Uint8Array(), 0, ioFault(error));
  }
  if (bytes.length > maxConfigBytes) {
    return refusal(file, bytes, 0, {
      message: 'The file is larger than 1 MiB.',
      remedy: 'Is it the right file?',
    });
  }
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const broken = firstDifference(bytes, new TextEncoder().encode(text));
  return broken === null ? parseConfig(text, { ...host, file }) : refusal(file, bytes, broken, encodingFault);
}

const encodingFault: Fault = {
  message: 'The file is not UTF-8 text.',
  remedy: 'Save it with the encoding UTF-8.',
};

const ioFaults: Readonly<Record<string, Fault>> = {
  ENOENT: { message: 'There is no such file.', remedy: 'Create it, or check the path.' },
  ENOTDIR: { message: 'There is no such file.', remedy: 'Create it, or check the path.' },
  EISDIR: {
    message: 'This is a directory.',
    remedy:
      'Give the path of the file. Docker makes a directory where it was to mount a file that is missing.',
  },
  EACCES: { message: 'The file cannot be read.', remedy: 'Allow this user to read it (chmod, chown).' },
  EPERM: { message: 'The file cannot be read.', remedy: 'Allow this user to read it (chmod, chown).' },
  ELOOP: { message: 'The link leads in a circle.', remedy: 'Let it point at a file.' },
};

function ioFault(error: unknown): Fault {
  if (!(error instanceof Error)) throw error;
  const code = 'code' in error ? String(error.code) : '';
  return (
    ioFaults[code] ?? { message: `The file cannot be read: ${error.message}.`, remedy: 'Check the path.' }
  );
}

/** Never more than `most` bytes, whatever the file says of its size. `O_NONBLOCK`: a named pipe is empty, not a wait. */
async function readAtMost(file: string, most: number): Promise<Uint8Array> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = new Uint8Array(most);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, most - length);
      length += bytesRead;
      if (bytesRead === 0 || length === most) return buffer.subarray(0, length);
    }
  } finally {
    await handle.close();
  }
}

function refusal(file: string, bytes: Uint8Array, offset: number, fault: Fault): LoadResult {
  const before = new TextDecoder().decode(bytes.subarray(0, offset)).split('\n');
  const position = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  return { ok: false, problems: [toProblem(file, [], position, fault)], revision: revisionOf(bytes) };
}

/** Where decoding and encoding again does not give the same bytes: the first that are not UTF-8. */
function firstDifference(a: Uint8Array, b: Uint8Array): number | null {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at === -1 ? null : at;
}
