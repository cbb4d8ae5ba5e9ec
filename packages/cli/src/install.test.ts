// SPDX-License-Identifier: MIT
// `nftoggle install` and `nftoggle uninstall`, in directory trees. On a machine that systemd boots, see test/boot.
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from './paths.ts';
import { asNobody, run } from './run-program.fixture.ts';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

const launcher = join(projectRoot, 'nftoggle');
const units = 'etc/systemd/system';
const bootUnit = `${units}/nftoggle-boot.service`;
const upUnit = `${units}/nftoggle.service`;
const bootLink = `${units}/sysinit.target.wants/nftoggle-boot.service`;
const upLink = `${units}/multi-user.target.wants/nftoggle.service`;

let tree: string;
beforeEach(() => {
  tree = temporaryDirectory();
  // A machine has these, and they are not empty.
  for (const target of ['sysinit', 'multi-user']) put(`${units}/${target}.target.wants/README`, 'kept');
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

const read = (path: string): string => readFileSync(join(tree, path), 'utf8');
const nftoggle = (command: string, ...args: readonly string[]) =>
  run(launcher, [command, '--root', tree, ...args]);

/** Everything in the tree, with what is in it or where it leads. */
function contents(directory = ''): Record<string, string> {
  const entries = readdirSync(join(tree, directory)).map((name): Record<string, string> => {
    const path = join(directory, name);
    const found = lstatSync(join(tree, path));
    if (found.isSymbolicLink()) return { [path]: `→ ${readlinkSync(join(tree, path))}` };
    return found.isDirectory() ? { [`${path}/`]: '', ...contents(path) } : { [path]: read(path) };
  });
  return Object.assign({}, ...entries) as Record<string, string>;
}

describe('install', () => {
  it('writes both units and enables them, and a second time changes nothing', async () => {
    const before = Object.keys(contents());
    expect(await nftoggle('install')).toMatchObject({ code: 0, stderr: '' });
    const after = contents();
    const fresh = Object.keys(after).filter((path) => !before.includes(path));
    expect(fresh.sort()).toEqual([bootUnit, upUnit, bootLink, upLink].sort());
    expect([after[bootLink], after[upLink]]).toEqual([`→ /${bootUnit}`, `→ /${upUnit}`]);
    await nftoggle('install');
    expect(contents()).toEqual(after);
  });

  it('makes units in which systemd finds nothing wrong', async () => {
    for (const target of ['sysinit', 'multi-user'])
      rmSync(join(tree, units, `${target}.target.wants`), { recursive: true });
    await nftoggle('install', '--state', '/srv/guard', '--config', '/etc/guard.yml');
    const verify = (...paths: readonly string[]) =>
      run('systemd-analyze', ['verify', '--man=no', ...paths.map((path) => join(tree, path))]);
    expect(await verify(bootUnit, upUnit)).toEqual({ code: 0, stdout: '', stderr: '' });
    put(bootUnit, read(bootUnit).replace('oneshot', 'oneshoot'));
    expect((await verify(bootUnit)).stderr).toContain('oneshoot');
  });

  it('loads the file of the state directory, before the network, and tells `up` the same directory', async () => {
    await nftoggle('install', '--state', '/srv/guard', '--config', '/etc/guard.yml');
    const boot = read(bootUnit);
    expect(boot).toMatch(/^ExecStart=.* exec \S+\/nft -f \/srv\/guard\/interceptor\/boot\.nft'$/m);
    expect(boot).toMatch(/^ConditionPathExists=\/srv\/guard\/interceptor\/boot\.nft$/m);
    expect(boot).toMatch(/^Before=network-pre\.target sysinit\.target /m);
    const up = `${launcher} up --state /srv/guard --config /etc/guard.yml`;
    expect(read(upUnit)).toContain(`ExecStart=${up}\n`);
  });

  it('installs what shuts the ports alone with --boot-only, and says what else there is', async () => {
    const { stdout } = await nftoggle('install', '--boot-only', '--state', '/var/lib/docker/volumes/x/_data');
    expect(stdout).toContain('Not installed: what starts nftoggle itself');
    expect(Object.keys(contents())).not.toContain(upUnit);
    expect(read(bootUnit)).toContain('State=/var/lib/docker/volumes/x/_data\n');
    await nftoggle('install');
    const again = await nftoggle('install', '--boot-only');
    expect(again.stdout).toContain('nftoggle.service is there from before and was left alone');
    expect(Object.keys(contents())).toContain(upUnit);
  });

  it.each([bootUnit, upUnit])('leaves a unit alone that it did not write: %s', async (unit) => {
    put(unit, '[Unit]\nDescription=mine\n');
    const before = contents();
    for (const command of ['install', 'uninstall']) {
      const { code, stderr } = await nftoggle(command);
      expect([code, stderr]).toEqual([
        3,
        expect.stringContaining('not from `nftoggle install`: nothing was changed'),
      ]);
    }
    expect(contents()).toEqual(before);
  });

  it.each([
    [['--boot'], 'install does not know "--boot"'],
    [['extra'], 'install does not know "extra"'],
    [['--state'], '--state needs a value'],
    [['--state='], '--state needs a value'],
    [['--state', '/srv/with blank'], 'cannot name'],
    [['--state', '/srv/100%'], 'cannot name'],
    [['--config', '/etc/$HOME.yml'], 'cannot name'],
    [['--boot-only', '--config', '/x.yml'], '--boot-only starts nothing'],
    [['--purge'], 'install does not know "--purge"'],
    [['--root', '/nowhere'], 'there is no directory /nowhere'],
  ])('changes nothing on a command line that it cannot follow: %j', async (args, problem) => {
    const before = contents();
    const { code, stdout, stderr } = await nftoggle('install', ...args);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(problem)]);
    expect(contents()).toEqual(before);
  });

  it.each(['install', 'uninstall'])('%s shows its help, and does nothing', async (command) => {
    const before = contents();
    const { code, stdout } = await nftoggle(command, '--help');
    expect([code, stdout]).toEqual([0, expect.stringContaining(`Usage: nftoggle ${command}`)]);
    expect(contents()).toEqual(before);
  });

  it.each(['install', 'uninstall'])(
    '%s says what it needs where systemd does not run, or to who is not root',
    async (command) => {
      const noSystemd = ['--mount', 'sh', '-c', `mount -t tmpfs none /run && exec ${launcher} ${command}`];
      expect(await run('unshare', noSystemd)).toEqual({
        code: 3,
        stdout: '',
        stderr: expect.stringContaining('systemd does not run this machine'),
      });
      const [program = '', ...args] = asNobody(launcher, command);
      expect(await run(program, args)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('needs root'),
      });
    },
  );
});

