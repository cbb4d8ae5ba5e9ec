// SPDX-License-Identifier: MIT
// What wakes machines, and looks for what keeps them from waking, as the shell sees it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { WakeTrace, WakeTraceRequest } from '@nftoggle/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { currentUser } from './client/current-user.ts';
import { daemonWith, stateWith } from './fake-daemon.fixture.ts';
import { nftoggle } from './run-program.fixture.ts';
import { aStatus } from './status.fixture.ts';
import { temporaryDirectory } from './temporary-directory.fixture.ts';
import { lost, pieceOf, traceOf, woken } from './wake-trace.fixture.ts';

/** The command against a daemon that tells this trace, two steps at a time. */
async function tell(trace: WakeTrace, ...args: readonly string[]) {
  const daemon = await daemonWith({
    'POST /v1/wake': (body) => [200, pieceOf(trace, body as WakeTraceRequest, 2)],
  });
  const result = await nftoggle(...args, '--state', daemon.state);
  return { ...result, bodies: daemon.bodies };
}

describe('wake', () => {
  it('says in one line when the device is ready, and how long that took', async () => {
    const { bodies, ...result } = await tell(woken, 'wake', 'nas');
    expect(result).toEqual({ code: 0, stdout: 'nas is ready after 12.4 s\n', stderr: '' });
    const asked = { device: 'nas', patience: 5_000, doctor: false, by: currentUser() };
    expect(bodies).toEqual([0, 2, 4].map((after) => ({ ...asked, after })));
  });

  it('says so when there was nothing to wake', async () => {
    const text = '192.168.1.20 tcp/25565: ready, it was up already (3 ms)';
    const up = traceOf(true, { at: 3, step: 'ready', ok: true, text });
    expect(await tell(up, 'wake', 'nas')).toMatchObject({
      code: 0,
      stdout: 'nas was up already\n',
      stderr: '',
    });
  });

  it('ends with 7 when it was not ready in time, and says what may be wrong', async () => {
    expect(await tell(lost, 'wake', 'nas')).toMatchObject({
      code: 7,
      stdout: '',
      stderr: `nftoggle: nas is not ready: 192.168.1.20 tcp/25565: not ready within 60.0 s
  nothing was heard of it: is it plugged in?
`,
    });
  });

  it('ends with 1 when it was not even tried', async () => {
    const text = 'not woken again before 12:00:30: nothing was heard of it';
    const tooSoon = traceOf(false, { at: 300, step: 'failed', ok: false, text });
    expect(await tell(tooSoon, 'wake', 'nas')).toMatchObject({
      code: 1,
      stderr: `nftoggle: nas is not ready: ${text}\n`,
    });
    expect(await tell(traceOf(false), 'wake', 'nas')).toMatchObject({
      code: 1,
      stderr: 'nftoggle: nas is not ready: the wake ended without a word\n',
    });
  });

  it('shows with --trace each step with its time, and how it ended', async () => {
    const { code, stdout, stderr } = await tell(woken, 'wake', 'nas', '--trace');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`  0.3 s  ·  probe      192.168.1.20 tcp/25565: no answer within 300 ms
  0.3 s  ✓  path       eth0 has 192.168.1.1 in 192.168.1.0/24
  0.3 s  ✓  packets    magic packet 1 for 00:11:32:aa:bb:cc: 6 of 6 sent
 11.9 s  ✓  alive      192.168.1.20 answers, and refuses tcp/25565
 12.7 s  ✓  ready      192.168.1.20 tcp/25565: ready 12.4 s after the wake began
nas is ready after 12.4 s
`);
  });

  it('does not repeat advice that --trace has shown', async () => {
    const { code, stdout, stderr } = await tell(lost, 'wake', 'nas', '--trace');
    expect(code).toBe(7);
    expect(stdout).toMatch(/\n {1}60\.3 s {2}· {2}advice {5}nothing was heard of it: is it plugged in\?\n$/);
    expect(stderr).toBe('nftoggle: nas is not ready: 192.168.1.20 tcp/25565: not ready within 60.0 s\n');
  });

  it.each([[[]], [['--trace']]])('gives scripts all steps at its end, failed or not: %j', async (args) => {
    const ready = await tell(woken, 'wake', 'nas', '-o', 'json', ...args);
    expect([ready.code, JSON.parse(ready.stdout)]).toEqual([0, woken]);
    const failed = await tell(lost, 'wake', 'nas', '-o', 'json', ...args);
    expect([failed.code, JSON.parse(failed.stdout)]).toEqual([7, lost]);
  });

  it('shows a step when it happens, and leaves without a word when it is interrupted', async () => {
    const state = await stateWith({
      'POST /v1/wake': (body) => {
        const piece = { ...pieceOf(woken, body as WakeTraceRequest, 1), done: false };
        return piece.steps[0]?.step === 'alive' ? new Promise(() => undefined) : [200, piece];
      },
    });
    const main = join(import.meta.dirname, 'main.ts');
    const child = spawn(process.execPath, [main, 'wake', 'nas', '--trace', '--state', state]);
    onTestFinished(() => void child.kill('SIGKILL'));
    let stdout = '';
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (data) => {
        stdout += data;
        if (stdout.includes('magic packet 1')) resolve();
      });
    });
    child.kill('SIGINT');
    await once(child, 'close');
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect([stderr, child.signalCode]).toEqual(['', 'SIGINT']);
  });
});

