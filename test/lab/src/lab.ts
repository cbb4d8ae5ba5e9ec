// SPDX-License-Identifier: MIT
import { runCommand } from './command.ts';
import { LAB_NAT, publishRules } from './gateway-nat.ts';
import { addNamespaces, newPrefix, removeNamespaces, removeStaleNamespaces } from './lifetime.ts';
import { Host } from './namespace.ts';
import { addressCommands, COMPANIONS, type HostName, type HostPlan, TOPOLOGY } from './topology.ts';

export interface LabOptions {
  /** Build these hosts only, and those they cannot be reached without. */
  readonly only?: readonly HostName[];
  /** Hosts beside the standard ones. */
  readonly extra?: Readonly<Record<string, HostPlan>>;
  /** Without it the gateway has no table at all, hence no connection tracking. Default: true. */
  readonly nat?: boolean;
}

/** A running network. `close` ends every process in it and removes it; it may be called twice. */
export interface Lab extends AsyncDisposable {
  readonly hosts: ReadonlyMap<string, Host>;
  /** Throws when the lab was built without that host. */
  host(name: HostName | (string & {})): Host;
  /** Docker's way: the gateway's own port, on every address of it, is DNATed to the container. */
  publish(port: number, protocol: 'tcp' | 'udp', toPort?: number): Promise<void>;
  close(): Promise<void>;
}

/** Keys of br_netfilter are absent where it is not loaded, so the switch ignores unknown ones. */
const QUIET_SWITCH = [
  'net.ipv6.conf.all.disable_ipv6=1',
  'net.ipv6.conf.default.disable_ipv6=1',
  // Frames must not meet the switch's netfilter hooks.
  'net.bridge.bridge-nf-call-iptables=0',
  'net.bridge.bridge-nf-call-ip6tables=0',
];

const HOST_SYSCTLS = [
  // Without duplicate address detection an IPv6 address can be used at once.
  'net.ipv6.conf.all.accept_dad=0',
  'net.ipv6.conf.default.accept_dad=0',
  'net.ipv6.conf.default.accept_ra=0',
  // Spoofed sources are part of the tests; they must reach what is tested.
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
];
const FORWARDING = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'];

/** Builds the network, ready for packets: every link up, every address usable. */
export async function createLab(options: LabOptions = {}): Promise<Lab> {
  removeStaleNamespaces();
  const prefix = newPrefix();
  const plans = chosenPlans(options);
  const hosts = new Map(plans.map(([name, plan]) => [name, new Host(name, prefix + name, plan)] as const));
  const namespaces = [`${prefix}switch`, ...plans.map(([name]) => prefix + name)];
  try {
    await addNamespaces(namespaces);
    await wire(prefix, plans);
    if (options.nat !== false) await hosts.get('gateway')?.loadRuleset(LAB_NAT);
  } catch (error) {
    removeNamespaces(namespaces);
    throw error;
  }
  return labOf(hosts, namespaces);
}

function labOf(hosts: ReadonlyMap<string, Host>, namespaces: readonly string[]): Lab {
  const host = (name: string): Host => {
    const found = hosts.get(name);
    if (found === undefined)
      throw new TypeError(`no host ${name}; there are: ${[...hosts.keys()].join(', ')}`);
    return found;
  };
  const close = async (): Promise<void> => {
    await Promise.all([...hosts.values()].map((each) => each.stopAll()));
    removeNamespaces(namespaces);
  };
  return {
    hosts,
    host,
    publish: (port, protocol, toPort = port) =>
      host('gateway').loadRuleset(publishRules(port, protocol, host('container'), toPort)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

type NamedPlan = readonly [name: string, plan: HostPlan];

function chosenPlans(options: LabOptions): readonly NamedPlan[] {
  const standard = Object.keys(TOPOLOGY) as HostName[];
  const wanted = new Set(options.only?.flatMap((name) => [name, ...(COMPANIONS[name] ?? [])]) ?? standard);
  return [
    ...standard.filter((name) => wanted.has(name)).map((name) => [name, TOPOLOGY[name]] as const),
    ...Object.entries(options.extra ?? {}),
  ];
}

/** Sysctls go first: links and addresses take the defaults that hold when they appear. */
async function wire(prefix: string, plans: readonly NamedPlan[]): Promise<void> {
  const inside = (name: string) => ['nsenter', `--net=/run/netns/${prefix}${name}`, '--'];
  await Promise.all([
    runCommand([...inside('switch'), 'sysctl', '-q', '-e', '-w', ...QUIET_SWITCH]),
    ...plans.map(([name, plan]) => {
      const sysctls = plan.forwards === true ? [...HOST_SYSCTLS, ...FORWARDING] : HOST_SYSCTLS;
      return runCommand([...inside(name), 'sysctl', '-q', '-w', ...sysctls]);
    }),
  ]);
  await ipBatch(`${prefix}switch`, switchCommands(prefix, plans));
  await Promise.all(plans.map(([name, plan]) => ipBatch(prefix + name, hostCommands(plan))));
}

async function ipBatch(namespace: string, commands: readonly string[]): Promise<void> {
  await runCommand(['ip', '-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

/** Both ends of each cable are born where they belong: the caller's own namespace sees none of them. */
function switchCommands(prefix: string, plans: readonly NamedPlan[]): readonly string[] {
  const segments = new Set(plans.flatMap(([, plan]) => plan.interfaces.map((each) => each.segment)));
  const bridges = [...segments].map((name) => `link add ${name} up type bridge mcast_snooping 0`);
  const cables = plans.flatMap(([name, plan]) =>
    plan.interfaces.flatMap((each, index) => [
      `link add ${name}${index} type veth peer name ${each.name} netns ${prefix}${name} address ${each.mac}`,
      `link set ${name}${index} master ${each.segment} up`,
    ]),
  );
  return [...bridges, ...cables];
}

function hostCommands(plan: HostPlan): readonly string[] {
  const links = ['lo', ...plan.interfaces.map((each) => each.name)];
  return [...links.map((name) => `link set ${name} up`), ...addressCommands(plan)];
}
