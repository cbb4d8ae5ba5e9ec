// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readConfig } from './config-read.ts';
import { maxConfigBytes, revisionOf } from './load.ts';
import { formatProblem } from './problem.ts';

let directory = '';
let file = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nftoggle-config-'));
  file = join(directory, 'nftoggle.yml');
});

afterEach(() => rm(directory, { recursive: true }));

async function problems(path = file): Promise<readonly string[]> {
  const result = await readConfig(path);
  return result.ok ? [] : result.problems.map((problem) => formatProblem(problem).replace(`${path}:`, ''));
}

/** Root reads everything, whatever the mode of the file. */
async function asNobody<T>(act: () => Promise<T>): Promise<T> {
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
}

describe('readConfig', () => {
  it('reads a file, and takes what it leaves open from the host', async () => {
    await writeFile(file, 'version: 1\n');
    const result = await readConfig(file, { hostName: 'attic', hostTimezone: 'Asia/Tokyo' });
    expect(result).toMatchObject({
      ok: true,
      config: { node: 'attic', timezone: 'Asia/Tokyo' },
      revision: revisionOf('version: 1\n'),
    });
  });

  it('takes UTC where the machine cannot tell its zone', async () => {
    vi.stubEnv('TZ', '');
    onTestFinished(() => void vi.unstubAllEnvs());
    await writeFile(file, 'version: 1\n');
    expect(await readConfig(file)).toMatchObject({ ok: true, config: { timezone: 'UTC' } });
  });

  it('says that a file is missing', async () => {
    expect(await problems()).toEqual(['1:1: There is no such file. Create it, or check the path.']);
    expect(await problems(join(file, 'below'))).toHaveLength(1);
    await symlink('nowhere', file);
    expect(await problems()).toEqual(['1:1: There is no such file. Create it, or check the path.']);
  });

  it('gives a missing file the revision of an empty one', async () => {
    expect((await readConfig(file)).revision).toBe(revisionOf(''));
  });

  it('says that a directory is none', async () => {
    await mkdir(file);
    expect((await problems())[0]).toContain('1:1: This is a directory. Give the path of the file.');
  });

  it('says that a file cannot be read', async () => {
    await writeFile(file, 'version: 1\n');
    await chmod(file, 0);
    const told = await asNobody(() => problems());
    expect(told).toEqual(['1:1: The file cannot be read. Allow this user to read it (chmod, chown).']);
  });

  it('says that links lead in a circle', async () => {
    await symlink(file, file);
    expect(await problems()).toEqual(['1:1: The link leads in a circle. Let it point at a file.']);
  });

  it('takes the largest file, and none that is larger', async () => {
    const largest = `version: 1\n#${'x'.repeat(maxConfigBytes - 12)}`;
    await writeFile(file, largest);
    expect(await problems()).toEqual([]);
    await writeFile(file, `${largest}x`);
    expect(await problems()).toEqual(['1:1: The file is larger than 1 MiB. Is it the right file?']);
  });

  it('reads no further than it must in a file without an end', async () => {
    expect(await problems('/dev/zero')).toEqual([
      '1:1: The file is larger than 1 MiB. Is it the right file?',
    ]);
  });

  it('does not wait for a writer at a named pipe', async () => {
    execFileSync('mkfifo', [file]);
    expect(await problems()).toHaveLength(1);
  });

  it('points at the first bytes that are not UTF-8', async () => {
    await writeFile(file, Buffer.from('version: 1\n# gr\xfc\xdf dich\n', 'latin1'));
    expect(await problems()).toEqual(['2:5: The file is not UTF-8 text. Save it with the encoding UTF-8.']);
    await writeFile(file, Buffer.from('\uFEFFversion: 1\n', 'utf16le'));
    expect(await problems()).toEqual(['1:1: The file is not UTF-8 text. Save it with the encoding UTF-8.']);
  });

  it('takes letters beyond ASCII, and the replacement character itself', async () => {
    await writeFile(file, '\uFEFFversion: 1 # grüß dich \uFFFD 🙂\n');
    expect(await problems()).toEqual([]);
  });
});