describe('doctor wake', () => {
  const asleep = traceOf(
    true,
    { at: 0, step: 'path', ok: true, text: 'eth0 has 192.168.1.1 in 192.168.1.0/24' },
    { at: 1_500, step: 'probe', ok: null, text: '192.168.1.20 any answer: no answer within 1500 ms' },
    { at: 1_500, step: 'advice', ok: null, text: 'it sleeps or is switched off' },
  );
  const noPath = traceOf(
    false,
    { at: 0, step: 'path', ok: false, text: 'no network of this host contains 192.168.7.20' },
    { at: 1_500, step: 'advice', ok: null, text: 'it is in another network' },
  );

  it('shows the same steps, and wakes nothing', async () => {
    const { code, stdout, stderr, bodies } = await tell(asleep, 'doctor', 'wake', 'nas');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`  0.0 s  ✓  path       eth0 has 192.168.1.1 in 192.168.1.0/24
  1.5 s  ·  probe      192.168.1.20 any answer: no answer within 1500 ms
  1.5 s  ·  advice     it sleeps or is switched off
nothing wrong was found; nothing was woken. To try it: nftoggle wake nas --trace
`);
    expect(bodies).toMatchObject([{ doctor: true }, { doctor: true }]);
  });

  it('ends with 1 when something is wrong', async () => {
    const { code, stdout, stderr } = await tell(noPath, 'doctor', 'wake', 'nas');
    expect(code).toBe(1);
    expect(stdout).toContain('  0.0 s  ✗  path       no network of this host contains 192.168.7.20\n');
    expect(stdout).toContain('  1.5 s  ·  advice     it is in another network\n');
    expect(stderr).toBe(
      'nftoggle: something is wrong with waking nas: see what is marked ✗. Nothing was woken\n',
    );
  });

  it('gives scripts the steps', async () => {
    const { code, stdout } = await tell(noPath, 'doctor', 'wake', 'nas', '-o', 'json');
    expect([code, JSON.parse(stdout)]).toEqual([1, noPath]);
  });

  it('wants a topic, and names those that there are', async () => {
    const { code, stdout, stderr } = await nftoggle('doctor');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('wake [options] <device>');
    expect(await nftoggle('doctor', 'sleep', 'nas')).toMatchObject({ code: 2, stdout: '' });
    expect((await nftoggle('doctor', 'wake', '--help')).stdout).toContain('wake nothing');
  });
});

describe.each([[['wake']], [['doctor', 'wake']]])('%j of a device that cannot be woken', (command) => {
  const refusal = { error: 'unknown_name', message: 'nsa is no device that can be woken' };

  async function refused(device: string, ...names: readonly string[]) {
    const { wol, ...rest } = aStatus();
    const devices = names.map((name) => ({ device: name, expected: null }));
    const state = await stateWith({
      'POST /v1/wake': [404, refusal],
      '/v1/status': [200, { ...rest, wol: wol && { ...wol, devices } }],
    });
    return nftoggle(...command, device, '--state', state);
  }

  it.each([
    ['nsa', ['pc', 'nas'], 'Did you mean "nas"?'],
    ['nsa', ['server', 'media-box'], 'Those that can be woken: server, media-box.'],
    ['nsa', [], 'No device of the configuration has "wake:".'],
  ])('%s, of %j, ends with 6 and says: %s', async (device, names, hint) => {
    expect(await refused(device, ...names)).toEqual({
      code: 6,
      stdout: '',
      stderr: `nftoggle: nsa is no device that can be woken. ${hint}\n`,
    });
  });

  it('adds nothing where the name is right and something else is not', async () => {
    expect(await refused('nsa', 'nsa')).toMatchObject({ code: 6, stderr: `nftoggle: ${refusal.message}\n` });
  });

  it('knows names that no device can have', async () => {
    expect(await refused('NAS', 'nas')).toMatchObject({
      code: 6,
      stderr: 'nftoggle: "NAS" is the name of no device. Did you mean "nas"?\n',
    });
  });

  it('ends with 5 when wol, or all of nftoggle, is silent', async () => {
    const silence = { error: 'no_answer', message: 'The wol daemon, which wakes devices, does not answer.' };
    const state = await stateWith({ 'POST /v1/wake': [503, silence] });
    expect(await nftoggle(...command, 'nas', '--state', state)).toEqual({
      code: 5,
      stdout: '',
      stderr: `nftoggle: ${silence.message}\n`,
    });
    const { code, stderr } = await nftoggle(...command, 'NAS', '--state', temporaryDirectory());
    expect([code, stderr]).toEqual([5, 'nftoggle is not running here: start it with `nftoggle up`\n']);
  });
});