describe('uninstall', () => {
  it('leaves the tree as it was before `install`', async () => {
    const before = contents();
    await nftoggle('install');
    expect(contents()).not.toEqual(before);
    expect(await nftoggle('uninstall')).toMatchObject({ code: 0, stderr: '' });
    expect(contents()).toEqual(before);
    expect(await nftoggle('uninstall')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('takes away what is loaded at boot, from where `install` was told, and leaves state and configuration', async () => {
    put('etc/nftoggle/nftoggle.yml', 'version: 1\n');
    put('srv/guard/nats/store', 'grants');
    const before = contents();
    await nftoggle('install', '--state', '/srv/guard');
    put('srv/guard/interceptor/boot.nft', 'table inet nftoggle {}\n');
    const { stdout } = await nftoggle('uninstall');
    expect(contents()).toEqual(before);
    for (const place of ['/etc/nftoggle', '/srv/guard'])
      expect(stdout).toContain(`left in place: ${tree}${place} `);
  });

  it('leaves nothing at all with --purge', async () => {
    const before = contents();
    await nftoggle('install');
    put('etc/nftoggle/nftoggle.yml', 'version: 1\n');
    put('etc/nftoggle/notify', '#!/bin/sh\n');
    for (const file of ['interceptor/boot.nft', 'nats/store', 'secrets/api.password', 'log/api.log'])
      put(`var/lib/nftoggle/${file}`, 'x');
    const { stdout } = await nftoggle('uninstall', '--purge');
    expect(stdout).toContain('nothing of nftoggle is left');
    for (const directory of ['var/lib', 'var']) rmSync(join(tree, directory), { recursive: true });
    expect(contents()).toEqual(before);
  });

  it('purges no more than its own from a directory that it was told, and says what is left there', async () => {
    await nftoggle('install', '--boot-only', '--state', '/srv');
    put('srv/interceptor/boot.nft', 'x');
    put('srv/stats/stats.db', 'x');
    put('srv/photos/1.jpg', 'mine');
    const { stdout } = await nftoggle('uninstall', '--purge');
    expect(readdirSync(join(tree, 'srv'))).toEqual(['photos']);
    expect(stdout).toContain(`left in place: ${tree}/srv (1 entries`);
  });
});
