// SPDX-License-Identifier: MIT
// From a configuration to the text of our nftables table.
//
// Nothing here but names that the configuration's grammar allows, numbers and formatted addresses goes into
// the text, so no input can say more than it should.
import { type Config, expandSources, formatNetwork, type Network } from '@nftoggle/config';
import type { Inside } from '../links.ts';
import type { Marks } from '../marks.ts';
import { wakesAny } from '../wake-target.ts';
import { admitChains, admitSets } from './admit.ts';
import { Dispatch, eachFamily, type IndexedService } from './dispatch.ts';
import { forwardingChains } from './forwarding.ts';
import { hex } from './hex.ts';
import {
  askChain,
  countedThings,
  counterOf,
  gateBaseChain,
  gateChain,
  type Indexed,
  openChain,
  sessionSets,
  table,
  watchChain,
} from './names.ts';
import { unreachableChains } from './unreachable.ts';

export type QueueMechanism = 'nft_queue' | 'xt_NFQUEUE';

export interface RulesetInput {
  readonly config: Config;
  /** The mark index of each service of the configuration. */
  readonly indexes: ReadonlyMap<string, number>;
  readonly marks: Marks;
  readonly queue: QueueMechanism;
  readonly inside: Inside;
}

export interface Chain {
  readonly name: string;
  /** `hook prerouting priority -290`, for the chains that the kernel itself calls. */
  readonly hook?: string;
  /** Of a base chain: `filter` where nothing is said. */
  readonly type?: 'nat';
  readonly rules: readonly string[];
}

/** A set whose elements come and go by themselves. Timeouts are in seconds. */
export interface SetDeclaration {
  readonly name: string;
  readonly type: readonly string[];
  readonly size: number;
  /** Filled by rules, each element for this long; without it elements are put in from outside, each with its own. */
  readonly ruleTimeout?: number;
}

export interface Ruleset {
  /** Named counters, which count on while the rules that name them are replaced. */
  readonly counters: readonly string[];
  readonly sets: readonly SetDeclaration[];
  /** Callees before callers. */
  readonly chains: readonly Chain[];
}

/** Chains that hold nothing but the queue statement; the xtables target can only be put there by itself. */
export const queueChains = { known: 'queue_known', strangers: 'queue_strangers' } as const;

/** After defragmentation (-400), before conntrack (-200): a held SYN costs no conntrack entry. */
const askPriority = -290;
/** After conntrack, whose word on the direction UDP needs; before the gate. */
const askUdpPriority = -145;
/** After conntrack, before DNAT (-100): the port that the client asked for, local, forwarded or published. */
const gatePriority = -140;
/** After source NAT (100): the source port that the world sees. */
const outgoingPriority = 110;
const forwardPriority = -10;

const syn = 'tcp flags & (fin | syn | rst | ack) == syn';
const notSyn = 'meta l4proto tcp tcp flags & (fin | syn | rst | ack) != syn';

export function renderRuleset(input: RulesetInput): Ruleset {
  return input.config.mode === 'watch' ? renderWatch(input) : renderGuard(input);
}

function renderGuard(input: RulesetInput): Ruleset {
  const { config, marks } = input;
  const services = indexed(input);
  const dispatch = new Dispatch(services, input);
  const known = expandSources(
    config,
    [...config.services.values()].flatMap((s) => s.allow.flatMap((r) => r.from)),
  );
  return {
    counters: services.flatMap((service) => countedThings.map((what) => counterOf(what, service))),
    sets: [
      ...services.flatMap(({ name }) => sessionSetsOf(name, config.limits.sessions)),
      ...admitSets,
      ...cutSets,
    ],
    chains: [
      ...queueChainsOf(input),
      plausibleChain(config.lan),
      ...admitChains(known, config.limits),
      ...services.flatMap((service) => serviceChains(service, config, marks)),
      ...dispatch.chains('ask', askChain),
      ...dispatch.chains('gate', gateChain),
      askBase(dispatch),
      askUdpBase(dispatch, marks),
      gateBase(dispatch, marks),
      outgoingBase(dispatch, marks),
      forwardAskBase(dispatch, marks),
      forwardBase(dispatch, marks),
      ...forwardingChains(services, config, marks),
      ...unreachableChains(
        services.filter((service) => wakesAny(service, config)),
        marks,
      ),
    ],
  };
}

function renderWatch(input: RulesetInput): Ruleset {
  const services = indexed(input);
  const dispatch = new Dispatch(services, input);
  return {
    counters: [],
    sets: [],
    chains: [
      ...services.map((service) => watchServiceChain(service, input)),
      ...dispatch.chains('watch', watchChain),
      {
        name: 'watch',
        hook: `hook prerouting priority ${gatePriority}`,
        rules: ['iifname "lo" accept', ...dispatch.vmap('ct state new', 'watch')],
      },
    ],
  };
}

