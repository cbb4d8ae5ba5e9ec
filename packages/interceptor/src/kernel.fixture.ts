// SPDX-License-Identifier: MIT
// What tests do to a real kernel, for startInside: this module runs in a process of its own inside a
// network namespace.
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Network, PortRange } from '@nftoggle/config';
import { aConfig, eventually } from '@nftoggle/testkit';
import { testedAddon } from './addon.fixture.ts';
import { Connections } from './connections.ts';
import { Guard } from './guard.ts';
import { Links } from './links.ts';
import { Marks } from './marks.ts';
import type { NativePacket, QueueTrouble } from './native.ts';
import { bindQueue, kernelQueues, type NativeQueue } from './queue/native-queue.ts';
import { formatBoot } from './ruleset/boot.ts';
import { bootOf, rulesetOf } from './ruleset/golden.fixture.ts';
import { table } from './ruleset/names.ts';
import type { QueueMechanism } from './ruleset/render.ts';
import { Table } from './ruleset/table.ts';
import { listKernelSessions } from './session-adopt.ts';
import type { SessionElement } from './session-elements.ts';
import { flowsOfSessions } from './session-flows.ts';
import { type OpenSession, Sessions } from './sessions.ts';

const native = testedAddon();
const nft = new native.Nftables();
const messages = new native.NftMessages();

export const listNeighbours = () => native.listNeighbours();
export const nftRun = (commands: string): string => nft.run(commands);

// The table -----------------------------------------------------------------------------------------------

let ours = new Table(native);

/** The one that the daemon would choose on this kernel. */
function mechanism(): QueueMechanism {
  const found = ours.probeQueue();
  if (found === null) throw new Error('this kernel can hand no packets to user space');
  return found;
}

/** As after a restart: nothing is remembered but what the kernel has. */
export function forget(): void {
  ours = new Table(native);
}

export function apply(yamlText: string): boolean {
  return applyBy(mechanism(), yamlText);
}

/** By a mechanism that need not be the one that the daemon would choose. */
export function applyBy(queueMechanism: QueueMechanism, yamlText: string): boolean {
  const { ruleset, firstQueue } = rulesetOf(yamlText, queueMechanism);
  return ours.apply(ruleset, queueMechanism, firstQueue);
}

/** Adds a rule that no kernel takes to a ruleset that it would take. */
export function applyBroken(yamlText: string, rule: string): void {
  const queueMechanism = mechanism();
  const { ruleset, firstQueue } = rulesetOf(yamlText, queueMechanism);
  const broken = { ...ruleset, chains: [...ruleset.chains, { name: 'broken', rules: [rule] }] };
  ours.apply(broken, queueMechanism, firstQueue);
}

/** As a unit of systemd does before the network is up. */
export function loadBoot(yamlText: string): void {
  const ruleset = bootOf(yamlText);
  if (ruleset === null) throw new TypeError('nothing is to be shut at boot');
  execFileSync('nft', ['-f', '-'], { input: formatBoot(ruleset) });
}

export const state = () => ours.state();
export const isOfBoot = () => ours.isOfBoot();
export const isPanic = () => ours.isPanic();
export const exists = () => ours.exists();
export const remove = () => ours.remove();
export const probeQueue = () => ours.probeQueue();
export const serviceIndexes = () => ours.serviceIndexes();
export const takeCounts = () => ours.takeCounts();

/** Takes counts again and again until they amount to that many. */
export async function takeUntil(service: string, what: 'asked', least: number): Promise<number> {
  let sum = 0;
  await eventually(() => {
    sum += ours.takeCounts().get(service)?.[what] ?? 0;
    return sum >= least;
  });
  return sum;
}

/** How long it takes to take counts, in milliseconds. */
export function takeTimed(): number {
  const begin = performance.now();
  ours.takeCounts();
  return performance.now() - begin;
}
export const guardedPorts = () => ours.guardedPorts();

/** Every answer to `rounds` looks at the table, each once. */
export const states = (rounds: number): readonly string[] => [
  ...new Set(Array.from({ length: rounds }, () => ours.state())),
];

/** How long a change in place takes, in milliseconds. */
export function applyTimed(yamlText: string): number {
  const begin = performance.now();
  apply(yamlText);
  return performance.now() - begin;
}

/** The whole ruleset of this namespace, as nft prints it, without counters. */
export function listing(): string {
  return execFileSync('nft', ['-s', 'list', 'ruleset'], { encoding: 'utf8' });
}

