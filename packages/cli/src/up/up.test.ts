// SPDX-License-Identifier: MIT
// `up` and `down` as processes, in a network namespace of their own, around stand-ins for the daemons: what is
// tried here is the supervisor. A real nats-server and the real nftables take part.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InterceptorStatus } from '@nftoggle/contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { projectRoot } from '../paths.ts';
import { aStatus } from '../status.fixture.ts';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';

const stayAlive = `process.on('SIGHUP', () => {
  console.log('{"level":40,"msg":"hung up"}');
  console.log(JSON.stringify({ level: 50, msg: 'not taken:\\n  line 3 is wrong' }));
});
setInterval(() => {}, 1000);`;

const standIns = {
  interceptor: `import { execFileSync } from 'node:child_process';
execFileSync('nft', ['add table inet nftoggle']);
${stayAlive}`,
  policy: stayAlive,
  wol: stayAlive,
  hooks: stayAlive,
  stats: stayAlive,
  api: `import { createServer } from 'node:http';
import { rmSync } from 'node:fs';
rmSync(process.env.NFTOGGLE_SOCKET, { force: true });
import { readFileSync } from 'node:fs';
const status = process.env.NFTOGGLE_STATE + '/status.json';
createServer((_, response) => response.end(readFileSync(status))).listen(process.env.NFTOGGLE_SOCKET);
${stayAlive}`,
};
const refusesToStart = `console.log('{"level":60,"msg":"the queue is taken"}'); process.exit(3);`;
const config = 'version: 1\nservices:\n  ssh:\n    ports: [22/tcp]\n    allow: [lan]\n';

