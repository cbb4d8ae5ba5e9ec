// SPDX-License-Identifier: MIT
// What lets people in for a while, and shows when they may come, as the shell sees it.
import type { Allowances } from '@nftoggle/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { currentUser } from './client/current-user.ts';
import { daemonWith, stateWith } from './fake-daemon.fixture.ts';
import { aGrant } from './grant.fixture.ts';
import { nftoggle } from './run-program.fixture.ts';
import { aSchedule } from './schedule.fixture.ts';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

describe('open', () => {
  const issued = { grant: aGrant(), extended: false, overrides: null, notes: [], timezone: 'Europe/Berlin' };

  async function open(...args: readonly string[]) {
    const daemon = await daemonWith({ 'POST /v1/grants': [201, issued] });
    const result = await nftoggle('open', ...args, '--state', daemon.state);
    return { ...result, bodies: daemon.bodies };
  }

  it('opens for half an hour, for everybody, in the name of who calls it', async () => {
    const { code, stdout, stderr, bodies } = await open('minecraft');
    expect([code, stderr]).toEqual([0, '']);
    expect(bodies).toEqual([{ service: 'minecraft', source: 'any', seconds: 1_800, by: currentUser() }]);
    expect(stdout).toMatch(
      /^opened minecraft for everybody until .*\(Europe\/Berlin\), .*\nundo: nftoggle close/,
    );
  });

  it.each([
    [['--for', '1h30m'], { seconds: 5_400 }],
    [['--until', 'fri 20:55', '--from', 'laptop'], { until: 'fri 20:55', source: 'laptop' }],
    [
      ['--why', 'homework is done', '--from', '2001:db8::/48'],
      { why: 'homework is done', source: '2001:db8::/48' },
    ],
  ])('asks for what was said: %j', async (args, expected) => {
    const { code, bodies } = await open('minecraft', ...args);
    expect(code).toBe(0);
    expect(bodies).toMatchObject([expected]);
  });

  it.each([
    [['--for', '30'], 'Add the unit'],
    [['--for', '-5m'], 'is not a duration'],
    [['--for', '0s'], 'too short'],
    [['--for', '5m', '--until', '18:40'], 'cannot be used with'],
  ])('asks nothing of the daemon when the usage is wrong: %j', async (args, message) => {
    const { code, stdout, stderr, bodies } = await open('minecraft', ...args);
    expect([code, stdout, bodies]).toEqual([2, '', []]);
    expect(stderr).toContain(message);
  });

  it('gives scripts the grant', async () => {
    const { stdout } = await open('minecraft', '-o', 'json');
    expect(JSON.parse(stdout)).toEqual(issued);
  });
});

describe('close', () => {
  const by = `by=${encodeURIComponent(currentUser())}`;
  const timezone = 'Europe/Berlin';
  const until = new Date(Date.now() + 12.2 * 60_000).toISOString();
  const revoked = { grants: [aGrant({ source: 'laptop', until })], timezone };

  it('says what it took back, and how to give it again', async () => {
    const state = await stateWith({ [`DELETE /v1/grants?service=minecraft&${by}`]: [200, revoked] });
    const { code, stdout } = await nftoggle('close', 'minecraft', '--state', state);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `closed minecraft: 1 grant revoked (laptop, had 12 min left)
whom the rules of minecraft allow may still come in
undo: nftoggle open minecraft --for 12m --from laptop
`,
    );
  });

  it.each([
    [['minecraft', '--from', '10.0.0.0/8'], `/v1/grants?service=minecraft&source=10.0.0.0%2F8&${by}`],
    [['--id', 'k3v9x2ab'], `/v1/grants/k3v9x2ab?${by}`],
    [['--id', '../x'], `/v1/grants/..%2Fx?${by}`],
  ])('asks for what was named: %j', async (args, path) => {
    const state = await stateWith({ [`DELETE ${path}`]: [200, revoked] });
    expect(await nftoggle('close', ...args, '--state', state)).toMatchObject({ code: 0, stderr: '' });
  });

  it('ends with 6 when nothing is open, and says who may come in all the same', async () => {
    const state = await stateWith({
      [`DELETE /v1/grants?service=minecraft&${by}`]: [200, { grants: [], timezone }],
    });
    expect(await nftoggle('close', 'minecraft', '--state', state)).toEqual({
      code: 6,
      stdout: '',
      stderr:
        'nftoggle: no grant is open for minecraft; whom its rules allow may still come in: nftoggle why SOURCE minecraft\n',
    });
  });

  it.each([[[]], [['minecraft', '--id', 'x']], [['--id', 'x', '--from', 'any']], [['--from', 'any']]])(
    'wants one thing named: %j',
    async (args) => {
      const { code, stderr } = await nftoggle('close', ...args, '--state', temporaryDirectory());
      expect(code).toBe(2);
      expect(stderr).toContain('say what to close');
    },
  );
});