// Elements and sessions -------------------------------------------------------------------------------------

/** Puts 65,536 addresses into a set. */
export function fill(set: string): void {
  for (let first = 0; first < 65_536; first += 64) {
    const numbers = Array.from({ length: 64 }, (_, i) => first + i);
    put(numbers.map((i) => ({ set, key: Uint8Array.of(198, 18, i >> 8, i & 0xff), timeout: 3_600_000 })));
  }
}
export const put = (elements: readonly SessionElement[]): void => messages.replaceElements(table, elements);
export const drop = (elements: readonly Omit<SessionElement, 'timeout'>[]): void =>
  messages.removeElements(table, elements);

const sessions = new Sessions({ put, remove: drop }, 64);
export const openSession = (session: OpenSession, now: number): boolean => sessions.open(session, now);
export const withdraw = (session: OpenSession): void => sessions.withdraw([session]);
export const shutOut = (addresses: readonly Network[]): void => sessions.shutOut(addresses);
export const kernelSessions = (service: string, ipv6Prefix: number, now: number): OpenSession[] =>
  listKernelSessions(nft, service, ipv6Prefix, { now: () => now, wall: () => now });

// Queues ----------------------------------------------------------------------------------------------------

let queue: NativeQueue | undefined;
let arrived: NativePacket[] = [];
let troubles: { kind: QueueTrouble; value: number }[] = [];

export async function bind(
  number: number,
  maxLength: number,
  closeOn?: 'packets' | 'trouble',
): Promise<void> {
  [arrived, troubles] = [[], []];
  queue = await bindQueue(native, 'known', number, maxLength, {
    onPackets: (from, batch) => {
      arrived.push(...batch);
      if (closeOn === 'packets') from.close();
    },
    onTrouble: (from, kind, value) => {
      troubles.push({ kind, value });
      if (closeOn === 'trouble') from.close();
    },
  });
}

/** A handler with a fault. */
export async function bindThrowing(number: number): Promise<void> {
  const onPackets = (): void => {
    throw new Error('the handler failed');
  };
  queue = await bindQueue(native, 'known', number, 64, { onPackets, onTrouble: () => undefined });
}

/** Every packet that was handed out since bind(), once there are that many. */
export async function packets(count: number): Promise<NativePacket[]> {
  await eventually(() => arrived.length >= count);
  return arrived;
}

/** Every packet up to the one from that port. */
export async function packetsUntil(port: number): Promise<NativePacket[]> {
  await eventually(() => arrived.some((packet) => 'sourcePort' in packet && packet.sourcePort === port));
  return arrived;
}

export const trouble = (): readonly { kind: QueueTrouble; value: number }[] => troubles;
export const accept = (id: number, mark: number): boolean => queue?.accept(id, mark) ?? false;
/** Accepts a packet, and before the kernel's answer to that is read another one arrives behind it. */
export function acceptWithCompany(id: number): void {
  queue?.accept(id, 0);
  execFileSync('bash', ['-c', 'echo x > /dev/udp/127.0.0.1/9000']);
}
/** Accepts all that was ever handed out. */
export const acceptAll = (): number => arrived.filter(({ id }) => accept(id, 0)).length;