/** A checkout with this package in it and stand-ins for the daemons, and a namespace to run it in. */
function aMachine(daemons: Partial<typeof standIns> = {}) {
  const root = temporaryDirectory();
  const cli = join(root, 'packages', 'cli');
  cpSync(join(projectRoot, 'packages', 'cli', 'src'), join(cli, 'src'), { recursive: true });
  symlinkSync(join(projectRoot, 'packages', 'cli', 'node_modules'), join(cli, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{"version":"0.1.0","type":"module"}');
  for (const [name, program] of Object.entries({ ...standIns, ...daemons })) {
    mkdirSync(join(root, 'packages', name, 'src'), { recursive: true });
    writeFileSync(join(root, 'packages', name, 'src', 'main.ts'), program);
  }
  const state = join(root, 'state');
  mkdirSync(state);
  writeFileSync(join(state, 'nftoggle.yml'), config);
  const tellStatus = (changes: Partial<InterceptorStatus> = {}): void => {
    const { interceptor, ...rest } = aStatus();
    const status = { ...rest, interceptor: interceptor && { ...interceptor, ...changes } };
    writeFileSync(join(state, 'status.json.new'), JSON.stringify(status));
    renameSync(join(state, 'status.json.new'), join(state, 'status.json'));
  };
  tellStatus();
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo up && exec sleep 1000']);
  onTestFinished(() => void holder.kill('SIGKILL'));
  const ready = new Promise((resolve) => holder.stdout.once('data', resolve));
  const start = async (...argv: readonly string[]): Promise<Run> => {
    await ready;
    return new Run(['nsenter', `--net=/proc/${holder.pid}/ns/net`, ...argv]);
  };
  const nftoggle = (...args: readonly string[]) =>
    start(process.execPath, join(cli, 'src', 'main.ts'), ...args, '--state', state);
  const tables = async (): Promise<string> => {
    const list = await start('nft', 'list', 'tables');
    await list.ended;
    return list.stdout;
  };
  return { state, start, nftoggle, tables, tellStatus };
}

class Run {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor([program = '', ...args]: readonly string[]) {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    this.ended = new Promise((resolve) => child.once('close', resolve));
    child.stdout.on('data', (data) => {
      this.stdout += data;
    });
    child.stderr.on('data', (data) => {
      this.stderr += data;
    });
    onTestFinished(async () => {
      child.kill('SIGTERM');
      await this.ended;
    });
  }

  async says(pattern: RegExp): Promise<void> {
    await vi.waitFor(() => expect(this.stdout + this.stderr).toMatch(pattern), 15_000);
  }
}

function pidOf(state: string, name: string): number {
  return Number(readFileSync(join(state, 'run', `${name}.pid`), 'utf8'));
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}

const children = ['interceptor', 'nats-server', 'policy', 'wol', 'stats', 'hooks', 'api'];

describe('up', () => {
  it('says in exactly one line that it guards, and leaves the guard when it is stopped', async () => {
    const { state, nftoggle, tables } = aMachine();
    const up = await nftoggle('up');
    await up.says(/^guarding 2 services/m);
    const pids = children.map((name) => pidOf(state, name));
    expect(pids.every(isAlive)).toBe(true);
    expect(up.stdout).toContain('starting interceptor, nats-server, policy, wol, stats, hooks, api (logs in');
    up.process.kill('SIGTERM');
    expect(await up.ended).toBe(0);
    expect(up.stdout.match(/^guarding /gm)?.length).toBe(1);
    expect(up.stdout).toContain('stopped. The guard stays');
    expect(pids.some(isAlive)).toBe(false);
    expect(await tables()).toBe('table inet nftoggle\n');
  });

  it.each(['policy', 'wol'])('ends with 3 and the reason when %s cannot start', async (name) => {
    const { nftoggle, state } = aMachine({ [name]: refusesToStart, api: stayAlive });
    const up = await nftoggle('up');
    expect(await up.ended).toBe(3);
    expect(up.stderr).toContain(`${name} cannot start: the queue is taken`);
    expect(up.stdout).not.toMatch(/^guarding /m);
    expect(children.some((name) => existsSync(join(state, 'run', `${name}.pid`)))).toBe(false);
  });

  it.each(['hooks', 'stats'])('guards without %s when that cannot start, and says so once', async (name) => {
    const { nftoggle, state } = aMachine({ [name]: refusesToStart });
    const up = await nftoggle('up');
    await up.says(/^guarding 2 services/m);
    await up.says(new RegExp(`${name} +WARN +ended \\(code 3: the queue is taken\\), starting it again`));
    const log = join(state, 'log', `${name}.log`);
    await vi.waitFor(() => expect(readFileSync(log, 'utf8').split('\n').length).toBeGreaterThan(3), 15_000);
    expect(up.stderr.match(/ended/g)).toHaveLength(1);
    expect(up.process.exitCode).toBeNull();
  });

  it('does not run twice on one state', async () => {
    const { nftoggle } = aMachine();
    const first = await nftoggle('up');
    await first.says(/^guarding /m);
    const second = await nftoggle('up');
    expect(await second.ended).toBe(3);
    expect(second.stderr).toContain(`(pid ${first.process.pid})`);
    expect(first.process.exitCode).toBeNull();
  });

  it.each(['policy', 'wol', 'hooks', 'stats'])(
    'starts %s again when it was killed, and says so',
    async (name) => {
      const { nftoggle, state } = aMachine();
      const up = await nftoggle('up');
      await up.says(/^guarding /m);
      const first = pidOf(state, name);
      process.kill(first, 'SIGKILL');
      await up.says(new RegExp(`${name} +WARN +ended \\(SIGKILL\\), starting it again`));
      await vi.waitFor(() => expect(pidOf(state, name)).not.toBe(first));
    },
  );

  it('passes SIGHUP on to the daemons and shows what they warn of', async () => {
    const { nftoggle } = aMachine();
    const up = await nftoggle('up');
    await up.says(/^guarding /m);
    up.process.kill('SIGHUP');
    for (const name of ['interceptor', 'policy', 'wol', 'hooks', 'stats', 'api'])
      await up.says(new RegExp(`${name} +WARN +hung up`));
  });

  it('says again what is guarded when that changes', async () => {
    const { nftoggle, tellStatus } = aMachine();
    const up = await nftoggle('up');
    await up.says(/^guarding 2 services .* revision 3fa0c1d2e4b5/m);
    tellStatus({ revision: '0123456789ab' });
    await up.says(/^guarding 2 services .* revision 0123456789ab/m);
    tellStatus({ revision: '0123456789ab', guard: 'watching' });
    await up.says(/^watching 2 services .*: nothing is blocked/m);
    tellStatus({ revision: '0123456789ab', guard: 'removed' });
    await up.says(/^REMOVED by panic: ports are open/m);
    expect(up.stdout.match(/^(guarding|watching) /gm)).toHaveLength(3);
  });

  it('shows once what several daemons say about the same mistake', async () => {
    const { nftoggle } = aMachine();
    const up = await nftoggle('up');
    await up.says(/^guarding /m);
    up.process.kill('SIGHUP');
    for (const name of ['interceptor', 'policy', 'wol', 'hooks', 'stats', 'api'])
      await up.says(new RegExp(`${name} +WARN +hung up`));
    up.process.kill('SIGTERM');
    await up.ended;
    expect(up.stderr.match(/ERROR not taken:\n +line 3 is wrong/g)).toHaveLength(1);
  });

  it('says in one sentence why a daemon ended that it starts again', async () => {
    const fault = JSON.stringify({
      level: 60,
      msg: 'a fault: ending',
      err: { message: 'x is\n no function' },
    });
    const { nftoggle } = aMachine({ policy: `console.log(${JSON.stringify(fault)}); process.exit(1);` });
    const up = await nftoggle('up');
    await up.says(/policy +WARN +ended \(code 1: x is no function\), starting it again/);
  });

  it('leaves no process behind when it is killed, and starts again over what is left', async () => {
    const { nftoggle, state } = aMachine();
    const killed = await nftoggle('up');
    await killed.says(/^guarding /m);
    const pids = children.map((name) => pidOf(state, name));
    killed.process.kill('SIGKILL');
    await killed.ended;
    const again = await nftoggle('up');
    await again.says(/^guarding /m);
    expect(pids.some(isAlive)).toBe(false);
  });

  it('takes away the mark that panic left', async () => {
    const { nftoggle, start, tables } = aMachine();
    await (await start(join(projectRoot, 'nftoggle'), 'panic')).ended;
    expect(await tables()).toContain('nftoggle-panic');
    const up = await nftoggle('up');
    await up.says(/removed the mark that `nftoggle panic` left/);
    await up.says(/^guarding /m);
    expect(await tables()).toBe('table inet nftoggle\n');
  });

  it('writes a configuration where there is none', async () => {
    const { nftoggle, state } = aMachine();
    const up = await nftoggle('up', '--config', join(state, 'new', 'own.yml'));
    await up.says(/wrote .*own\.yml, which hides SSH/);
    await up.says(/^guarding /m);
    expect(readFileSync(join(state, 'new', 'own.yml'), 'utf8')).toContain('22/tcp');
  });
});

describe('down', () => {
  it('stops a running up and removes the guard from its namespace, wherever it is called', async () => {
    const { nftoggle, state, tables } = aMachine();
    const up = await nftoggle('up');
    await up.says(/^guarding /m);
    const main = join(projectRoot, 'packages', 'cli', 'src', 'main.ts');
    const down = new Run(['unshare', '--net', process.execPath, main, 'down', '--state', state]);
    expect(await down.ended).toBe(0);
    expect(await up.ended).toBe(0);
    expect(down.stdout).toContain('stopped nftoggle; removed table inet nftoggle');
    expect(await tables()).toBe('');
  });
});