export function indexed({ config, indexes }: Pick<RulesetInput, 'config' | 'indexes'>): IndexedService[] {
  return [...config.services.values()].map((service) => {
    const index = indexes.get(service.name);
    if (index === undefined) throw new TypeError(`service ${service.name} has no index`);
    return { ...service, index };
  });
}

function sessionSetsOf(name: string, size: number): SetDeclaration[] {
  const { v4, v6, v6Link, v6Prefix } = sessionSets(name);
  return [
    { name: v4, type: ['ipv4_addr'], size },
    { name: v6, type: ['ipv6_addr'], size },
    { name: v6Link, type: ['ipv6_addr', 'ifname'], size },
    { name: v6Prefix, type: ['ipv6_addr'], size },
  ];
}

/** Peers whose session was cut: a UDP server that goes on sending must not reopen the way by itself. */
export const cutSets: readonly SetDeclaration[] = [
  { name: 'cut4', type: ['ipv4_addr'], size: 65_536 },
  { name: 'cut6', type: ['ipv6_addr'], size: 65_536 },
];

function queueChainsOf({ config, queue }: RulesetInput): Chain[] {
  const rule = (number: number): string[] => (queue === 'nft_queue' ? [`counter queue num ${number}`] : []);
  return [
    { name: queueChains.known, rules: rule(config.kernel.queue) },
    { name: queueChains.strangers, rules: rule(config.kernel.queue + 1) },
  ];
}

/** What was let in: its connection gets the mark of the service. */
export function letInChain(service: Indexed, marks: Marks): Chain {
  const others = hex(marks.merge(0xffff_ffff, 0));
  return {
    name: openChain(service),
    rules: [
      `ct mark set ct mark & ${others} | ${hex(marks.opened(service.index))}`,
      `meta mark set meta mark & ${others}`,
      `counter name "${counterOf('opened', service)}" accept`,
    ],
  };
}

function serviceChains(service: IndexedService, config: Config, marks: Marks): Chain[] {
  const sessions = sessionMatches(service.name, config.kernel.ipv6Prefix);
  const opened = hex(marks.opened(service.index));
  const others = hex(marks.merge(0xffff_ffff, 0));
  const asked = `counter name "${counterOf('asked', service)}"`;
  const ask = `meta mark set meta mark & ${others} | ${hex(marks.asked(service.index))}`;
  const isWaking = wakesAny(service, config);
  return [
    letInChain(service, marks),
    {
      name: askChain(service),
      rules: isWaking
        ? // The machine may have fallen asleep since the last packet, whoever has a session.
          [
            asked,
            'jump plausible',
            ask,
            ...sessions.map((match) => `${match} goto admit_known`),
            'goto admit',
          ]
        : // Whoever has a session needs no question. Whether it is really that source, the gate looks at.
          [...sessions.map((match) => `${match} accept`), asked, 'jump plausible', ask, 'goto admit'],
    },
    {
      name: gateChain(service),
      rules: [
        `counter name "${counterOf('entered', service)}"`,
        'jump plausible',
        `meta mark & ${hex(marks.mask)} == ${opened} goto ${openChain(service)}`,
        // Whatever a source with a session sends may pass: its connections outlive a flushed conntrack table.
        // Where a machine may sleep, what begins a connection is not among that.
        ...sessions.map((match) => `${isWaking ? `${notSyn} ` : ''}${match} goto ${openChain(service)}`),
        'counter drop',
      ],
    },
  ];
}

/**
 * A private source that could not be answered by the way it came in by is forged: from outside, nobody gets
 * to speak in the name of the LAN, not even one-way as UDP could.
 */
export function plausibleChain(lan: readonly Network[]): Chain {
  const rules = eachFamily(lan, (ip, set) => `${ip} saddr ${set} fib saddr . iif oif missing counter drop`);
  return { name: 'plausible', rules };
}

function sessionMatches(name: string, prefix: number): string[] {
  const { v4, v6, v6Link, v6Prefix } = sessionSets(name);
  const matches = [`ip saddr @${v4}`, `ip6 saddr @${v6}`, `ip6 saddr . iifname @${v6Link}`];
  return prefix < 128 ? [...matches, `ip6 saddr & ${ipv6Mask(prefix)} @${v6Prefix}`] : matches;
}

function askBase(dispatch: Dispatch): Chain {
  return {
    name: 'ask',
    hook: `hook prerouting priority ${askPriority}`,
    rules: ['iifname "lo" accept', ...dispatch.vmap(syn, 'ask', 'tcp')],
  };
}

/**
 * Whatever is not let in yet may ask, and not only what conntrack calls new: a flow that was cut, or whose
 * service has another name now, stays known to conntrack for as long as its client goes on sending.
 */
function askUdpBase(dispatch: Dispatch, marks: Marks): Chain {
  return {
    name: 'ask_udp',
    hook: `hook prerouting priority ${askUdpPriority}`,
    rules: ['iifname "lo" accept', ...dispatch.vmap(`${notOpen(marks)} ct state != invalid`, 'ask', 'udp')],
  };
}