describe('grants', () => {
  it('shows a page to people and the list to scripts', async () => {
    const list = { grants: [aGrant()], timezone: 'Europe/Berlin' };
    const state = await stateWith({ '/v1/grants': [200, list] });
    expect((await nftoggle('grants', '--state', state)).stdout).toMatch(/^1 grant is open .*\nID +SERVICE/);
    expect(JSON.parse((await nftoggle('grants', '--state', state, '-o', 'json')).stdout)).toEqual(
      list.grants,
    );
  });

  it('is an empty list, and no failure, when none is open', async () => {
    const state = await stateWith({ '/v1/grants': [200, { grants: [], timezone: 'Europe/Berlin' }] });
    expect(await nftoggle('grants', '--state', state, '-o', 'json')).toEqual({
      code: 0,
      stdout: '[]\n',
      stderr: '',
    });
  });

  it('says that the running one is another version, when it does not know the question', async () => {
    const state = await stateWith({ '/v1/grants': [404, { error: 'unknown_route', message: 'no' }] });
    const { code, stderr } = await nftoggle('grants', '--state', state);
    expect(code).toBe(1);
    expect(stderr).toContain('does not know this question. They are of different versions: restart it');
  });
});

const allowances: Allowances = {
  timezone: 'Europe/Berlin',
  problem: null,
  allowances: [
    {
      account: 'person.leo',
      who: 'leo',
      service: null,
      services: ['minecraft'],
      periods: [
        {
          period: 'daily',
          size: 7_200,
          bonus: -1_800,
          used: 3_600,
          left: 1_800,
          resets: '2020-01-01T23:00:00Z',
        },
      ],
      left: 1_800,
      uncharged: false,
    },
  ],
};

describe('allowances', () => {
  it.each([
    [[], '/v1/allowances'],
    [['leo'], '/v1/allowances?who=leo'],
  ])('shows how much is left of all, or of one: %j', async (args, path) => {
    const state = await stateWith({ [path]: [200, allowances] });
    const { code, stdout } = await nftoggle('allowances', ...args, '--state', state);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^leo has 30 min left for minecraft\n {2}today {2}30 min left {2}used 1 h of 2 h - 30 min/,
    );
  });

  it('ends with 6 for one who has none', async () => {
    const state = await stateWith({
      '/v1/allowances?who=kim': [409, { error: 'no_allowance', message: 'Nothing limits "kim".' }],
    });
    expect(await nftoggle('allowances', 'kim', '--state', state)).toEqual({
      code: 6,
      stdout: '',
      stderr: 'nftoggle: Nothing limits "kim".\n',
    });
  });
});

describe('bonus', () => {
  async function bonus(...args: readonly string[]) {
    const daemon = await daemonWith({ 'POST /v1/bonus': [200, allowances] });
    const result = await nftoggle('bonus', ...args, '--state', daemon.state);
    return { ...result, bodies: daemon.bodies };
  }

  it.each([
    ['+15m', 900, '15 min more for leo today', 'nftoggle bonus leo -15m'],
    ['15m', 900, '15 min more for leo today', 'nftoggle bonus leo -15m'],
    ['-30m', -1_800, '30 min less for leo today', 'nftoggle bonus leo +30m'],
    ['-1h30m', -5_400, '1 h 30 min less for leo today', 'nftoggle bonus leo +1h30m'],
  ])('%s is %i seconds, said with the new balance and the undo', async (time, seconds, sentence, undo) => {
    const { code, stdout, stderr, bodies } = await bonus('leo', time);
    expect([code, stderr]).toEqual([0, '']);
    expect(bodies).toEqual([{ who: 'leo', seconds, by: currentUser() }]);
    expect(stdout).toContain(`${sentence}\n\nleo has 30 min left for minecraft\n`);
    expect(stdout).toContain(`\n\nundo: ${undo}\n`);
  });

  it('takes the time away wherever options stand', async () => {
    const { bodies } = await bonus('--why', '-5 for the window', 'leo', '-30m');
    expect(bodies).toMatchObject([{ seconds: -1_800, why: expect.stringMatching(/5 for the window$/) }]);
  });

  it.each([['+'], ['-'], ['+-5m'], ['30'], ['-30'], ['2d'], ['-x']])('refuses %s', async (time) => {
    const { code, stdout, bodies } = await bonus('leo', time);
    expect([code, stdout, bodies]).toEqual([2, '', []]);
  });
});

describe('schedule', () => {
  const schedule = aSchedule('Europe/Berlin', '2099-06-06', 2, () => ({
    'tv for leo': [['16:00', '18:00']],
  }));

  it('draws the days, as wide as the terminal is', async () => {
    const state = await stateWith({ '/v1/schedule?subject=leo&days=7': [200, schedule] });
    const wide = await nftoggle('schedule', 'leo', '--state', state);
    expect(wide.stdout).toContain(
      'Sat 6 Jun  ································████············  16:00-18:00\n',
    );
    expect(await nftoggle('schedule', 'leo', '--week', '--state', state)).toEqual(wide);
    process.env.COLUMNS = '60';
    onTestFinished(() => void delete process.env.COLUMNS);
    const narrow = await nftoggle('schedule', 'leo', '--state', state);
    expect(narrow.stdout).toContain('████············\n           16:00-18:00\n');
  });

  it('asks for as many days as are wanted, and gives scripts what came', async () => {
    const state = await stateWith({ '/v1/schedule?subject=leo&days=31': [200, schedule] });
    const { stdout } = await nftoggle('schedule', 'leo', '--days', '31', '--state', state, '-o', 'json');
    expect(JSON.parse(stdout)).toEqual(schedule);
  });

  it.each([['0'], ['32'], ['x'], ['-1'], ['1.5']])('knows no %s days', async (days) => {
    const { code, stdout, stderr } = await nftoggle('schedule', 'leo', '--days', days);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('is not a number from 1 to 31');
  });
});
