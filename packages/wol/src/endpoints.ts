// SPDX-License-Identifier: MIT
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from '@nftoggle/config';
import { type DaemonContext, Processes } from '@nftoggle/daemon';
import { systemClock } from './clock.ts';
import { expectationOf, type WakeStore, withDuration } from './learned.ts';
import { LearnedFile } from './learned-store.ts';
import { readLocalAddresses } from './local-addresses.ts';
import { kernelNeighbours } from './neighbours.ts';
import { statusOf } from './status.ts';
import type { WakeHost } from './target.ts';
import { realProbes } from './wake-await.ts';
import { WakeMetrics } from './wake-metrics.ts';
import { udpSender } from './wake-send.ts';
import { Waker } from './waker.ts';

/** What wol needs of the process around it. */
export interface WolContext extends Pick<DaemonContext, 'bus' | 'loaded' | 'metrics' | 'onStop' | 'status'> {
  readonly settings: Pick<DaemonContext['settings'], 'NFTOGGLE_STATE'>;
  readonly log: Pick<DaemonContext['log'], 'info' | 'warn'>;
}

/** Answers wol's questions on the bus, always from the configuration in force. */
export function serveWol(context: WolContext): void {
  const { bus, loaded, metrics, onStop, settings, status } = context;
  const store = new LearnedFile(join(settings.NFTOGGLE_STATE, 'wol', 'learned.json'));
  const commands = new Processes();
  const waker = openWaker(context, store, commands);
  const wakeable = (): WakeHost[] =>
    [...loaded().config.devices.values()].flatMap((device) => hostOf(device) ?? []);
  onStop('wol', () => {
    waker.close();
    commands.close();
  });
  metrics.onScrape(() => metrics.set('nftoggle_waking', {}, waker.wakes.length));
  bus.serve('wake', (request) => waker.ask(request));
  bus.serve('wakeTrace', (request) => waker.trace(request));
  bus.serve('wolStatus', () => statusOf(status(), systemClock, waker.wakes, wakeable(), store));
}

function openWaker({ bus, loaded, log, metrics }: WolContext, store: WakeStore, commands: Processes): Waker {
  const wakes = new WakeMetrics(metrics);
  const container = ['/.dockerenv', '/run/.containerenv'].some((file) => existsSync(file));
  return new Waker({
    host: (name) => hostOf(loaded().config.devices.get(name)),
    clock: systemClock,
    probes: realProbes({ neighbours: kernelNeighbours }),
    neighbours: kernelNeighbours,
    sender: udpSender,
    commands,
    surroundings: () => ({ locals: readLocalAddresses(), container }),
    publish: (type, data) => {
      const message: string = type;
      log.info({ ...(data as object) }, message);
      wakes.hear(type, data);
      bus.publish(type, data);
    },
    expected: (device) => expectationOf(store.get(device))?.median ?? null,
    learn: (device, milliseconds) => {
      store
        .put(device, withDuration(store.get(device), milliseconds))
        .catch((error: Error) => log.warn(`how long ${device} took was not kept: ${error.message}`));
    },
  });
}

function hostOf(device: Device | undefined): WakeHost | undefined {
  return device === undefined || device.wake === null ? undefined : { ...device, wake: device.wake };
}
