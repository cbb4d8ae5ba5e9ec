// SPDX-License-Identifier: MIT
// Every container has the capabilities that docker-compose.yml names, and none that it could do without: take one away,
// and what it is for does not work any more.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLab, type Host, type Lab } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ComposedSystem, composeFile } from './composed-system.ts';

/** By bit number (linux/capability.h). */
const bits: Readonly<Record<string, number>> = {
  CHOWN: 0,
  DAC_READ_SEARCH: 2,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  NET_ADMIN: 12,
};
const { services } = parse(readFileSync(composeFile, 'utf8'), { merge: true }) as {
  services: Record<string, { cap_add?: readonly string[] }>;
};
const needed = (service: string): readonly string[] => services[service]?.cap_add ?? [];

/** Says who it is and stays, whatever it is told. */
const stayer = `#!/bin/sh
trap '' TERM
id -u > "$1/who"
id -g >> "$1/who"
echo $$ > "$1/pid"
sleep 600
`;

let lab: Lab;
let host: Host;
let system: ComposedSystem;
let override: string;

beforeAll(async () => {
  lab = await createLab({ only: ['gateway'] });
  host = lab.host('gateway');
  system = await ComposedSystem.prepare(host);
  override = join(system.directory, 'override.yml');
  mkdirSync(join(system.directory, 'out'));
  chmodSync(join(system.directory, 'out'), 0o777);
  writeFileSync(join(system.directory, 'stayer.sh'), stayer, { mode: 0o755 });
  system.writeConfig(`
version: 1
services:
  ssh: { ports: [22/tcp], allow: [lan] }
hooks:
  stayer: { on: [config_changed], run: [/etc/nftoggle/stayer.sh, /out], timeout: 2s }
`);
  await system.up();
}, 1_800_000);

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
}, 120_000);

/** Runs the service once more, by itself, with all that it has but this. */
function without(service: string, capability: string, argv: readonly string[] = []) {
  const left = needed(service).filter((each) => each !== capability);
  writeOverride(service, left);
  return system.compose(['--file', override, 'run', '--rm', '--no-deps', '-T', service, ...argv], {
    allowFailure: true,
    timeoutMs: 60_000,
  });
}

function writeOverride(service: string, capabilities: readonly string[]): void {
  const volumes = `    volumes: ["${join(system.directory, 'out')}:/out"]\n`;
  const list = capabilities.length === 0 ? '!reset []' : `!override [${capabilities.join(', ')}]`;
  writeFileSync(override, `services:\n  ${service}:\n    cap_add: ${list}\n${volumes}`);
}

describe('each container that runs', () => {
  it.each(Object.keys(services).filter((name) => name !== 'init'))(
    '%s has exactly those of the file',
    (name) => {
      const pid = system.pidOf(name === 'nats' ? 'nats-server' : (name as 'policy'));
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const has = (set: string): string | undefined =>
        new RegExp(`^${set}:\\t(\\w+)$`, 'm').exec(status)?.[1];
      const sum = needed(name).reduce((mask, each) => mask | (1n << BigInt(bits[each] ?? 99)), 0n);
      const expected = sum.toString(16).padStart(16, '0');
      expect({ effective: has('CapEff'), permitted: has('CapPrm'), bounding: has('CapBnd') }).toEqual({
        effective: expected,
        permitted: expected,
        bounding: expected,
      });
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(status).toMatch(/^Seccomp:\t2$/m);
    },
  );
});

describe('without', () => {
  it('NET_ADMIN the interceptor says that it cannot guard, and does not start', async () => {
    await system.compose(['stop', 'interceptor']);
    const { code, stdout } = await without('interceptor', 'NET_ADMIN');
    await system.compose(['start', 'interceptor']);
    expect(code).toBe(3);
    expect(stdout).toContain('CAP_NET_ADMIN');
  });

  it('CHOWN init cannot give the daemons what is theirs', async () => {
    await system.compose(['down', '--volumes']);
    const { code, stderr } = await without('init', 'CHOWN');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/EPERM/);
    expect((await system.compose(['run', '--rm', '-T', 'init'])).code).toBe(0);
  });

  it('DAC_READ_SEARCH init cannot read the keys that it gave away, the next time', async () => {
    const { code, stderr } = await without('init', 'DAC_READ_SEARCH');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/EACCES/);
    await system.up();
  });
});

describe('hooks', () => {
  /** What becomes of a program that does not end by itself. */
  async function runStayer(capabilities: readonly string[]): Promise<string> {
    writeOverride('hooks', capabilities);
    writeFileSync(join(system.directory, 'out', 'who'), '');
    chmodSync(join(system.directory, 'out', 'who'), 0o666);
    await system.compose(['--file', override, 'up', '--detach', '--no-deps', 'hooks']);
    await eventually(async () => (await system.status()).hooks !== null, { withinMs: 30_000 });
    // Who cannot end a program waits for it.
    const options = { allowFailure: true, timeoutMs: 20_000 };
    const said = await system.run(['hooks', 'test', 'stayer'], options).catch(() => undefined);
    return said === undefined ? 'nothing' : said.stdout + said.stderr;
  }

  it('with all of them run a program as nobody, and end it in time', async () => {
    const said = await runStayer(needed('hooks'));
    expect(readFileSync(join(system.directory, 'out', 'who'), 'utf8')).toBe('65534\n65534\n');
    expect(said).toMatch(/2 ?s|time/i);
    expect(isRunning()).toBe(false);
  });

  it.each(['SETUID', 'SETGID'])('without %s cannot run a program at all, and say so', async (capability) => {
    const said = await runStayer(needed('hooks').filter((each) => each !== capability));
    expect(said).toMatch(/EPERM|not permitted/);
    expect(readFileSync(join(system.directory, 'out', 'who'), 'utf8')).toBe('');
  });

  it('without KILL cannot end what they started', async () => {
    const said = await runStayer(needed('hooks').filter((each) => each !== 'KILL'));
    expect(said).toBe('nothing');
    expect(isRunning()).toBe(true);
  });

  /** By the command line: its number is that of its container. */
  function isRunning(): boolean {
    return system.processesWith('/etc/nftoggle/stayer.sh').length > 0;
  }
});