/** Datagrams to port 9000 while this process reads nothing. */
export function floodWhileBusy(count: number): void {
  const program = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(${count}): s.sendto(b"x", ("127.0.0.1", 9000))`;
  execFileSync('python3', ['-c', program]);
}
export const dropPacket = (id: number): boolean => queue?.drop(id) ?? false;
export const expire = (milliseconds: number): number => queue?.expire(milliseconds) ?? 0;
export const held = (): number => queue?.held() ?? 0;
export const close = (): void => queue?.close();
export const queues = () => kernelQueues();

/** Everything that comes to UDP port 9000 waits in the queue; behind it the kernel notes what came through. */
export function queueDatagrams(number: number, foreignMark: number): void {
  nft.run(`
    add table inet ${trial}
    add set inet ${trial} passed { type inet_service . mark; size 4096; }
    add chain inet ${trial} held
    add chain inet ${trial} before { type filter hook prerouting priority -290; policy accept; }
    add rule inet ${trial} before udp dport 9000 meta mark set ${foreignMark} goto held
    add chain inet ${trial} behind { type filter hook prerouting priority -140; policy accept; }
    add rule inet ${trial} behind udp dport 9000 add @passed { udp sport . meta mark }
  `);
  fillHeld(number);
}
const trial = 'trial';

function fillHeld(number: number): void {
  if (mechanism() === 'nft_queue') nft.run(`add rule inet ${trial} held queue num ${number}`);
  else messages.setQueueRule(trial, 'held', number);
}

export function passed(): { port: number; mark: number }[] {
  const { nftables } = JSON.parse(nft.list(`list set inet ${trial} passed`)) as {
    nftables: { set?: { elem?: { concat: [number, number] }[] } }[];
  };
  return nftables
    .flatMap(({ set }) => set?.elem ?? [])
    .map(({ concat: [port, mark] }) => ({ port, mark }))
    .sort((a, b) => a.port - b.port);
}

/** Sends one datagram from each port, in order, over loopback. */
export async function sendDatagrams(ports: readonly number[], family: 4 | 6 = 4): Promise<void> {
  for (const port of ports) {
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    socket.bind(port, family === 4 ? '127.0.0.1' : '::1');
    await once(socket, 'listening');
    await new Promise<void>((resolve, reject) =>
      socket.send('x', 9000, family === 4 ? '127.0.0.1' : '::1', (error) =>
        error === null ? resolve() : reject(error),
      ),
    );
    socket.close();
  }
}

/** Copies of datagrams to port 9000, taken by a handler that closes its log at the first of them. */
export async function copiesUntilClosed(group: number): Promise<number> {
  nft.run(`
    add table inet ${trial}
    add chain inet ${trial} copied { type filter hook prerouting priority -290; policy accept; }
    add rule inet ${trial} copied udp dport 9000 log group ${group}
  `);
  let copies = 0;
  const log = new native.PacketLog({
    group,
    onPackets: (batch) => {
      copies += batch.length;
      log.close();
    },
  });
  await sendDatagrams([4_001]);
  await eventually(() => copies > 0);
  await sendDatagrams([4_002]);
  return copies;
}

// Connections -----------------------------------------------------------------------------------------------

const marks = new Marks(0xfff0_0000);
const connections = new Connections(native, marks);
const conntrack = new native.Conntrack();

export const flows = () => conntrack.list(0, 0);
export const markFlow = (port: number, mark: number): boolean =>
  flows()
    .filter(({ original }) => [original.sourcePort, original.destinationPort].includes(port))
    .some((flow) => conntrack.setMark(flow, mark));
export function forgetFlows(): void {
  for (const flow of flows()) conntrack.remove(flow);
}
export const keepExisting = (ports: readonly PortRange[]): number =>
  connections.keepExisting([{ ports, isAt: () => true }]);
/** Ends connections of a source as those of a session are ended. */
export function cut(index: number, covers: Network): number {
  const nameOf = (mark: number): string => String(marks.indexOf(mark));
  const own = flowsOfSessions([{ service: String(index), covers }], connections.listOpen(), nameOf);
  return own.filter(({ flow }) => connections.remove(flow)).length;
}
export function release(index: number): void {
  const own = connections.listOpen().filter(({ mark }) => marks.indexOf(mark) === index);
  for (const flow of own) connections.assign(flow, null);
}

// The guard -------------------------------------------------------------------------------------------------

let guard: Guard | undefined;

export function newGuard(yamlText: string) {
  guard = new Guard(native, aConfig(yamlText));
  const { adopted, hasFormerLife, indexes } = guard;
  return { adopted, hasFormerLife, indexes };
}
export const guardBootScript = (): string | null => guard?.bootScript() ?? null;
export function guardApply(yamlText: string): { kept: number; indexes: ReadonlyMap<string, number> } {
  if (guard === undefined) throw new TypeError('no guard');
  const config = aConfig(yamlText);
  return { kept: guard.apply(config, new Links().inside(config.lan)).kept, indexes: guard.indexes };
}

/**
 * Makes more changes at once than a socket has room for, none of them to our table, then one that is ours.
 * @returns how often the watch called after each
 */
export async function watchBeyondRoom(): Promise<{ readonly lost: number; readonly ours: number }> {
  let calls = 0;
  const watch = new native.RulesetWatch('nftoggle', () => {
    calls += 1;
  });
  const rules = Array.from(
    { length: 5_000 },
    (_, i) => `add rule ip other c ip saddr 192.0.2.1 tcp dport ${i} drop`,
  );
  nft.run(`add table ip other; add chain ip other c\n${rules.join('\n')}`);
  await eventually(() => calls > 0);
  const lost = calls;
  nft.run('add table inet nftoggle-other');
  await eventually(() => calls > lost);
  watch.close();
  return { lost, ours: calls - lost };
}

/** What is loaded into this process. */
export const mappedLibraries = (): string => readFileSync('/proc/self/maps', 'utf8');

// Memory ----------------------------------------------------------------------------------------------------

/** Everything that comes in by one interface waits in the queue, whatever its bytes are. */
export function queueAll(number: number, interfaceName: string): void {
  nft.run(`
    add table inet ${trial}
    add chain inet ${trial} held
    add chain inet ${trial} before { type filter hook prerouting priority -290; policy accept; }
    add rule inet ${trial} before iifname "${interfaceName}" icmpv6 type { 133, 134, 135, 136, 137 } accept
    add rule inet ${trial} before iifname "${interfaceName}" goto held
  `);
  fillHeld(number);
}

/** Makes and forgets every kind of native object many times over, and collects the garbage in between. */
export async function churn(rounds: number): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < rounds; round++) {
    churnOnce(4_500 + round);
    collect();
    await new Promise(setImmediate);
  }
}

/**
 * Makes one of each native object that calls back, forgets it, collects the garbage, and has the kernel tell it
 * something before anything else happens.
 */
export async function tellForgotten(number: number): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  queueDatagrams(number, 0);
  nft.run(`add rule inet ${trial} behind udp dport 9001 log group ${number + 1}`);
  forgetOneOfEach(number);
  await new Promise(setImmediate);
  const [queued, copied] = [9_000, 9_001].map((port) => `echo x > /dev/udp/127.0.0.1/${port}`);
  // So that one that is forgotten is told in more than one go: nothing says when the kernel has told the first.
  execFileSync('bash', ['-c', `${queued}; ${copied}; sleep 0.1; ${queued}`]);
  nft.run('add table inet nftoggle-other');
  collect();
  // That no fault comes can only be waited for.
  await new Promise((resolve) => setTimeout(resolve, 200));
  nft.run(`delete table inet nftoggle-other; delete table inet ${trial}`);
}

function forgetOneOfEach(number: number): void {
  const handlers = { onPackets: () => undefined, onTrouble: () => undefined };
  new native.PacketQueue({ number, maxLength: 8, copyRange: 64, receiveBuffer: 65_536, ...handlers });
  new native.PacketLog({ group: number + 1, onPackets: () => undefined });
  new native.RulesetWatch('nftoggle', () => undefined);
}

function churnOnce(number: number): void {
  const handlers = { onPackets: () => undefined, onTrouble: () => undefined };
  new native.PacketQueue({ number, maxLength: 8, copyRange: 64, receiveBuffer: 65_536, ...handlers });
  new native.PacketQueue({
    number: number + 100,
    maxLength: 8,
    copyRange: 64,
    receiveBuffer: 65_536,
    ...handlers,
  }).close();
  const log = new native.PacketLog({ group: number, onPackets: () => undefined });
  for (let i = 0; i < 2; i++) log.close();
  new native.PacketLog({ group: number + 100, onPackets: () => undefined });
  new native.RulesetWatch('nftoggle', () => undefined).close();
  new native.RulesetWatch('nftoggle', () => undefined);
  const watch = new native.RulesetWatch('churn', () => watch.close());
  new native.Conntrack().list(0, 0, [{ protocol: 'udp', from: 9_000, to: 9_001 }]);
  const mine = new native.NftMessages();
  new native.Nftables().run(
    'add table inet churn; add set inet churn s { type ipv4_addr; flags timeout; size 4; }',
  );
  const element = { set: 's', key: Uint8Array.of(192, 0, 2, 1), timeout: 2_000, comment: 'x'.repeat(200) };
  mine.replaceElements('churn', [element, element]);
  mine.removeElements('churn', [element, element]);
  mine.fingerprint('churn');
  mine.listChains('churn');
  mine.listSets('churn');
  mine.listMapKeys('churn', 'gone');
  mine.listCounters('churn');
  mine.takeCounters('churn');
  new native.Nftables().run('delete table inet churn');
  for (const wrong of [() => nft.run('nonsense'), () => mine.replaceElements('gone', [element])]) {
    try {
      wrong();
      throw new Error('a wrong call was taken');
    } catch (error) {
      if ((error as Error).message === 'a wrong call was taken') throw error;
    }
  }
}
