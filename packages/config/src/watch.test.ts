// SPDX-License-Identifier: MIT
import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from './problem.ts';
import { type ConfigWatch, type WatchOptions, watchConfig } from './watch.ts';

let directory = '';
let file = '';
let watched: ConfigWatch | null = null;
/** What the handlers were told, in order: the node of a new configuration, or the first problem. */
let told: string[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nftoggle-watch-'));
  file = join(directory, 'nftoggle.yml');
  told = [];
  await writeFile(file, config('first'));
});

afterEach(async () => {
  await watched?.close();
  watched = null;
  await rm(directory, { recursive: true, force: true });
});

function config(node: string): string {
  return `version: 1\nnode: ${node}\n`;
}

// Without the regular look, so that a change is only seen because of the notice.
const noticesOnly: WatchOptions = { quiet: 50, recheck: 3_600_000 };

async function start(options = noticesOnly, path = file): Promise<ConfigWatch> {
  watched = await watchConfig(
    path,
    {
      onChange: ({ config: { node } }) => told.push(node),
      onRefused: (problems) => told.push(problems[0]?.message ?? ''),
    },
    options,
  );
  return watched;
}

async function toldSoon(...expected: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(told).toEqual(expected), { timeout: 10_000, interval: 10 });
}

async function replaceFile(text: string): Promise<void> {
  await writeFile(`${file}~`, text);
  await rename(`${file}~`, file);
}

describe('watchConfig', () => {
  it('has the configuration at once, and tells nobody of it', async () => {
    const watch = await start();
    expect(watch.current.config.node).toBe('first');
    expect(watch.problem).toBeNull();
    await watch.reload();
    expect(told).toEqual([]);
  });

  it('refuses to start without a good file', async () => {
    await writeFile(file, 'version: 2\n');
    await expect(start()).rejects.toThrow(ConfigError);
    await expect(start()).rejects.toThrow(`${file}:1:10: version: 2 is not possible here. Write 1.`);
    await rm(file);
    await expect(start()).rejects.toThrow('There is no such file.');
    await expect(start(noticesOnly, join(directory, 'no', 'such.yml'))).rejects.toThrow(
      'There is no such file.',
    );
  });

  it('follows a file that is written in place', async () => {
    const watch = await start();
    await writeFile(file, config('second'));
    await toldSoon('second');
    expect(watch.current.config.node).toBe('second');
  });

  it('follows a file that is replaced by another, again and again', async () => {
    await start();
    await replaceFile(config('second'));
    await toldSoon('second');
    await replaceFile(config('third'));
    await toldSoon('second', 'third');
  });

  it('keeps the last good revision while the file is wrong, and says why', async () => {
    const watch = await start();
    const before = watch.current;
    await replaceFile('version: 1\nnoed: x\n');
    await toldSoon('The key "noed" is not known.');
    expect(watch.current).toBe(before);
    expect(watch.problem).toBe(`${file}:2:1: noed: The key "noed" is not known. Did you mean "node"?`);
    await replaceFile(config('second'));
    await toldSoon('The key "noed" is not known.', 'second');
    expect(watch.problem).toBeNull();
  });

  it('tells of a wrong revision once, however often the file is touched', async () => {
    const watch = await start();
    await replaceFile('version: 2\n');
    await toldSoon('2 is not possible here.');
    await utimes(file, 1, 1);
    await watch.reload();
    await watch.reload();
    expect(told).toEqual(['2 is not possible here.']);
  });

  it('does not tell of a file that came back as it was', async () => {
    const watch = await start();
    await rm(file);
    await toldSoon('There is no such file.');
    expect(watch.current.config.node).toBe('first');
    expect(watch.problem).toContain('There is no such file.');
    await writeFile(file, config('first'));
    await vi.waitFor(() => expect(watch.problem).toBeNull(), { timeout: 10_000 });
    expect(told).toEqual(['There is no such file.']);
  });

  it('follows a link whose directory is swapped', async () => {
    for (const node of ['old', 'new']) {
      await mkdir(join(directory, node));
      await writeFile(join(directory, node, 'config'), config(node));
    }
    await symlink('old', join(directory, '..data'));
    await rm(file);
    await symlink(join('..data', 'config'), file);
    await start();
    await symlink('new', join(directory, '..next'));
    await rename(join(directory, '..next'), join(directory, '..data'));
    await toldSoon('new');
  });

  it('looks from time to time where there is no notice: behind a link, and after a link above was turned', async () => {
    for (const node of ['old', 'new']) {
      await mkdir(join(directory, node));
      await writeFile(join(directory, node, 'nftoggle.yml'), config(node));
    }
    const current = join(directory, 'current');
    await symlink('old', current);
    await start({ quiet: 10, recheck: 50 }, join(current, 'nftoggle.yml'));
    await symlink('new', join(directory, 'next'));
    await rename(join(directory, 'next'), current);
    await toldSoon('new');
    await writeFile(join(directory, 'new', 'nftoggle.yml'), config('newer'));
    await toldSoon('new', 'newer');
  });

  it('reads the file now when it is asked to', async () => {
    const watch = await start({ quiet: 3_600_000, recheck: 3_600_000 });
    await writeFile(file, config('second'));
    await watch.reload();
    expect(told).toEqual(['second']);
  });

  it('does one thing after the other when it is asked twice', async () => {
    const watch = await start();
    await writeFile(file, config('second'));
    await Promise.all([watch.reload(), watch.reload(), watch.reload()]);
    expect(told).toEqual(['second']);
  });

  it('reads a file that is written in pieces once it is whole', async () => {
    await start({ quiet: 300, recheck: 3_600_000 });
    await writeFile(file, 'version: 1\nno');
    await writeFile(file, config('second'));
    await toldSoon('second');
  });

  it('goes on after a handler has thrown', async () => {
    let fail = true;
    watched = await watchConfig(
      file,
      {
        onChange: ({ config: { node } }) => {
          if (fail) throw new Error('handler');
          told.push(node);
        },
        onRefused: () => {},
      },
      { quiet: 3_600_000, recheck: 3_600_000 },
    );
    await writeFile(file, config('second'));
    await expect(watched.reload()).rejects.toThrow('handler');
    fail = false;
    await writeFile(file, config('third'));
    await watched.reload();
    expect(told).toEqual(['third']);
  });

  it('is silent once it is closed, even about a read that was under way', async () => {
    const watch = await start();
    await writeFile(file, config('second'));
    const reading = watch.reload();
    await watch.close();
    await reading;
    await watch.reload();
    await watch.close();
    expect(told).toEqual([]);
    expect(watch.current.config.node).toBe('first');
  });
});
