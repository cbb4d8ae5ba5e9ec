// SPDX-License-Identifier: MIT
// The command as the shell sees it: a process, its exit code, and what it writes where.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anExplanation } from './explanation.fixture.ts';
import { stateWith } from './fake-daemon.fixture.ts';
import { asNobody, nftoggle, run } from './run-program.fixture.ts';
import { aStatus } from './status.fixture.ts';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

const explanation = anExplanation();

describe('status', () => {
  it('shows a page to people, without colours in a pipe', async () => {
    const state = await stateWith({ '/v1/status': [200, aStatus()] });
    const { code, stdout, stderr } = await nftoggle('status', '--state', state);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('nftoggle 0.1.0 on gate: guarding\n');
  });

  it('gives scripts the JSON of the contract, and nothing beside it', async () => {
    const state = await stateWith({ '/v1/status': [200, aStatus()] });
    const { code, stdout } = await nftoggle('status', '--state', state, '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(aStatus());
  });

  it('ends with 5 and says how to start when nobody is there', async () => {
    const { code, stdout, stderr } = await nftoggle('status', '--state', temporaryDirectory(), '-o', 'json');
    expect([code, stdout]).toEqual([5, '']);
    expect(stderr).toBe('nftoggle is not running here: start it with `nftoggle up`\n');
  });

  it('says so when the guard is loaded though nobody runs', async () => {
    const main = join(import.meta.dirname, 'main.ts');
    const script = 'nft add table inet nftoggle && exec "$@"';
    const state = temporaryDirectory();
    const args = ['--net', 'sh', '-c', script, 'sh', process.execPath, main, 'status', '--state', state];
    const { code, stderr } = await run('unshare', args);
    expect(code).toBe(5);
    expect(stderr).toContain(
      'A guard is loaded all the same. It may belong to an nftoggle with another --state',
    );
  });

  it('refuses an answer that is not a status', async () => {
    const state = await stateWith({ '/v1/status': [200, { hello: 'world' }] });
    const { code, stdout, stderr } = await nftoggle('status', '--state', state);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('different versions: restart it: Ctrl-C or SIGTERM to `up`, then `nftoggle up`');
  });
});

describe('why', () => {
  const path = '/v1/why?source=203.0.113.66&service=ssh';

  it('answers a denial with 0, the sentence and each condition', async () => {
    const state = await stateWith({ [path]: [200, explanation] });
    const { code, stdout } = await nftoggle('why', '203.0.113.66', 'ssh', '--state', state);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `deny: none of the 2 rules of ssh matches 203.0.113.66
  source        203.0.113.66
  service       ssh
  reason        no_rule: no rule matches the source, and the default is to deny
  rule          none
  next allowed  never, as far as can be foreseen
  revision      3fa0c1d2e4b5
  ✗  services.ssh.allow[0]  source is lan
  ✗  services.ssh.allow[1]  source is in group vpn
`,
    );
  });

  it('tells until when, and how long that is', async () => {
    const until = new Date(Date.now() + 12.2 * 60_000).toISOString();
    const answer = anExplanation({ decision: 'allow', reason: 'rule_allows', until, bound: 'window_end' });
    const state = await stateWith({ [path]: [200, answer] });
    const { stdout } = await nftoggle('why', '203.0.113.66', 'ssh', '--state', state);
    expect(stdout).toMatch(
      /^ {2}until +(tomorrow )?\d\d:\d\d \(Europe\/Berlin\), in 12 min: window closes$/m,
    );
  });

  it('passes on the moment that was asked about as it was written', async () => {
    const state = await stateWith({ [`${path}&at=fri+20%3A55`]: [200, explanation] });
    expect(await nftoggle('why', '203.0.113.66', 'ssh', '--at', 'fri 20:55', '--state', state)).toMatchObject(
      { code: 0, stderr: '' },
    );
  });

  it('gives scripts the explanation as it came', async () => {
    const state = await stateWith({ [path]: [200, explanation] });
    const { stdout } = await nftoggle('why', '203.0.113.66', 'ssh', '--state', state, '-o', 'json');
    expect(JSON.parse(stdout)).toEqual(explanation);
  });

  it.each([
    [404, 6],
    [400, 2],
    [422, 2],
    [409, 1],
    [503, 5],
    [500, 1],
  ])('turns status %i into exit code %i with the message on stderr', async (status, expected) => {
    const state = await stateWith({ [path]: [status, { error: 'e', message: 'this is why' }] });
    const { code, stdout, stderr } = await nftoggle('why', '203.0.113.66', 'ssh', '--state', state);
    expect([code, stdout, stderr]).toEqual([expected, '', 'nftoggle: this is why\n']);
  });
});

