// SPDX-License-Identifier: MIT
// A real boot: a small Debian with its own kernel, systemd and nft in QEMU, `nftoggle install` done to it, and a
// stranger on its cable who tries from before systemd starts until long after. The daemons never come up in it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UpSystem } from '../e2e/up-system.ts';

const checkout = join(import.meta.dirname, '../..');
const state = '/var/lib/docker/volumes/nftoggle_state/_data';
const config = `
version: 1
services:
  ssh: { ports: [22/tcp, 5000/udp], allow: [lan] }
`;
/** One that hangs is ended, in milliseconds; where each instruction is computed, a boot may take minutes. */
const patience = 15 * 60_000;

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patience,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output += text;
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** As an interceptor wrote it that guards by this configuration. */
async function bootScript(): Promise<string> {
  await using lab = await createLab({ only: ['gateway'] });
  await using system = await UpSystem.start(lab.host('gateway'), config);
  const file = join(system.directory, 'interceptor', 'boot.nft');
  return eventually(() => readFileSync(file, 'utf8'));
}

describe.each(['bookworm', 'trixie'])('Debian %s', (suite) => {
  let exchange: string;
  const read = (name: string): string => readFileSync(join(exchange, name), 'utf8');
  const code = (name: string): number => Number(read(`${name}.code`));
  const answers = (name: string): readonly string[] => [...new Set(read(name).trim().split('\n'))].sort();

  beforeAll(async () => {
    exchange = mkdtempSync(join(tmpdir(), 'nftoggle-boot-'));
    const root = await run([join(import.meta.dirname, 'root.sh'), suite]);
    expect(root, root.output).toMatchObject({ code: 0 });
    writeFileSync(join(exchange, 'root'), root.output.trim().split('\n').at(-1) ?? '');
    writeFileSync(join(exchange, 'boot.nft'), await bootScript(), { mode: 0o600 });
    writeFileSync(join(exchange, 'settings'), `checkout=${checkout}\nstate=${state}\n`);
    writeFileSync(join(exchange, 'prepare'), readFileSync(join(import.meta.dirname, 'prepare')));
    const env = { VM_EXCHANGE: exchange, VM_GUEST: join(import.meta.dirname, 'guest') };
    const inside = join(import.meta.dirname, 'inside');
    const vm = await run([join(checkout, 'test/vm/boot'), suite, 'bash', inside], env);
    expect(vm.code, `what its console said:\n${vm.output}`).toBe(0);
  }, 2 * patience);
  afterAll(() => rmSync(exchange, { recursive: true, force: true }));

  /** Microseconds since the kernel began, as systemd noted them of a unit. */
  function times(unit: string): Readonly<Record<string, string>> {
    const block = read('units')
      .split('\n\n')
      .find((text) => text.includes(`Id=${unit}\n`));
    if (block === undefined) throw new Error(`systemd says nothing of ${unit}`);
    return Object.fromEntries(
      block
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s)),
    );
  }
  const microseconds = (unit: string, what: string): number => Number(times(unit)[`${what}Monotonic`]);

  it('boots its own kernel, and every unit that matters succeeds', () => {
    expect(read('kernel')).toContain('amd64');
    expect(times('nftoggle-boot.service')).toMatchObject({ ActiveState: 'active', Result: 'success' });
    expect(times('networking.service')).toMatchObject({ ActiveState: 'active', Result: 'success' });
    expect(times('nftables.service')).toMatchObject({ ActiveState: 'active', Result: 'success' });
    expect(read('failed')).not.toMatch(/nft/);
  });

  it('has the table before network-pre.target, after the firewall that flushes, and before any interface', () => {
    const loaded = microseconds('nftoggle-boot.service', 'ExecMainExitTimestamp');
    const begun = microseconds('nftoggle-boot.service', 'ExecMainStartTimestamp');
    expect(begun).toBeGreaterThan(0);
    expect(microseconds('nftables.service', 'ActiveEnterTimestamp')).toBeLessThanOrEqual(begun);
    expect(loaded).toBeLessThanOrEqual(microseconds('network-pre.target', 'ActiveEnterTimestamp'));
    expect(loaded).toBeLessThanOrEqual(microseconds('networking.service', 'InactiveExitTimestamp'));
    expect(loaded).toBeLessThanOrEqual(microseconds('sysinit.target', 'ActiveEnterTimestamp'));
    expect(read('link-at-ifup')).toBe('down\n');
    expect(read('tables-at-ifup')).toContain('table inet nftoggle\n');
    expect(read('ruleset')).toMatch(/table inet nftoggle \{[\s\S]*\b22 : goto/);
  });

  it('answers a stranger from no guarded port, and from those beside them', () => {
    expect(code('controls')).toBe(0);
    const control = ['tcp 23', 'udp 5001'].flatMap((port) => [`${port} 192.0.2.1`, `${port} 2001:db8::1`]);
    expect(answers('answers-shut')).toEqual(control.sort());
  });

  it('is opened by `panic`, with no daemon there', () => {
    expect([code('panic'), read('panic')]).toEqual([
      0,
      expect.stringContaining('PANIC: table inet nftoggle'),
    ]);
    expect(code('opened')).toBe(0);
  });

  it('shuts nothing when the unit is started on a machine that is up', () => {
    expect([code('restart'), read('restart')]).toEqual([0, '']);
    expect(read('tables-after-restart')).not.toContain('nftoggle');
  });

  it('is installed and uninstalled while systemd runs', () => {
    expect([code('install-again'), read('enabled')]).toEqual([0, 'enabled\n']);
    expect(code('uninstall'), read('uninstall')).toBe(0);
    expect(read('uninstall')).toContain(`left in place: ${state}`);
    expect(read('left').trim().split('\n').sort()).toEqual([
      '/var/lib/docker/volumes/nftoggle_state',
      '/var/lib/docker/volumes/nftoggle_state/_data',
    ]);
  });

  it('runs `up` by a unit that systemd takes, and keeps it running', () => {
    expect([code('install-all'), code('verify'), code('start')]).toEqual([0, 0, 0]);
    expect(read('install-all')).toContain('`systemctl start nftoggle` does');
    expect(read('verify')).toBe('');
    for (const line of ['Restart=always', 'KillMode=mixed', 'TimeoutStopUSec=1min'])
      expect(read('started').split('\n')).toContain(line);
  });

  it('leaves nothing with --purge: no file, no unit, no table', () => {
    expect(code('purge'), read('purge')).toBe(0);
    expect(read('purged')).toBe('');
    expect(read('tables-purged')).not.toContain('nftoggle');
    expect(read('units-purged')).toBe('');
  });
});
