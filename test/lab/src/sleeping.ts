// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from './child.ts';
import type { Host } from './namespace.ts';
import { programPath } from './program.ts';
import { addressCommands } from './topology.ts';

export interface SleepOptions {
  /** From the magic packet to usable addresses. Default: 500. */
  readonly bootMs?: number;
}

export interface SleepingHost {
  /** MAC address that the magic packet came from; undefined while it sleeps. */
  readonly wokenBy: string | undefined;
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
  const up = boot(host, watcher, options.bootMs ?? 500);
  up.catch(() => undefined); // told to those who wait; a lab that closes over a sleeper is no error
  return {
    get wokenBy() {
      return wakerOf(watcher);
    },
    waitUntilUp: (timeoutMs) => Promise.race([up, outOfTime(host, timeoutMs)]),
  };
}

async function boot(host: Host, watcher: Child, bootMs: number): Promise<void> {
  await watcher.exited;
  if (wakerOf(watcher) === undefined) throw new Error(`${host.name} stopped listening for magic packets`);
  await delay(bootMs);
  const { name, linkLocal } = host.on();
  await host.ip([`address add ${linkLocal}/64 dev ${name} nodad`, ...addressCommands(host.plan)]);
}

function wakerOf(watcher: Child): string | undefined {
  return watcher.output.map((line) => /^woken (\S+)/.exec(line.text)?.[1]).find((mac) => mac !== undefined);
}

async function outOfTime(host: Host, timeoutMs: number): Promise<never> {
  await delay(timeoutMs, undefined, { ref: false });
  throw new Error(`${host.name} still sleeps after ${timeoutMs} ms`);
}
