// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { plain } from '../paint.ts';
import { aStatus } from '../status.fixture.ts';
import { statusPage } from './status-page.ts';

const now = new Date('2026-01-01T12:01:00Z');

it('fits a healthy system on one page', () => {
  expect(statusPage(aStatus(), now, plain)).toBe(
    `nftoggle 0.1.0 on gate: guarding
mode enforce, revision 3fa0c1d2e4b5

SERVICE    PORTS                GUARDS        SESSIONS
ssh        22/tcp               this box      1
minecraft  25565/tcp 19132/udp  192.168.1.20  0

OPEN FOR  SOURCE        TIME LEFT   BY
ssh       192.168.1.10  3 h 59 min  services.ssh.allow[0]

QUEUE           WAITING  TOTAL  DROPPED
4242 known      0        12     0 full, 0 socket
4243 strangers  1        900    7 full, 2 socket
held 1 of 4096 packets, by nft_queue

packets 916: 12 let in, 900 dropped, 3 malformed
policy decided 12 allow, 900 deny`,
  );
});

it('says how many sessions there are beyond those that it lists', () => {
  const { interceptor, ...rest } = aStatus();
  if (interceptor === null) throw new TypeError('the fixture has an interceptor');
  const page = statusPage({ ...rest, interceptor: { ...interceptor, sessionsTotal: 3_000 } }, now, plain);
  expect(page).toContain('services.ssh.allow[0]\n… and 2999 more\n');
});

it('says what is wrong above everything else', () => {
  const problem = 'nftoggle.yml:3:1: "servces" is not known.';
  const { api, ...rest } = aStatus();
  const page = statusPage({ ...rest, healthy: false, policy: null, api: { ...api, problem } }, now, plain);
  expect(page).toContain('guarding, but not everything answers');
  expect(page).toContain('problem: policy does not answer');
  expect(page).toContain(problem);
});

it('does not claim to guard when the interceptor is silent', () => {
  const page = statusPage({ ...aStatus(), healthy: false, interceptor: null }, now, plain);
  expect(page).toContain('unknown: the interceptor is silent');
});

it.each([
  ['removed', 'REMOVED by panic'],
  ['failed', 'FAILED'],
  ['watching', 'watching: nothing is blocked'],
] as const)('is plain about a guard that is %s', (guard, text) => {
  const { interceptor, ...rest } = aStatus();
  if (interceptor === null) throw new TypeError('the fixture has an interceptor');
  expect(statusPage({ ...rest, interceptor: { ...interceptor, guard } }, now, plain)).toContain(text);
});