const fullConfig = `version: 1
timezone: Europe/Berlin
devices:
  leo-laptop: { mac: 3c:22:fb:aa:bb:cc }
  console: { mac: 0c:fe:45:12:34:56, address: 192.168.1.30 }
people:
  mum: { role: parent, devices: [console] }
  leo:
    role: child
    devices: [leo-laptop]
    allowance: { daily: 1h30m, weekly: 8h, services: [minecraft] }
services:
  ssh: { ports: [22/tcp], allow: [lan, { from: 203.0.113.7, expires: 2020-01-01 }] }
  minecraft:
    ports: [25565/tcp, 19132/udp]
    deny: [{ from: any, not_countries: [DE] }]
    allow:
      - { from: leo, windows: [mon-fri 16:00-18:00, sat-sun 10:00-21:00] }
      - { from: console, windows: fri 18:00-23:30, allowance: { daily: 2h } }
  closed: { ports: [99/tcp] }
`;

describe('check', () => {
  function configFile(content: string): string {
    const file = join(temporaryDirectory(), 'nftoggle.yml');
    writeFileSync(file, content);
    return file;
  }

  it('says what a right file guards', async () => {
    const file = configFile('version: 1\nservices:\n  ssh:\n    ports: [22/tcp]\n    allow: [lan]\n');
    const { code, stdout, stderr } = await nftoggle('check', file);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /nftoggle\.yml is right: 1 service, mode enforce, revision [0-9a-f]{12}, times in \S+\n {2}ssh {2}22\/tcp {2}0 deny, 1 allow\n$/,
    );
  });

  it('shows people and what limits rules, and warns of what cannot be meant', async () => {
    const file = configFile(fullConfig);
    const { code, stdout, stderr } = await nftoggle('check', file);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').slice(1).join('\n')).toBe(
      `  ssh        22/tcp               0 deny, 2 allow
  minecraft  25565/tcp 19132/udp  1 deny, 2 allow
  closed     99/tcp               nobody may use it
limits
  ssh.allow[1]        expires 2020-01-02 00:00
  minecraft.deny[0]   countries not DE
  minecraft.allow[0]  mon-fri 16:00-18:00, sat-sun 10:00-21:00
  minecraft.allow[1]  fri 18:00-23:30; allowance 2h daily
people
  mum  parent  console     no allowance
  leo  child   leo-laptop  1h30m daily, 8h weekly for minecraft
warning: services.ssh.allow[1] expired 2020-01-02 00:00 (Europe/Berlin): it lets nobody in any more
`,
    );
    const json = JSON.parse((await nftoggle('check', file, '-o', 'json')).stdout);
    expect(json).toMatchObject({ ok: true, people: [{ name: 'mum' }, { name: 'leo', role: 'child' }] });
    expect(json.warnings).toHaveLength(1);
  });

  it('shows how devices are woken, by which services, and when they are ready', async () => {
    const file = configFile(`version: 1
devices:
  nas: { mac: 00:11:32:aa:bb:cc, address: 192.168.1.20, wake: { ready: tcp/22, timeout: 2m } }
  vm: { address: 192.168.1.21, wake: { run: [/usr/local/bin/vm-on, "7"], ready: settle 20s } }
  pc: { mac: [00:11:32:aa:bb:cd, 00:11:32:aa:bb:ce], address: 192.168.1.22, wake: true }
  tv: { mac: 00:11:32:aa:bb:cf, address: 192.168.1.23, wake: { ready: ping } }
  printer: { address: 192.168.1.24 }
services:
  files: { ports: [445/tcp], to: nas, allow: [lan] }
  game: { ports: [25565/tcp], to: [vm, nas], allow: [lan] }
  print: { ports: [631/tcp], to: printer, allow: [lan] }
  video: { ports: [8009/tcp], to: tv, wake: false, allow: [lan] }
`);
    const { code, stdout } = await nftoggle('check', file);
    expect(code).toBe(0);
    expect(stdout.slice(stdout.indexOf('can be woken'))).toBe(
      `can be woken
  nas  00:11:32:aa:bb:cc                    ready when 22/tcp answers, 2m at most                 for files, game
  vm   runs /usr/local/bin/vm-on 7          ready when 20s after it first answers, 1m30s at most  for game
  pc   00:11:32:aa:bb:cd 00:11:32:aa:bb:ce  ready when the asked port answers, 1m30s at most      by \`nftoggle wake\` alone
  tv   00:11:32:aa:bb:cf                    ready when it answers a ping, 1m30s at most           by \`nftoggle wake\` alone
`,
    );
    const json = JSON.parse((await nftoggle('check', file, '-o', 'json')).stdout);
    expect(json.wakes[0]).toEqual({
      device: 'nas',
      by: '00:11:32:aa:bb:cc',
      ready: '22/tcp answers',
      timeout: '2m',
      services: ['files', 'game'],
    });
  });

  it('warns of files that hooks name and that are not what they should be', async () => {
    const directory = temporaryDirectory();
    const path = (name: string) => join(directory, name);
    writeFileSync(path('asleep.sh'), '#!/bin/sh\n', { mode: 0o644 });
    writeFileSync(path('awake.sh'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(path('empty.key'), ' \n');
    writeFileSync(path('good.key'), 'whsec_c2VjcmV0');
    const file = configFile(`version: 1
hooks:
  gone: { on: [access_denied], run: [${path('gone.sh')}] }
  asleep: { on: [access_denied], run: [${path('asleep.sh')}, --json] }
  awake: { on: [access_denied], run: [${path('awake.sh')}] }
  folder: { on: [access_denied], run: [${directory}] }
  phone:
    on: [access_denied]
    webhook: https://ntfy.example/home
    secret_file: ${path('gone.key')}
    token_file: ${path('empty.key')}
  door: { on: [access_denied], webhook: https://ntfy.example/door, secret_file: ${path('good.key')} }
`);
    const { code, stdout, stderr } = await nftoggle('check', file);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.replaceAll(directory, 'DIR').split('\n').slice(1, -1)).toEqual([
      'warning: hooks.gone: DIR/gone.sh does not exist, so it cannot be run',
      'warning: hooks.asleep: DIR/asleep.sh is not executable: chmod +x DIR/asleep.sh',
      'warning: hooks.folder: DIR is no file, so it cannot be run',
      'warning: hooks.phone: DIR/gone.key does not exist, and nothing is sent without its signature',
      'warning: hooks.phone: DIR/empty.key is empty, and nothing is sent without its token',
    ]);
    const json = JSON.parse((await nftoggle('check', file, '-o', 'json')).stdout);
    expect(json).toMatchObject({ ok: true, warnings: { length: 5 } });
  });

  it('lists what is wrong on stderr, with its place, and ends with 3', async () => {
    const { code, stdout, stderr } = await nftoggle('check', configFile('version: 1\nservces: {}\n'));
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/nftoggle\.yml:2:1: .*services/);
  });

  it('gives scripts the problems as JSON', async () => {
    const { code, stdout } = await nftoggle('check', configFile('version: 1\nservces: {}\n'), '-o', 'json');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [{ line: 2, column: 1 }] });
  });
});