function notOpen(marks: Marks): string {
  return `ct mark & ${hex(marks.open)} == 0`;
}

export function gateBase(dispatch: Dispatch, marks: Marks): Chain {
  return {
    name: gateBaseChain,
    hook: `hook prerouting priority ${gatePriority}`,
    // The mark comes first: packets of a connection that was let in pay for one comparison.
    rules: ['iifname "lo" accept', `ct mark & ${hex(marks.open)} != 0 accept`, ...dispatch.vmap('', 'gate')],
  };
}

/**
 * Connections that this box, or a masqueraded host behind it, opened itself from a guarded source port.
 * Only a SYN counts: a server that goes on sending after its client was cut must not reopen the way.
 */
export function outgoingBase(dispatch: Dispatch, marks: Marks): Chain {
  const fresh = `ct state new ct direction original ${notOpen(marks)}`;
  const set = `ct mark set ct mark & ${hex(marks.merge(0xffff_ffff, 0))} | ${hex(marks.opened(0))}`;
  const tcp = dispatch.portsOf('tcp');
  const udp = dispatch.portsOf('udp');
  return {
    name: 'outgoing',
    hook: `hook postrouting priority ${outgoingPriority}`,
    rules: [
      'oifname "lo" accept',
      ...(tcp === null ? [] : [`${fresh} ${syn} ct reply proto-dst ${tcp} ${set}`]),
      ...(udp === null
        ? []
        : [
            `${notOpen(marks)} udp sport ${udp} ip daddr @cut4 counter drop`,
            `${notOpen(marks)} udp sport ${udp} ip6 daddr @cut6 counter drop`,
            `${fresh} meta l4proto udp ct reply proto-dst ${udp} ${set}`,
          ]),
    ],
  };
}

/**
 * The owner's own port forward to a guarded device: in prerouting it went to this box, and only here does it
 * go to the device. It is asked about and gated here, by the same chains.
 */
function forwardAskBase(dispatch: Dispatch, marks: Marks): Chain {
  const forwarded = ownForward(marks);
  return {
    name: 'forward_ask',
    hook: `hook forward priority ${forwardPriority - 10}`,
    rules: [
      ...dispatch.vmap(`${forwarded} ${syn}`, 'ask', 'tcp'),
      ...dispatch.vmap(`${forwarded} ct state != invalid`, 'ask', 'udp'),
    ],
  };
}

export function forwardBase(dispatch: Dispatch, marks: Marks): Chain {
  return {
    name: 'forward',
    hook: `hook forward priority ${forwardPriority}`,
    rules: dispatch.vmap(ownForward(marks), 'gate'),
  };
}

function ownForward(marks: Marks): string {
  return `ct status dnat ct direction original ${notOpen(marks)}`;
}

function watchServiceChain(service: IndexedService, { config, marks }: RulesetInput): Chain {
  const others = hex(marks.merge(0xffff_ffff, 0));
  return {
    name: watchChain(service),
    rules: [
      `${notSyn} accept`,
      `meta mark set meta mark & ${others} | ${hex(marks.asked(service.index))}`,
      `limit rate ${config.limits.strangersPerSecond}/second burst ${config.limits.strangersPerSecond * 2} packets log group ${config.kernel.queue} snaplen 512`,
      `meta mark set meta mark & ${others}`,
      'accept',
    ],
  };
}

/** What stands between the braces of a set. */
export function setLines({ type, size, ruleTimeout }: SetDeclaration): string[] {
  const [flags, timeout] =
    ruleTimeout === undefined ? ['timeout', []] : ['dynamic,timeout', [`timeout ${ruleTimeout}s`]];
  return [`type ${type.join(' . ')}`, `flags ${flags}`, `size ${size}`, ...timeout];
}

/** What makes a chain one that the kernel itself calls. */
export function baseLine(hook: string, type: Chain['type']): string {
  return `type ${type ?? 'filter'} ${hook}; policy accept;`;
}

/** The whole table as `nft -f` takes it: for people, and for golden tests. */
export function formatRuleset({ counters, sets, chains }: Ruleset): string {
  const blocks = [
    ...counters.map((name) => `\tcounter ${name} {\n\t}`),
    ...sets.map(
      (set) =>
        `\tset ${set.name} {\n${setLines(set)
          .map((line) => `\t\t${line}\n`)
          .join('')}\t}`,
    ),
    ...chains.map(({ name, hook, type, rules }) => {
      const lines = [...(hook === undefined ? [] : [baseLine(hook, type)]), ...rules];
      return `\tchain ${name} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}`;
    }),
  ];
  return `table inet ${table} {\n${blocks.join('\n')}\n}\n`;
}

function ipv6Mask(prefix: number): string {
  const ones = ((1n << BigInt(prefix)) - 1n) << BigInt(128 - prefix);
  return formatNetwork({ family: 6, base: ones, prefix: 128 });
}
