// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { Child } from './child.ts';
import { CommandFailed, runCommand } from './command.ts';

describe('runCommand', () => {
  it('gives code, output and the input it was handed', async () => {
    const result = await runCommand(['sh', '-c', 'cat; echo no >&2; exit 3'], {
      input: 'yes',
      allowFailure: true,
    });
    expect(result).toEqual({ code: 3, stdout: 'yes', stderr: 'no\n' });
  });

  it('fails on a code other than 0, naming the program and what it said', async () => {
    const failing = runCommand(['sh', '-c', 'echo why >&2; exit 3']);
    await expect(failing).rejects.toThrow(CommandFailed);
    await expect(failing).rejects.toThrow(/sh -c .* ended with 3: why/);
  });

  it('kills what does not end in time, and says so even when failure is allowed', async () => {
    const late = runCommand(['sleep', '60'], { timeoutMs: 50, allowFailure: true });
    await expect(late).rejects.toThrow(/did not end within 50 ms/);
  });

  it('fails when there is no such program', async () => {
    await expect(runCommand(['/nowhere/nothing'])).rejects.toThrow(/ENOENT/);
  });

  it('hands arguments over untouched', async () => {
    expect((await runCommand(['echo', '$HOME; `id`'])).stdout).toBe('$HOME; `id`\n');
  });
});

describe('Child', () => {
  it('finds a line whether it was printed before or after the waiting began', async () => {
    const child = new Child(['sh', '-c', 'echo first; read x; echo second $x >&2']);
    await child.waitFor(/^first$/, 5000);
    child.write('word\n');
    expect((await child.waitFor(/second (\w+)/, 5000))[1]).toBe('word');
    expect((await child.waitFor(/^first$/, 0))[0]).toBe('first');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it('shows the output when a line does not come', async () => {
    const child = new Child(['sh', '-c', 'echo other; sleep 60']);
    await child.waitFor(/other/, 5000);
    await expect(child.waitFor(/never/, 20)).rejects.toThrow(/not within 20 ms; printed:\n {2}stdout: other/);
    await child.stop();
  });

  it('does not wait for a line of a process that has ended', async () => {
    const child = new Child(['true']);
    await expect(child.waitFor(/never/, 30_000)).rejects.toThrow(/it ended before/);
  });

  it('gives every stdout line to every reader, from the first to the last', async () => {
    const child = new Child(['sh', '-c', 'echo one; echo aside >&2; echo two']);
    const read = async () => {
      const lines: string[] = [];
      for await (const line of child.stdout) lines.push(line);
      return lines;
    };
    expect(await Promise.all([read(), read()])).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
    expect(await read()).toEqual(['one', 'two']);
  });

  it('has ended when the process has, though a child of its own holds on to the output', async () => {
    const child = new Child(['sh', '-c', 'sleep 20 & echo $!']);
    const [grandchild] = await child.waitFor(/^\d+$/, 5000);
    expect((await child.exited).code).toBe(0);
    process.kill(Number(grandchild));
  });

  it('kills what does not heed the signal', async () => {
    const child = new Child(['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done']);
    await child.waitFor(/ready/, 5000);
    expect((await child.stop('SIGTERM', 50)).signal).toBe('SIGKILL');
  });
});