describe('wrong usage', () => {
  it.each([[['nope']], [['why', 'x']], [['status', '-o', 'xml']], [['up', '--nope']]])(
    'ends with 2: %j',
    async (args) => {
      const { code, stdout, stderr } = await nftoggle(...args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('nftoggle: ');
    },
  );

  it('is not what help is', async () => {
    for (const args of [[], ['help'], ['--help'], ['help', 'why']])
      expect(await nftoggle(...args)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('up', () => {
  it('asks for the loopback interface when it is down, and touches nothing', async () => {
    const state = join(temporaryDirectory(), 'state');
    const { code, stderr } = await nftoggle('up', '--state', state);
    expect(code).toBe(3);
    expect(stderr).toContain('ip link set lo up');
    expect(existsSync(state)).toBe(false);
  });

  it('starts nothing with a wrong configuration, and tells all that is wrong', async () => {
    const state = temporaryDirectory();
    writeFileSync(join(state, 'nftoggle.yml'), 'version: 1\nservces: {}\nmoode: x\n');
    const main = join(import.meta.dirname, 'main.ts');
    const script = 'ip link set lo up && exec "$@"';
    const args = ['--net', 'sh', '-c', script, 'sh', process.execPath, main, 'up', '--state', state];
    const { code, stderr } = await run('unshare', args);
    expect(code).toBe(3);
    expect(stderr).toMatch(/2 problems[\s\S]*:2:1:[\s\S]*:3:1:/);
    expect(readdirSync(state)).toEqual(['nftoggle.yml']);
  });
});

describe.each(['up', 'down'])('%s without the privilege', (command) => {
  const main = join(import.meta.dirname, 'main.ts');
  const argv = [process.execPath, main, command, '--state', '/nowhere'];

  it.each([
    ['is not root', asNobody(...argv)],
    ['is a root without the privilege', ['setpriv', '--bounding-set=-net_admin', ...argv]],
  ])('does nothing for one who %s, and says what it needs', async (_who, [program = '', ...args]) => {
    expect(await run(program, args)).toEqual({
      code: 3,
      stdout: '',
      stderr: `nftoggle: \`${command}\` changes the firewall and needs root (CAP_NET_ADMIN): run it with sudo\n`,
    });
  });
});

describe('down', () => {
  it('removes our tables and no other', async () => {
    const main = join(import.meta.dirname, 'main.ts');
    const script = `for table in nftoggle nftoggle-panic other; do nft add table inet $table; done
      "$@" && nft list tables`;
    const args = [
      '--net',
      'sh',
      '-c',
      script,
      'sh',
      process.execPath,
      main,
      'down',
      '--state',
      temporaryDirectory(),
    ];
    const { code, stdout } = await run('unshare', args);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'removed table inet nftoggle: the guarded ports are open again; removed the mark that `nftoggle panic` left',
    );
    expect(stdout.match(/^table .*/gm)).toEqual(['table inet other']);
  });

  it('needs no privilege but that over the network, as in a container', async () => {
    const main = join(import.meta.dirname, 'main.ts');
    const script = 'nft add table inet nftoggle && setpriv --bounding-set=-all,+net_admin "$@"';
    const argv = ['sh', '-c', script, 'sh', process.execPath, main, 'down', '--state', temporaryDirectory()];
    expect(await run('unshare', ['--net', ...argv])).toMatchObject({ code: 0, stderr: '' });
  });

  it('says so when the mark of a panic is all there is', async () => {
    const main = join(import.meta.dirname, 'main.ts');
    const script = 'nft add table inet nftoggle-panic && "$@" && nft list tables';
    const state = temporaryDirectory();
    const argv = ['sh', '-c', script, 'sh', process.execPath, main, 'down', '--state', state];
    const { code, stdout } = await run('unshare', ['--net', ...argv]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `no guard was loaded; removed the mark that \`nftoggle panic\` left.\nleft in place: ${state}\n`,
    );
  });

  it('says so when there is nothing to do', async () => {
    const { code, stdout } = await nftoggle('down', '--state', temporaryDirectory());
    expect(code).toBe(0);
    expect(stdout).toContain('nothing to do');
  });
});
