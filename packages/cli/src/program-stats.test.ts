// SPDX-License-Identifier: MIT
// What is told of the past, as the shell sees it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { daemonWith, stateWith } from './fake-daemon.fixture.ts';
import { nftoggle, run } from './run-program.fixture.ts';
import { aSummary, someDenials, someSessions } from './statistics.fixture.ts';
import { aStatus } from './status.fixture.ts';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

const answers = {
  '/v1/status': [200, aStatus()],
  '/v1/stats/summary': [200, aSummary()],
  '/v1/stats/sessions': [200, someSessions()],
  '/v1/stats/denials': [200, someDenials()],
} as const;

describe('stats', () => {
  it('shows a page to people, and the JSON of the contract to scripts', async () => {
    const { state, asked } = await daemonWith(answers);
    const page = await nftoggle('stats', '--state', state);
    expect(page).toMatchObject({ code: 0, stderr: '' });
    expect(page.stdout).toMatch(
      /^Mon 16 Nov 18:40 to Mon 23 Nov 18:40 \(Europe\/Berlin\)\nlet in {3}42 sessions/,
    );
    const json = await nftoggle('stats', '--json', '--state', state);
    expect(JSON.parse(json.stdout)).toEqual(aSummary());
    expect(asked).toEqual(['/v1/stats/summary?', '/v1/stats/summary?']);
  });

  it.each([
    [['stats', '--since', '30d', '--person', 'leo'], '/v1/stats/summary?from=30d&person=leo'],
    [
      ['stats', '--from', 'yesterday', '--to', 'now', '--service', 'ssh'],
      '/v1/stats/summary?from=yesterday&to=now&service=ssh',
    ],
    [['stats', 'sessions'], '/v1/stats/sessions?limit=30'],
    [
      ['stats', 'sessions', '--since', 'fri 20:55', '--limit', '5'],
      '/v1/stats/sessions?from=fri+20%3A55&limit=5',
    ],
    [
      ['stats', '--since', '1d', 'denials', '--service', 'ssh'],
      '/v1/stats/denials?from=1d&service=ssh&limit=30',
    ],
  ])('%j asks %s', async (args, path) => {
    const { state, asked } = await daemonWith(answers);
    expect(await nftoggle(...args, '--state', state)).toMatchObject({ code: 0, stderr: '' });
    expect(asked.filter((one) => one.startsWith('/v1/stats'))).toEqual([path]);
  });

  it('lists sessions', async () => {
    const { stdout } = await nftoggle('stats', 'sessions', '--state', await stateWith(answers));
    expect(stdout).toBe(`SINCE             SERVICE    WHO               LASTED  IN USE  MOVED   ENDED
Mon 23 Nov 17:50  minecraft  leo's console             35m     462 MB  open
Sun 22 Nov 17:50  minecraft  leo's console     2h10m   35m     462 MB  window end
Sun 22 Nov 11:00  ssh        203.0.113.7 (DE)  40s     38s             idle
Sat 21 Nov 11:00  ssh        leo's console     1d                      ended
`);
  });

  it('lists who was refused', async () => {
    const { stdout } = await nftoggle('stats', 'denials', '--state', await stateWith(answers));
    expect(stdout).toBe(`LAST              SERVICE    WHO                PACKETS  WHY
Mon 23 Nov 18:39  ssh        203.0.113.66 (FR)  1,204    no rule lets it in
Mon 23 Nov 18:39  minecraft  leo's console      3        outside its window (passed all the same)
… and more: --limit, or nftoggle stats export denials
`);
  });

  it('says so when there is none, and gives scripts an empty list', async () => {
    const state = await stateWith({
      ...answers,
      '/v1/stats/sessions': [200, { sessions: [], next: null }],
      '/v1/stats/denials': [200, { denials: [], next: null }],
    });
    for (const [what, text] of [
      ['sessions', 'no session in that time\n'],
      ['denials', 'nobody was refused in that time\n'],
    ] as const) {
      expect(await nftoggle('stats', what, '--state', state)).toMatchObject({ code: 0, stdout: text });
      const json = await nftoggle('stats', '-o', 'json', what, '--state', state);
      expect(json).toMatchObject({ code: 0, stdout: '[]\n' });
    }
  });

  it.each([
    [['stats', '--since', '1d', '--from', '2d'], '--since and --from say the same'],
    [['stats', 'sessions', '--limit', '501'], '--limit: "501" is not a number from 1 to 500'],
    [['stats', 'weather'], 'too many arguments'],
    [['stats', 'export', 'weather'], 'Allowed choices are sessions, denials, events, days'],
    [['stats', 'export', 'days', '--format', 'xls'], 'Allowed choices are csv, json, ndjson'],
  ])('ends with 2 for %j', async (args, message) => {
    const result = await nftoggle(...args, '--state', temporaryDirectory());
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it.each([
    [503, 5],
    [422, 2],
    [404, 6],
  ])('turns status %i into exit code %i', async (status, code) => {
    const state = await stateWith({ '/v1/stats/summary': [status, { error: 'e', message: 'This is why.' }] });
    expect(await nftoggle('stats', '--state', state)).toMatchObject({
      code,
      stdout: '',
      stderr: 'nftoggle: This is why.\n',
    });
  });
});

describe('stats export', () => {
  const line = `${'x'.repeat(99)}\n`;
  const many = 20_000;
  const whole = line.repeat(many);

  /** A bit at a time, as the daemon's pages come. */
  async function writeSlowly(response: ServerResponse, lines = many): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/csv' });
    const gone = once(response, 'close');
    for (let n = 0; n < lines && !response.destroyed; n += 500)
      if (!response.write(line.repeat(500))) await Promise.race([once(response, 'drain'), gone]);
  }
  const exporting = {
    stream: (response: ServerResponse) => void writeSlowly(response).then(() => response.end()),
  };
  const breaking = {
    stream: (response: ServerResponse) => void writeSlowly(response, 2_000).then(() => response.destroy()),
  };

  it('writes everything to standard output', async () => {
    const { state, asked } = await daemonWith({ '/v1/stats/export/sessions': exporting });
    const args = ['--since', '30d', '--service', 'ssh', '--person', 'leo', '--format', 'ndjson'];
    const { code, stdout, stderr } = await nftoggle('stats', 'export', 'sessions', ...args, '--state', state);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout === whole).toBe(true);
    expect(asked).toEqual(['/v1/stats/export/sessions?from=30d&service=ssh&person=leo&format=ndjson']);
  });

  it('writes a file, which is there when it is whole', async () => {
    const state = await stateWith({ '/v1/stats/export/days': exporting });
    const file = join(temporaryDirectory(), 'days.csv');
    const done = await nftoggle('stats', 'export', 'days', '-o', file, '--state', state);
    expect(done).toEqual({ code: 0, stdout: '', stderr: `wrote ${file}\n` });
    expect(readFileSync(file, 'utf8') === whole).toBe(true);
  });

  it('leaves the file as it was, and ends with 1, when the daemon falls silent halfway', async () => {
    const state = await stateWith({ '/v1/stats/export/days': breaking });
    const file = join(temporaryDirectory(), 'days.csv');
    writeFileSync(file, 'precious');
    const result = await nftoggle('stats', 'export', 'days', '-o', file, '--state', state);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('the export broke off, so no file was written');
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(readdirSync(dirname(file))).toEqual(['days.csv']);
    const piped = await nftoggle('stats', 'export', 'days', '--state', state);
    expect(piped.code).toBe(1);
    expect(piped.stderr).toContain('the export broke off, so what was written is not all');
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const hanging = { stream: (response: ServerResponse) => void writeSlowly(response, 2_000) };
    const state = await stateWith({ '/v1/stats/export/days': hanging });
    const directory = temporaryDirectory();
    const main = join(import.meta.dirname, 'main.ts');
    const argv = [main, 'stats', 'export', 'days', '-o', join(directory, 'days.csv'), '--state', state];
    const child = spawn(process.execPath, argv);
    onTestFinished(() => void child.kill('SIGKILL'));
    const said = text(child.stderr);
    await vi.waitFor(() => expect(readdirSync(directory)).toHaveLength(1), 10_000);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(await said).toBe('nftoggle: interrupted: no file was written\n');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('follows no link that waits beside the file, and lets nobody read it who could not before', async () => {
    const state = await stateWith({ '/v1/stats/export/days': exporting });
    const [directory, victim] = [temporaryDirectory(), join(temporaryDirectory(), 'victim')];
    const file = join(directory, 'days.csv');
    writeFileSync(victim, 'precious');
    writeFileSync(file, 'old', { mode: 0o600 });
    symlinkSync(victim, `${file}.part`);
    symlinkSync(file, join(directory, 'link.csv'));
    const done = await nftoggle(
      'stats',
      'export',
      'days',
      '-o',
      join(directory, 'link.csv'),
      '--state',
      state,
    );
    expect(done.code).toBe(0);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(readFileSync(file, 'utf8') === whole).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['days.csv', 'days.csv.part', 'link.csv']);
  });

  it('says so when the name of the file is missing', async () => {
    const result = await nftoggle('stats', 'export', 'days', '-o', '', '--state', temporaryDirectory());
    expect(result).toMatchObject({ code: 2, stderr: 'nftoggle: -o: the name of a file is missing\n' });
  });

  it('says which file cannot be written', async () => {
    const state = await stateWith({ '/v1/stats/export/days': exporting });
    const file = join(temporaryDirectory(), 'nowhere', 'days.csv');
    const result = await nftoggle('stats', 'export', 'days', '-o', file, '--state', state);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`${file} cannot be written: ENOENT`);
  });

  it('ends without a word when nobody reads any more', async () => {
    const state = await stateWith({ '/v1/stats/export/days': exporting });
    const main = join(import.meta.dirname, 'main.ts');
    const child = spawn(process.execPath, [main, 'stats', 'export', 'days', '--state', state]);
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toBe('');
  });

  it('says so when the disk is full that its output goes to', async () => {
    const state = await stateWith({ '/v1/stats/export/days': exporting });
    const main = join(import.meta.dirname, 'main.ts');
    const shell = 'exec "$0" "$@" >/dev/full';
    const argv = [process.execPath, main, 'stats', 'export', 'days', '--state', state];
    expect(await run('sh', ['-c', shell, ...argv])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'nftoggle: the output cannot be written: ENOSPC: no space left on device, write\n',
    });
  });

  it('ends with what the daemon says, or with 5 when nobody is there', async () => {
    const problem = { error: 'no_answer', message: 'The stats daemon does not answer.' };
    const state = await stateWith({ '/v1/stats/export/days': [503, problem] });
    const silent = await nftoggle('stats', 'export', 'days', '--state', state);
    expect(silent).toMatchObject({ code: 5, stderr: 'nftoggle: The stats daemon does not answer.\n' });
    const main = join(import.meta.dirname, 'main.ts');
    const argv = ['stats', 'export', 'days', '--state', temporaryDirectory()];
    const nobody = await run('unshare', ['--net', process.execPath, main, ...argv]);
    expect(nobody).toMatchObject({
      code: 5,
      stderr: 'nftoggle is not running here: start it with `nftoggle up`\n',
    });
  });
});
