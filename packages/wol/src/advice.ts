// SPDX-License-Identifier: MIT
// What the likely cause is when a machine does not wake, from what was seen. Pure.
import { contains, parseNetwork } from '@nftoggle/config';
import { isGroupMac, isLocalMac } from './magic-packet.ts';
import type { Neighbour } from './neighbours.ts';
import { goalText, type Target } from './target.ts';
import type { LocalAddress, Way } from './way.ts';

/** What this host is like. */
export interface Surroundings {
  readonly locals: readonly LocalAddress[];
  /** Does wol run in a container? */
  readonly container: boolean;
}

export interface Evidence {
  readonly target: Target;
  readonly way: Way;
  readonly surroundings: Surroundings;
  /** How far the machine itself was heard: nothing, its card alone, or its answers. */
  readonly life: 'none' | 'card' | 'answers';
  /** The last that its port said was no. */
  readonly refused: boolean;
  /** The last that the kernel knew of its address; undefined when that was not found out. */
  readonly neighbour: Neighbour | null | undefined;
  readonly unreachable: string | null;
  /** Datagrams that left, and why others did not. */
  readonly sent: number;
  readonly sendProblems: readonly string[];
  readonly commandProblem: string | null;
}

/** The likeliest cause first. Never empty. */
export function adviceOf(evidence: Evidence): readonly string[] {
  const advice = [...aboutUs(evidence), ...aboutNeighbour(evidence), ...aboutMachine(evidence)];
  return advice.length > 0 ? advice : ['it did not get ready in time: give it a longer timeout'];
}

function aboutUs({ target, way, surroundings, unreachable, ...rest }: Evidence): readonly string[] {
  if (rest.life === 'answers') return [];
  const { wake } = target.host;
  const byPackets = wake.run === null;
  const isolated = surroundings.container && isContainerNetwork(surroundings.locals);
  return [
    ...said(byPackets && isolated, containerAdvice),
    ...said(byPackets && !isolated, way.problem),
    ...said(true, unreachable === null ? null : `${target.address} cannot be reached: ${unreachable}`),
    ...said(byPackets, rest.sendProblems[0] ?? null),
    ...said(true, rest.commandProblem),
    ...said(
      byPackets && target.host.macs.length === 0,
      `${target.host.name} has no MAC address to wake it by`,
    ),
  ];
}

const containerAdvice =
  "wol runs in a container with a network of its own, which magic packets do not leave: give it the host's network (network_mode: host)";

/** Ranges that Docker and Podman give to containers by default. */
const containerRanges = ['172.16.0.0/12', '10.88.0.0/16'].flatMap((text) => parseNetwork(text) ?? []);

/** Nothing but eth0 in such a range: the host itself has more, docker0 at least. */
export function isContainerNetwork(locals: readonly LocalAddress[]): boolean {
  const own = locals.filter(({ loopback, network }) => !loopback && network.family === 4);
  return (
    own.length > 0 &&
    own.every(
      ({ interface: name, network }) =>
        /^eth\d$/.test(name) && containerRanges.some((range) => contains(range, network)),
    )
  );
}

function aboutNeighbour({ target, neighbour, life }: Evidence): readonly string[] {
  if (life === 'answers' || neighbour?.mac === undefined || neighbour.mac === null) return [];
  const { host, address } = target;
  if (host.macs.length === 0 || host.macs.includes(neighbour.mac)) return [];
  return [
    `${address} is answered for by ${neighbour.mac}, which is no MAC address of ${host.name}: another device has the address, or the MAC address in the configuration is wrong`,
  ];
}

function aboutMachine(evidence: Evidence): readonly string[] {
  const { target, life, refused, sent } = evidence;
  const goal = goalText(target.goal);
  if (refused) return [`it answers, but refuses ${goal}: the service is not started, or listens elsewhere`];
  if (life === 'answers') return [`it answers, but ${goal} does not: its firewall may drop it`];
  if (life === 'card') {
    const heard = target.goal.kind === 'life' ? 'and nothing else of it' : `but ${goal} does not answer`;
    return [
      `its network card was heard, ${heard}: it is still starting, or its firewall drops what is asked, or it fell asleep within the last minute, for which the kernel remembers it`,
    ];
  }
  if (target.host.wake.run !== null)
    return ['nothing was heard of it: did the command start the right machine?'];
  return sent === 0 ? [] : aboutSilence(target);
}

function aboutSilence({ host }: Target): readonly string[] {
  return [
    'nothing was heard of it: is it plugged in, is Wake-on-LAN switched on in its BIOS and for its network card (on Linux: ethtool INTERFACE must say "Wake-on: g"), and does its address stay the same?',
    ...macAdvice(host.macs),
  ];
}

/** What looks wrong about the MAC addresses themselves. */
export function macAdvice(macs: readonly string[]): readonly string[] {
  return macs.flatMap((mac) => {
    if (isGroupMac(mac)) return [`${mac} is the address of a group, not of a network card`];
    if (isLocalMac(mac))
      return [
        `${mac} was made up by software (a virtual machine, or Wi-Fi that hides its own): is it the card's?`,
      ];
    return [];
  });
}

function said(condition: boolean, text: string | null): readonly string[] {
  return condition && text !== null ? [text] : [];
}
