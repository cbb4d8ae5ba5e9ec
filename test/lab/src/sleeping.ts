// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from './child.ts';
import type { Host } from './namespace.ts';
import { programPath } from './program.ts';
import { addressCommands } from './topology.ts';

export interface SleepOptions {
  /** From the magic packet to usable addresses. Default: 500. */
  readonly bootMs?: number;
  /** Whether it then speaks to its router, as a machine does that starts, or waits until it is asked. Default: false. */
  readonly speaksUp?: boolean;
}

export interface SleepingHost {
  /** MAC address that the magic packet came from; undefined while it sleeps. */
  readonly wokenBy: string | undefined;
  /** When it had its addresses back, in milliseconds since the epoch; undefined until then. */
  readonly upAt: number | undefined;
  /** Resolves when the host has its addresses back; rejects when it was not woken in time. */
  waitUntilUp(timeoutMs: number): Promise<void>;
}

/**
 * Puts a host with one interface to sleep: it loses every address, hence answers neither ARP nor neighbour
 * discovery, until a magic packet for its MAC address passes its wire. Its programs go on, unheard.
 */
export async function putToSleep(host: Host, options: SleepOptions = {}): Promise<SleepingHost> {
  const { name } = host.on();
  const watcher = host.start([await programPath('magic-wait'), name]);
  await watcher.waitFor(/^armed$/, 5000);
  await host.ip([`address flush dev ${name}`]);
  let upAt: number | undefined;
  const up = boot(host, watcher, options).then((moment) => {
    upAt = moment;
  });
  up.catch(() => undefined); // told to those who wait; a lab that closes over a sleeper is no error
  return {
    get wokenBy() {
      return wakerOf(watcher);
    },
    get upAt() {
      return upAt;
    },
    waitUntilUp: (timeoutMs) => Promise.race([up, outOfTime(host, timeoutMs)]),
  };
}

/** Takes a host's addresses away, which no magic packet gives back, until the function that is returned is called. */
export async function switchOff(host: Host): Promise<() => Promise<void>> {
  await host.ip([`address flush dev ${host.on().name}`]);
  return () => giveAddresses(host);
}

/** Resolves with the moment from which on it can be reached. */
async function boot(host: Host, watcher: Child, options: SleepOptions): Promise<number> {
  await watcher.exited;
  if (wakerOf(watcher) === undefined) throw new Error(`${host.name} stopped listening for magic packets`);
  await delay(options.bootMs ?? 500);
  await giveAddresses(host);
  const upAt = Date.now();
  if (options.speaksUp === true) await speakUp(host);
  return upAt;
}

async function giveAddresses(host: Host): Promise<void> {
  const { name, linkLocal } = host.on();
  await host.ip([`address add ${linkLocal}/64 dev ${name} nodad`, ...addressCommands(host.plan)]);
}

/** A datagram to each of its routers, which it has to ask for first: so they learn where it is. */
async function speakUp(host: Host): Promise<void> {
  const program = await programPath('datagrams');
  const routers = host.plan.routes.flatMap((route) => /^default via (\S+)/.exec(route)?.[1] ?? []);
  await host.ip([`neigh flush dev ${host.on().name}`]);
  await Promise.all(
    routers.map((router) => host.run([program, '-a', router, '-p', '9', '-n', '1', '-t', '0'])),
  );
}

function wakerOf(watcher: Child): string | undefined {
  return watcher.output.map((line) => /^woken (\S+)/.exec(line.text)?.[1]).find((mac) => mac !== undefined);
}

async function outOfTime(host: Host, timeoutMs: number): Promise<never> {
  await delay(timeoutMs, undefined, { ref: false });
  throw new Error(`${host.name} still sleeps after ${timeoutMs} ms`);
}
