// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { Children } from './children.ts';
import type { LogLine } from './log-line.ts';
import { type ChildEnd, type ChildPlan, SupervisedChild } from './supervised-child.ts';

const silent = { onLine: () => undefined, onEnd: () => undefined };

function planFor(directory: string, name: string, script: string): ChildPlan {
  return {
    name,
    argv: ['sh', '-c', script],
    env: process.env,
    logFile: join(directory, `${name}.log`),
    pidFile: join(directory, `${name}.pid`),
  };
}

/** Runs a shell script as a supervised child until the test ends. */
function supervise(script: string) {
  const directory = temporaryDirectory();
  const lines: LogLine[] = [];
  const ends: ChildEnd[] = [];
  const plan = planFor(directory, 'child', script);
  const child = new SupervisedChild(plan, {
    onLine: (_name, line) => lines.push(line),
    onEnd: (_name, end) => ends.push(end),
  });
  onTestFinished(() => child.stop());
  child.start();
  return { child, lines, ends, plan, directory };
}

function pidIn({ pidFile }: ChildPlan): number {
  return Number(readFileSync(pidFile, 'utf8'));
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}

describe('a supervised child', () => {
  it('is started again at once, then ever later', async () => {
    const { ends } = supervise('exit 7');
    await vi.waitFor(() => expect(ends.length).toBeGreaterThanOrEqual(4), 5_000);
    expect(ends.slice(0, 4).map(({ code, restartIn }) => [code, restartIn])).toEqual([
      [7, 0],
      [7, 100],
      [7, 200],
      [7, 400],
    ]);
  });

  it('runs again after somebody killed it', async () => {
    const { child, ends, plan } = supervise('exec sleep 100');
    const first = pidIn(plan);
    child.signal('SIGKILL');
    await vi.waitFor(() => expect(ends).toMatchObject([{ signal: 'SIGKILL', restartIn: 0 }]));
    await vi.waitFor(() => expect(isAlive(pidIn(plan))).toBe(true));
    expect(pidIn(plan)).not.toBe(first);
  });

  it('is started again though a process of its own still holds its streams', async () => {
    const { ends } = supervise('sleep 5 & exit 1');
    await vi.waitFor(() => expect(ends.length).toBe(1));
  });

  it('tells its last fatal message with its exit code', async () => {
    const { ends } = supervise(`echo '{"level":60,"msg":"no such queue"}'; exit 3`);
    await vi.waitFor(() => expect(ends[0]).toMatchObject({ code: 3, fatal: 'no such queue' }));
  });

  it('tells the error itself where a fatal message has words around it', async () => {
    const line = '{"level":60,"err":{"message":"x is not a function"},"msg":"a fault: ending"}';
    const { ends } = supervise(`echo '${line}'; exit 1`);
    await vi.waitFor(() => expect(ends[0]).toMatchObject({ code: 1, fatal: 'x is not a function' }));
  });

  it('has what it says on both streams reported and logged', async () => {
    const { lines, plan } = supervise(`echo '{"level":30,"msg":"hello"}'; echo oops >&2; exec sleep 100`);
    await vi.waitFor(() => expect(lines.map(({ message }) => message).sort()).toEqual(['hello', 'oops']));
    expect(readFileSync(plan.logFile, 'utf8').split('\n')).toContain('oops');
  });

  it('is gone after a stop, and not started again', async () => {
    const { child, ends, plan } = supervise('exec sleep 100');
    const pid = pidIn(plan);
    expect(isAlive(pid)).toBe(true);
    await child.stop();
    expect(isAlive(pid)).toBe(false);
    expect(ends).toEqual([]);
    expect(existsSync(plan.pidFile)).toBe(false);
  });

  it('is not started by a restart that was due when the stop came', async () => {
    const { child, ends, plan } = supervise('exit 1');
    await vi.waitFor(() => expect(ends.length).toBe(3));
    await child.stop();
    await new Promise((resolve) => setTimeout(resolve, (ends[2]?.restartIn ?? 0) + 100));
    expect(ends.length).toBe(3);
    expect(existsSync(plan.pidFile)).toBe(false);
  });

  it('leads a session of its own, so that Ctrl-C in the terminal does not reach it', () => {
    const { plan } = supervise('exec sleep 100');
    const pid = pidIn(plan);
    const [, , , , session] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/\(.*\)/, 'x')
      .split(' ')
      .slice(1);
    expect(Number(session)).toBe(pid);
  });

  it('reports a program that is not there instead of throwing', async () => {
    const directory = temporaryDirectory();
    const ends: ChildEnd[] = [];
    const plan = { ...planFor(directory, 'child', ''), env: { PATH: '/nowhere' } };
    const child = new SupervisedChild(plan, { ...silent, onEnd: (_name, end) => ends.push(end) });
    onTestFinished(() => child.stop());
    child.start();
    await vi.waitFor(() => expect(ends[0]?.fatal).toContain('ENOENT'));
  });

  it('dies with a supervisor that was killed', async () => {
    const directory = temporaryDirectory();
    const pidFile = join(directory, 'child.pid');
    const plan = planFor(directory, 'child', 'exec sleep 1000');
    const program = `
      import { SupervisedChild } from ${JSON.stringify(join(import.meta.dirname, 'supervised-child.ts'))};
      new SupervisedChild({ ...${JSON.stringify(plan)}, env: process.env }, { onLine() {}, onEnd() {} }).start();
      setInterval(() => {}, 1000);`;
    const supervisor = spawn(process.execPath, ['--input-type=module', '--eval', program]);
    onTestFinished(() => void supervisor.kill('SIGKILL'));
    const cmdline = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const pid = await vi.waitFor(() => {
      const found = Number(readFileSync(pidFile, 'utf8'));
      expect(cmdline(found)).toMatch(/^sleep/);
      return found;
    }, 5_000);
    supervisor.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 5_000);
  });
});

describe('the children together', () => {
  it('are stopped one after the other, in the order that was asked for', async () => {
    const directory = temporaryDirectory();
    const order = join(directory, 'order');
    const script = (name: string): string =>
      `trap 'sleep 0.1; echo ${name} >> ${order}; exit 0' TERM; echo ready; while :; do sleep 0.01; done`;
    const names = ['interceptor', 'nats-server', 'policy', 'wol', 'api'];
    const ready = new Set<string>();
    const children = new Children(
      names.map((name) => planFor(directory, name, script(name))),
      ['api', 'policy', 'interceptor', 'wol', 'nats-server'],
      { ...silent, onLine: (name) => ready.add(name) },
    );
    onTestFinished(() => children.stop());
    children.start();
    await vi.waitFor(() => expect(ready.size).toBe(5));
    await Promise.all([children.stop(), children.stop()]);
    expect(readFileSync(order, 'utf8').trim().split('\n')).toEqual([
      'api',
      'policy',
      'interceptor',
      'wol',
      'nats-server',
    ]);
  });
});
