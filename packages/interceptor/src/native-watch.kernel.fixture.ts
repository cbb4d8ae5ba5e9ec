// SPDX-License-Identifier: MIT
// Connections that are let in, as the kernel tells of them, for startInside.
import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { aConfig } from '@nftoggle/testkit';
import { testedAddon } from './addon.fixture.ts';
import type { Watch } from './connections.ts';
import { Guard } from './guard.ts';
import { Links } from './links.ts';
import { switchOnAccounting, switchOnEvents } from './metering/accounting.ts';
import type { ConntrackEvent, ConntrackFlow, Native } from './native.ts';
import { table } from './ruleset/names.ts';
import type { SessionElement } from './session-elements.ts';

const native = testedAddon();
const nft = new native.Nftables();
const messages = new native.NftMessages();
const conntrack = new native.Conntrack();

export const nftRun = (commands: string): string => nft.run(commands);
export const accounting = (): string | null => switchOnAccounting();
export const switchEventsOn = (): string | null => switchOnEvents();

let guard: Guard | undefined;
let watch: Watch | undefined;
let batched: (readonly ConntrackEvent[])[] = [];
/** How often it was said that events were lost. */
let losses = 0;

/** A guard as after a start; the one before it is forgotten. */
export function begin(yamlText: string): void {
  const config = aConfig(yamlText);
  guard = new Guard(native, config);
  guard.apply(config, new Links().inside(config.lan));
}
export const letIn = (elements: readonly SessionElement[]): void => messages.replaceElements(table, elements);

/** Forgets what was told so far. */
function listen(open: (handlers: Handlers) => Watch): void {
  watch?.close();
  [batched, losses] = [[], 0];
  watch = open({
    onFlows: (batch) => batched.push(batch),
    onLost: () => {
      losses += 1;
    },
  });
}
type Options = ConstructorParameters<Native['ConntrackWatch']>[0];
type Handlers = Pick<Options, 'onFlows' | 'onLost'>;

/** What the guard lets in from now on. */
export function watchGuard(): void {
  listen(({ onFlows, onLost }) => {
    if (guard === undefined) throw new TypeError('no guard');
    return guard.watch(onFlows, onLost);
  });
}
export function watchMarks(value: number, mask: number, receiveBuffer: number): void {
  listen((handlers) => new native.ConntrackWatch({ value, mask, receiveBuffer, ...handlers }));
}
/** Sends a datagram from that port as soon as it is said that events were lost. */
export function watchAndSend(receiveBuffer: number, port: number): void {
  listen(({ onFlows, onLost }) => {
    const onLostThen = (): void => {
      onLost();
      floodWhileBusy(1, port);
    };
    return new native.ConntrackWatch({ value: 0, mask: 0, receiveBuffer, onFlows, onLost: onLostThen });
  });
}
/** Its handlers close it. */
export function watchOnce(receiveBuffer: number): void {
  listen(({ onFlows, onLost }) => {
    const once = new native.ConntrackWatch({
      value: 0,
      mask: 0,
      receiveBuffer,
      onFlows: (batch) => {
        onFlows(batch);
        once.close();
      },
      onLost,
    });
    return once;
  });
}
/** What is read at once of a flood that there was no time to read before. */
export function readAtOnce(receiveBuffer: number, count: number): ConntrackEvent[] {
  watchMarks(0, 0, receiveBuffer);
  floodWhileBusy(count);
  watch?.read();
  return batched.flat();
}
/** A handler that reads again, and closes at the end: both in the middle of a read. */
export function readWithin(receiveBuffer: number, count: number): ConntrackEvent[] {
  listen(({ onFlows, onLost }) => {
    const own = new native.ConntrackWatch({
      value: 0,
      mask: 0,
      receiveBuffer,
      onFlows: (batch) => {
        onFlows(batch);
        own.read();
        own.close();
      },
      onLost,
    });
    return own;
  });
  floodWhileBusy(count);
  watch?.read();
  watch?.read();
  return batched.flat();
}
export const stopWatching = (): void => watch?.close();
export const events = (): ConntrackEvent[] => batched.flat();
export const batches = (): number[] => batched.map(({ length }) => length);
export const lost = (): number => losses;

export const flows = (): ConntrackFlow[] => conntrack.list(0, 0);
export function removeFlows(): void {
  for (const flow of flows()) conntrack.remove(flow);
}
export const markFlow = (port: number, mark: number): boolean =>
  flows()
    .filter(({ original }) => original.sourcePort === port)
    .some((flow) => conntrack.setMark(flow, mark));

/** New connections, one of each port from the first on, over loopback, while this process reads nothing. */
export function floodWhileBusy(count: number, first = 10_000): void {
  const program = `import socket
for port in range(${first}, ${first + count}):
  s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  s.bind(("127.0.0.1", port))
  s.sendto(b"x", ("127.0.0.1", 9000))
  s.close()`;
  execFileSync('python3', ['-c', program]);
}

/** Makes watches many times over, closes or forgets them, and collects the garbage in between. */
export async function churn(rounds: number): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const options = {
    value: 0,
    mask: 0,
    receiveBuffer: 65_536,
    onFlows: () => undefined,
    onLost: () => undefined,
  };
  for (let round = 0; round < rounds; round++) {
    const closed = new native.ConntrackWatch(options);
    closed.close();
    closed.close();
    new native.ConntrackWatch(options);
    const own = new native.ConntrackWatch({ ...options, onFlows: () => own.close() });
    floodWhileBusy(8);
    await new Promise(setImmediate);
    removeFlows();
    collect();
    await new Promise(setImmediate);
  }
}
