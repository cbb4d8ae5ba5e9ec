// SPDX-License-Identifier: MIT

/** Broadcast domains; each is a bridge in the switch namespace. */
export type Segment = 'wan' | 'lan' | 'admin' | 'containers' | 'remote';

export interface InterfacePlan {
  readonly name: string;
  readonly segment: Segment;
  readonly mac: string;
  /** With prefix length. */
  readonly ipv4: string;
  readonly ipv6: string;
}

export interface HostPlan {
  readonly interfaces: readonly InterfacePlan[];
  /** Words after `ip route add`. */
  readonly routes: readonly string[];
  readonly forwards?: boolean;
}

/** The link-local address by EUI-64, shortest form. */
export function linkLocalOf(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f].map((word) =>
    word.toString(16),
  );
  return `fe80::${(words[0] === '0' ? words.slice(1) : words).join(':')}`;
}

/**
 * `ip` commands that give a host its addresses and routes, its links being up. An IPv6 default route outlives
 * the addresses, hence `replace`.
 */
export function addressCommands(plan: HostPlan): readonly string[] {
  const addresses = plan.interfaces.flatMap(({ name, ipv4, ipv6 }) => [
    `address add ${ipv4} dev ${name}`,
    `address add ${ipv6} dev ${name} nodad`,
  ]);
  return [...addresses, ...plan.routes.map((route) => `route replace ${route}`)];
}

const WAN_ROUTES = [
  '192.168.0.0/16 via 203.0.113.1',
  '172.18.0.0/16 via 203.0.113.1',
  'fd00:1::/64 via 2001:db8:a::1',
  'fd00:2::/64 via 2001:db8:a::1',
  'fd00:18::/64 via 2001:db8:a::1',
];
const WAN_DEFAULT = ['default via 203.0.113.254', 'default via 2001:db8:a::fe'];

function single(
  segment: Segment,
  mac: string,
  ipv4: string,
  ipv6: string,
  routes: readonly string[],
): HostPlan {
  return { interfaces: [{ name: 'eth0', segment, mac, ipv4, ipv6 }], routes };
}

/** A machine on the LAN, by the last number of its addresses: 1 to 254. */
export function lanHost(id: number): HostPlan {
  const [hundreds, rest] = [Math.trunc(id / 100), String(id % 100).padStart(2, '0')];
  const mac = `02:00:00:0${hundreds}:01:${rest}`;
  return single('lan', mac, `192.168.1.${id}/24`, `fd00:1::${id}/64`, [
    'default via 192.168.1.1',
    'default via fd00:1::1',
  ]);
}

const GATEWAY: HostPlan = {
  interfaces: [
    {
      name: 'wan',
      segment: 'wan',
      mac: '02:00:00:00:0a:01',
      ipv4: '203.0.113.1/24',
      ipv6: '2001:db8:a::1/64',
    },
    { name: 'lan', segment: 'lan', mac: '02:00:00:00:01:01', ipv4: '192.168.1.1/24', ipv6: 'fd00:1::1/64' },
    {
      name: 'admin',
      segment: 'admin',
      mac: '02:00:00:00:02:01',
      ipv4: '192.168.2.1/24',
      ipv6: 'fd00:2::1/64',
    },
    {
      name: 'containers',
      segment: 'containers',
      mac: '02:00:00:00:18:01',
      ipv4: '172.18.0.1/16',
      ipv6: 'fd00:18::1/64',
    },
  ],
  routes: WAN_DEFAULT,
  forwards: true,
};

/** Stands for the rest of the Internet: what it does not know vanishes, so spoofed floods echo nowhere. */
const ROUTER: HostPlan = {
  interfaces: [
    {
      name: 'wan',
      segment: 'wan',
      mac: '02:00:00:00:0a:fe',
      ipv4: '203.0.113.254/24',
      ipv6: '2001:db8:a::fe/64',
    },
    {
      name: 'remote',
      segment: 'remote',
      mac: '02:00:00:00:07:01',
      ipv4: '198.51.100.1/24',
      ipv6: '2001:db8:7:1::1/64',
    },
  ],
  routes: [...WAN_ROUTES, 'blackhole 0.0.0.0/0', 'blackhole ::/0'],
  forwards: true,
};

/** The standard network; the README has the picture. */
export const TOPOLOGY = {
  gateway: GATEWAY,
  router: ROUTER,
  scanner: single('wan', '02:00:00:00:0a:66', '203.0.113.66/24', '2001:db8:a::66/64', [
    ...WAN_ROUTES,
    ...WAN_DEFAULT,
  ]),
  friend: single('wan', '02:00:00:00:0a:07', '203.0.113.7/24', '2001:db8:a::7/64', [
    ...WAN_ROUTES,
    ...WAN_DEFAULT,
  ]),
  remote: single('remote', '02:00:00:00:07:07', '198.51.100.7/24', '2001:db8:7:1::7/64', [
    'default via 198.51.100.1',
    'default via 2001:db8:7:1::1',
  ]),
  server: lanHost(20),
  laptop: lanHost(10),
  console: lanHost(40),
  camera: lanHost(66),
  admin: single('admin', '02:00:00:00:02:30', '192.168.2.30/24', 'fd00:2::30/64', [
    'default via 192.168.2.1',
    'default via fd00:2::1',
  ]),
  container: single('containers', '02:00:00:00:18:02', '172.18.0.2/16', 'fd00:18::2/64', [
    'default via 172.18.0.1',
    'default via fd00:18::1',
  ]),
} as const satisfies Record<string, HostPlan>;

export type HostName = keyof typeof TOPOLOGY;

/** Who has to be there for another one to be reachable. */
export const COMPANIONS: Partial<Record<HostName, readonly HostName[]>> = { remote: ['router'] };
