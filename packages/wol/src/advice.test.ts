// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { adviceOf, type Evidence, isContainerNetwork } from './advice.ts';
import { aHost, type HostChanges, local } from './waker.fixture.ts';
import { wayTo } from './way.ts';

const lan = [local('lo', '127.0.0.1/8'), local('eth0', '192.168.1.1/24')];

function evidence({
  host: changes = {},
  ...seen
}: Partial<Evidence> & { host?: HostChanges } = {}): Evidence {
  const host = aHost(changes);
  const surroundings = seen.surroundings ?? { locals: lan, container: false };
  return {
    target: { host, address: '192.168.1.20', goal: { kind: 'tcp', port: 22 } },
    way: wayTo(host, '192.168.1.20', surroundings.locals),
    surroundings,
    life: 'none',
    refused: false,
    neighbour: null,
    unreachable: null,
    sent: 6,
    sendProblems: [],
    commandProblem: null,
    ...seen,
  };
}

const other = {
  address: '192.168.1.20',
  interface: 'eth0',
  mac: '00:11:32:00:00:01',
  state: 'reachable',
} as const;
const docker = [local('lo', '127.0.0.1/8'), local('eth0', '172.17.0.2/16')];

const table: readonly (readonly [string, Parameters<typeof evidence>[0], RegExp])[] = [
  ['nothing at all', {}, /^nothing was heard of it: is it plugged in, .* BIOS .* ethtool/],
  [
    'a refused port',
    { life: 'answers', refused: true },
    /^it answers, but refuses tcp\/22: the service is not/,
  ],
  ['a silent port', { life: 'answers' }, /^it answers, but tcp\/22 does not: its firewall/],
  ['a card that answers', { life: 'card' }, /^its network card was heard, but tcp\/22 does not answer/],
  [
    'another device at its address',
    { neighbour: other },
    /answered for by 00:11:32:00:00:01, which is no MAC address of nas/,
  ],
  [
    'another network',
    { surroundings: { locals: [local('eth0', '10.0.0.1/24')], container: false } },
    /^no network of this host/,
  ],
  [
    'a container',
    { surroundings: { locals: docker, container: true } },
    /^wol runs in a container with a network of its own/,
  ],
  [
    'no route',
    { unreachable: 'this host has no route there' },
    /^192.168.1.20 cannot be reached: this host has no route/,
  ],
  [
    'packets that did not leave',
    { sendProblems: ['a magic packet to X was not sent'], sent: 0 },
    /^a magic packet to X was not sent/,
  ],
  [
    'a command that failed',
    { host: { wake: { run: ['vm'] } }, commandProblem: 'vm ended with 1' },
    /^vm ended with 1/,
  ],
  [
    'a command without effect',
    { host: { wake: { run: ['vm'] } } },
    /^nothing was heard of it: did the command start/,
  ],
  ['a device without MAC address', { host: { macs: [] }, sent: 0 }, /^nas has no MAC address/],
];

describe('the likeliest cause', () => {
  it.each(table)('of %s', (_, seen, expected) => {
    expect(adviceOf(evidence(seen))[0]).toMatch(expected);
  });

  it('comes with a word on MAC addresses that look wrong', () => {
    const advice = adviceOf(evidence({ host: { macs: ['01:00:5e:00:00:01', '52:54:00:00:00:01'] } }));
    expect(advice.slice(1)).toEqual([
      expect.stringMatching(/address of a group/),
      expect.stringMatching(/made up by software/),
    ]);
  });
});

describe('a network of a container', () => {
  it('is eth0 alone, in a range that Docker or Podman gives', () => {
    expect(isContainerNetwork(docker)).toBe(true);
    expect(isContainerNetwork([local('eth0', '10.88.0.5/16')])).toBe(true);
    expect(isContainerNetwork([...docker, local('docker0', '172.18.0.1/16')])).toBe(false);
    expect(isContainerNetwork(lan)).toBe(false);
    expect(isContainerNetwork([])).toBe(false);
  });
});
