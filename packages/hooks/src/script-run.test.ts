// SPDX-License-Identifier: MIT
// Real programs, as another user.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Script } from '@nftoggle/config';
import type { CloudEvent } from '@nftoggle/contracts';
import { Processes } from '@nftoggle/daemon';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Attempt } from './attempt.ts';
import { aDenial, aMessage, anEvent, aScript } from './hook.fixture.ts';
import { Places } from './places.ts';
import { runScript } from './script-run.ts';

let directory: string;
/** Where programs, which are nobody, may write. */
let out: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-hooks-'));
  chmodSync(directory, 0o755);
  out = join(directory, 'out');
  mkdirSync(out);
  chmodSync(out, 0o777);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const outputs: string[] = [];
beforeEach(() => {
  outputs.length = 0;
});

let count = 0;
function program(text: string, { mode = 0o755 } = {}): string {
  count += 1;
  const path = join(directory, `hook-${count}.sh`);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

interface Run {
  readonly event?: CloudEvent;
  readonly test?: boolean;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly places?: Places;
  readonly isRoot?: boolean;
  readonly script?: Partial<Script>;
}

function run(argv: readonly string[], options: Run = {}): Promise<Attempt> {
  const { event = aDenial(), test = false, timeout = 10, signal = new AbortController().signal } = options;
  const { places = new Places(4), isRoot = true, script = {} } = options;
  const processes = new Processes();
  const tools = {
    run: processes.run.bind(processes),
    places,
    isRoot,
    onOutput: (_: string, output: string) => void outputs.push(output),
  };
  return runScript({ name: 'log', timeout }, aScript(argv, script), aMessage(event, test), signal, tools);
}

const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a program', () => {
  it('gets the event on its input, facts in a small environment, and runs as nobody in /', async () => {
    const file = join(out, 'seen');
    process.env.NFTOGGLE_NATS_SEED_FILE = '/secret';
    const path = program('cat > "$1"; env > "$1.env"; pwd > "$1.pwd"; id -u > "$1.id"; id -G >> "$1.id"');
    const event = aDenial({ source: { address: '2001:db8::7', mac: '0c:fe:45:12:34:56' } });
    expect(await run([path, file], { event })).toMatchObject({
      delivered: true,
      detail: `${path} ended with 0`,
    });
    delete process.env.NFTOGGLE_NATS_SEED_FILE;
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(event);
    expect(readFileSync(`${file}.pwd`, 'utf8')).toBe('/\n');
    expect(readFileSync(`${file}.id`, 'utf8')).toBe('65534\n65534\n');
    const environment = Object.fromEntries(
      readFileSync(`${file}.env`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    expect(environment).toEqual({
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      USER: 'nobody',
      LOGNAME: 'nobody',
      PWD: '/',
      NFTOGGLE_EVENT: 'access_denied',
      NFTOGGLE_ID: event.id,
      NFTOGGLE_TIME: event.time,
      NFTOGGLE_SUBJECT: 'minecraft',
      NFTOGGLE_TEST: '',
      NFTOGGLE_SERVICE: 'minecraft',
      NFTOGGLE_SOURCE_ADDRESS: '2001:db8::7',
      NFTOGGLE_SOURCE_MAC: '0c:fe:45:12:34:56',
      NFTOGGLE_PROTOCOL: 'tcp',
      NFTOGGLE_DESTINATION: '192.0.2.1',
      NFTOGGLE_DESTINATION_PORT: '25565',
      NFTOGGLE_WHO_DEVICE: '',
      NFTOGGLE_WHO_PERSON: '',
      NFTOGGLE_WHO_COUNTRY: '',
      NFTOGGLE_REASON: 'no_rule',
      NFTOGGLE_RULE: '',
      NFTOGGLE_NEXT_ALLOWED: '',
      NFTOGGLE_ENFORCED: 'true',
      NFTOGGLE_COUNT: '3',
      NFTOGGLE_FIRST: '2026-11-23T17:04:40.000Z',
      NFTOGGLE_LAST: '2026-11-23T17:05:00.000Z',
    });
  });

  it('gets what somebody wrote as data, whatever it looks like', async () => {
    const mark = join(out, 'harmed');
    const why = `"; touch ${mark}; $(touch ${mark}) \`touch ${mark}\` ' \n\r\0 -rf \u202e %s \\`;
    const { grant } = anEvent('grant_issued').data;
    const event = anEvent('grant_issued', { grant: { ...grant, why, source: '$(touch x).dyn.example' } });
    const file = join(out, 'reason');
    const path = program(
      'printf %s "$NFTOGGLE_GRANT_WHY" > "$1"; printf %s "$NFTOGGLE_GRANT_SOURCE" > "$1.source"',
    );
    // An argument is what the file says, and goes where it stands.
    expect((await run([path, file, '$(id); `id`'], { event })).delivered).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(why.replace('\0', '\ufffd'));
    expect(readFileSync(`${file}.source`, 'utf8')).toBe('$(touch x).dyn.example');
    expect(() => readFileSync(mark)).toThrow(/ENOENT/);
  });

  it('gets values of bounded length, and all of it on its input', async () => {
    const event = anEvent('config_refused', { problem: 'x'.repeat(200_000) });
    const path = program('printf %s "$NFTOGGLE_PROBLEM" | wc -c; wc -c');
    expect((await run([path], { event })).delivered).toBe(true);
    expect(outputs[0]).toMatch(/^1002\n200[0-9]{3}$/);
  });

  it('need not read its input, however large', async () => {
    const event = anEvent('config_refused', { problem: 'x'.repeat(240_000) });
    expect((await run([program('exit 0')], { event })).delivered).toBe(true);
    expect((await run([program('exec 0<&-; sleep 0.1; exit 0')], { event })).delivered).toBe(true);
  });

  it('that is told of a test knows it', async () => {
    await run([program('echo "$NFTOGGLE_TEST"; cat')], { test: true });
    expect(outputs[0]).toMatch(/^1\n\{.*"test":true\}$/);
  });

  it('that fails is told with what it wrote last', async () => {
    const path = program('echo fine; echo "no such\nhost" >&2; exit 3');
    expect(await run([path])).toEqual({
      delivered: false,
      detail: `${path} ended with 3: no such host`,
      refused: false,
      retryAfter: null,
    });
    expect(outputs[0]).toBe('fine\nno such\nhost');
    const done = program('echo one; echo two');
    expect((await run([done])).detail).toBe(`${done} ended with 0: two`);
  });

  it('may write as much as it likes, with no end of a line', async () => {
    const path = program('head -c 5000000 /dev/zero | tr "\\0" y; printf z >&2; exit 1');
    expect((await run([path])).detail).toMatch(/ended with 1: z$/);
    expect(outputs[0]?.length).toBeLessThanOrEqual(16 * 1024);
  });

  it('is ended after its time, with grandchildren that do not listen', async () => {
    const file = join(out, 'children');
    const path = program(
      'trap "" TERM; (trap "" TERM; sleep 60 & echo $! >> "$1"; sleep 60) & echo $! >> "$1"; echo $$ >> "$1"; sleep 60',
    );
    expect((await run([path, file], { timeout: 1 })).detail).toBe(
      `${path} was ended: it took longer than 1 s`,
    );
    const pids = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    expect(pids).toHaveLength(3);
    await eventually(() => !pids.some(isRunning));
  });

  it('that leaves something in the background leaves nothing', async () => {
    const path = program('sleep 61 & echo $!; (trap "" TERM HUP; sleep 62) >/dev/null 2>&1 & echo $!');
    expect((await run([path])).delivered).toBe(true);
    const pids = outputs[0]?.split('\n').map(Number) ?? [];
    expect(pids).toHaveLength(2);
    await eventually(() => !pids.some(isRunning));
  });

  it('is ended when hooks are stopped', async () => {
    const file = join(out, 'stopped');
    const controller = new AbortController();
    const attempt = run([program('echo $$ > "$1"; sleep 60'), file], { signal: controller.signal });
    const pid = await eventually(() => Number(readFileSync(file, 'utf8')));
    controller.abort();
    expect((await attempt).detail).toMatch(/was ended by SIGTERM$/);
    expect(isRunning(pid)).toBe(false);
  });

  it('waits for a place, which does not cost it time', async () => {
    const places = new Places(2);
    const path = program('sleep 0.8');
    const runs = Array.from({ length: 6 }, () => run([path], { places, timeout: 2.2 }));
    expect((await Promise.all(runs)).map(({ delivered }) => delivered)).toEqual(Array(6).fill(true));
    const controller = new AbortController();
    const [first, second] = [run([path], { places }), run([path], { places })];
    const third = run([path], { places, signal: controller.signal });
    controller.abort();
    expect((await third).delivered).toBe(false);
    expect([await first, await second].every(({ delivered }) => delivered)).toBe(true);
    expect((await run([path], { places })).delivered).toBe(true);
  });
});

describe('a program is not run', () => {
  it('that is not there, is none, or may not be executed', async () => {
    expect((await run(['/nowhere/hook'])).detail).toBe('there is no /nowhere/hook');
    expect((await run([directory])).detail).toBe(`${directory} is not a program`);
    const path = program('true', { mode: 0o644 });
    expect((await run([path])).detail).toBe(`${path} is not executable: chmod +x ${path}`);
    const broken = program('true');
    writeFileSync(broken, '#!/nowhere/sh\n');
    expect((await run([broken])).detail).toMatch(/could not be run: .*ENOENT/);
    const hidden = join(directory, 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    writeFileSync(join(hidden, 'hook'), '#!/bin/sh\n', { mode: 0o755 });
    expect((await run([join(hidden, 'hook')])).detail).toMatch(/could not be run: .*EACCES/);
  });

  it('that others can change, or put another one in the place of', async () => {
    const mark = join(out, 'ran');
    const path = program(`touch ${mark}`);
    for (const [mode, who] of [
      [0o757, 'anybody'],
      [0o777, 'anybody'],
    ] as const) {
      chmodSync(path, mode);
      expect((await run([path])).detail).toBe(`${path} can be changed by ${who}: chmod go-w ${path}`);
    }
    chmodSync(path, 0o775);
    chownSync(path, 0, 65_534);
    expect((await run([path])).detail).toBe(`${path} can be changed by its group: chmod go-w ${path}`);
    // A link is as safe as what it leads to.
    const link = join(directory, 'link');
    symlinkSync(path, link);
    expect((await run([link])).detail).toContain(`${path} can be changed by its group`);
    for (const mode of [0o777, 0o1777]) {
      const open = join(directory, `open-${mode}`);
      mkdirSync(open);
      chmodSync(open, mode);
      writeFileSync(join(open, 'hook'), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
      expect((await run([join(open, 'hook')])).detail).toBe(
        `${open} can be changed by anybody: chmod go-w ${open}`,
      );
    }
    expect(() => readFileSync(mark)).toThrow(/ENOENT/);
  });

  it('that a link leads to which others can change, wherever on the way it stands', async () => {
    const mark = join(out, 'led');
    const path = program(`touch ${mark}`);
    for (const mode of [0o777, 0o1777]) {
      const open = join(directory, `links-${mode}`);
      const inner = join(open, 'inner');
      mkdirSync(inner, { recursive: true, mode: 0o755 });
      chmodSync(open, mode);
      symlinkSync(path, join(open, 'hook'));
      symlinkSync(join(open, 'hook'), join(directory, `chain-${mode}`));
      symlinkSync(directory, join(open, 'directory'));
      symlinkSync(path, join(inner, 'hook'));
      const ways = [`links-${mode}/hook`, `chain-${mode}`, `links-${mode}/directory/${basename(path)}`];
      for (const way of ways) {
        expect((await run([join(directory, way)])).detail).toBe(
          `${open} can be changed by anybody: chmod go-w ${open}`,
        );
      }
    }
    expect((await run([join(directory, `links-${0o777}/inner/hook`)])).detail).toMatch(/changed by anybody/);
    expect(() => readFileSync(mark)).toThrow(/ENOENT/);
    const [good, relative] = [join(directory, 'good'), join(directory, 'relative')];
    symlinkSync(path, good);
    symlinkSync(`../${basename(directory)}/good`, relative);
    for (const link of [good, relative]) expect((await run([link])).delivered).toBe(true);
    symlinkSync('round', join(directory, 'round'));
    expect((await run([join(directory, 'round')])).detail).toMatch(/ELOOP/);
  });

  it('as root, by whatever name, or as nobody knows who', async () => {
    const path = program('id -u');
    for (const runAs of ['root', '0']) {
      expect((await run([path], { script: { runAs } })).detail).toMatch(/never run as root$/);
    }
    expect((await run([path], { script: { runAs: 'nosuchuser' } })).detail).toBe(
      'run_as: there is no user nosuchuser in /etc/passwd',
    );
    expect(outputs).toEqual([]);
    expect((await run([path], { script: { runAs: '54321' } })).delivered).toBe(true);
    expect(outputs).toEqual(['54321']);
  });
});

it('runs as the daemon where that is not root, whoever `run_as` is', async () => {
  // What the daemon knows of itself; here it still is root, which shows that nothing was changed.
  expect((await run([program('id -u')], { isRoot: false, script: { runAs: 'nosuchuser' } })).delivered).toBe(
    true,
  );
  expect(outputs).toEqual([String(process.geteuid?.())]);
});
